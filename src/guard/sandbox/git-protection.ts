/**
 * Files of a git directory that decide which programs git runs. A confined command must not change them, or the
 * next git outside the sandbox would run what it planted. Everything else there stays writable: commits need it.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { sandboxError } from './errors.ts';

export interface GitProtection {
  /** Existing files and folders to be made read-only. */
  readonly readOnly: readonly string[];
  /** Files that would redirect git and must not exist when the command has ended. */
  readonly forbidden: readonly string[];
}

/** Submodules within submodules. */
const maxDepth = 10;
const maxGitDirectories = 500;
const largestConfig = 1024 * 1024;

/**
 * Creates what has to be there to be protected: an empty `hooks` folder, and `config.worktree` where git reads it.
 * @throws WritError `worktree_unsafe` where such a file is a link, or already redirects git
 */
export function protectGitDirectories(directories: readonly string[]): GitProtection {
  const readOnly: string[] = [];
  const forbidden: string[] = [];
  for (const directory of directories.flatMap((one) => [one, ...submoduleDirectories(one)])) {
    readOnly.push(...protectedFiles(directory));
    const redirect = join(directory, 'commondir');
    if (isLinked(directory)) continue;
    if (existsSync(redirect)) {
      throw sandboxError('worktree_unsafe', `${redirect} redirects git to another configuration`, {
        hint: 'No main git directory has such a file. Look at it, and remove it if it is not yours',
      });
    }
    forbidden.push(redirect);
  }
  return { readOnly: [...new Set(readOnly)], forbidden: [...new Set(forbidden)] };
}

/** The git directory of a linked worktree has the path of the main one in `commondir`; a main one has objects. */
function isLinked(directory: string): boolean {
  return existsSync(join(directory, 'gitdir')) && !existsSync(join(directory, 'objects'));
}

function protectedFiles(directory: string): string[] {
  const found: string[] = [];
  if (!isLinked(directory)) {
    const hooks = join(directory, 'hooks');
    if (!isThere(hooks)) mkdirSync(hooks);
    found.push(hooks);
  }
  for (const name of ['config', 'config.worktree', 'commondir', 'gitdir']) {
    const path = join(directory, name);
    if (name === 'config.worktree' && !isThere(path) && readsWorktreeConfig(directory)) {
      writeFileSync(path, '', { flag: 'wx' });
    }
    if (isThere(path)) found.push(path);
  }
  const linked = join(directory, 'worktrees');
  for (const name of isThere(linked) ? readdirSync(linked) : []) {
    for (const file of ['commondir', 'gitdir', 'config.worktree']) {
      const path = join(linked, name, file);
      if (isThere(path)) found.push(path);
    }
  }
  for (const path of found) {
    if (lstatSync(path).isSymbolicLink()) {
      throw sandboxError(
        'worktree_unsafe',
        `${path} is a symbolic link, so it cannot be kept from being replaced`,
        {
          hint: 'Put a copy in its place',
        },
      );
    }
  }
  return found;
}

function readsWorktreeConfig(directory: string): boolean {
  const config = join(directory, 'config');
  if (!existsSync(config) || statSync(config).size > largestConfig) return false;
  return /worktreeconfig/i.test(readFileSync(config, 'utf8'));
}

/** Below `modules/`, at the names that the submodules have, which may hold slashes. */
function submoduleDirectories(directory: string): string[] {
  const found: string[] = [];
  const visit = (folder: string, depth: number): void => {
    if (depth > maxDepth || found.length > maxGitDirectories) {
      throw sandboxError('worktree_unsafe', `${directory} holds too many submodules`);
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      if (!isThere(join(path, 'HEAD'))) visit(path, depth + 1);
      else {
        found.push(path);
        if (isThere(join(path, 'modules'))) visit(join(path, 'modules'), depth + 1);
      }
    }
  };
  const modules = join(directory, 'modules');
  if (isThere(modules)) visit(modules, 0);
  return found;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
