/**
 * Files of a git directory that decide which programs git runs. A confined command must not change them, or the
 * next git outside the sandbox would run what it planted. Everything else there stays writable: commits need it.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
const maxFolders = 2000;
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
    assertFolder(hooks);
    found.push(hooks);
  }
  const config = join(directory, 'config');
  if (isFile(config) && readsWorktreeConfig(config) && !isThere(join(directory, 'config.worktree'))) {
    writeFileSync(join(directory, 'config.worktree'), '', { flag: 'wx' });
  }
  found.push(
    ...['config', 'config.worktree', 'commondir', 'gitdir']
      .map((name) => join(directory, name))
      .filter(isFile),
  );
  const linked = join(directory, 'worktrees');
  for (const name of isFolder(linked) ? readdirSync(linked) : []) {
    if (!isFolder(join(linked, name))) continue;
    found.push(
      ...['commondir', 'gitdir', 'config.worktree'].map((file) => join(linked, name, file)).filter(isFile),
    );
  }
  return found;
}

/** A hostile repository's may be endless; git's own are short. */
function readsWorktreeConfig(config: string): boolean {
  if (lstatSync(config).size > largestConfig) {
    throw sandboxError('worktree_unsafe', `${config} is larger than ${largestConfig} bytes`);
  }
  return /worktreeconfig/i.test(readFileSync(config, 'utf8'));
}

/** Below `modules/`, at the names that the submodules have, which may hold slashes. */
function submoduleDirectories(directory: string): string[] {
  const found: string[] = [];
  let visited = 0;
  const visit = (folder: string, depth: number): void => {
    visited += 1;
    if (depth > maxDepth || visited > maxFolders) {
      throw sandboxError('worktree_unsafe', `${directory} holds too many submodules`);
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      const modules = join(path, 'modules');
      if (!isThere(join(path, 'HEAD'))) visit(path, depth + 1);
      else {
        found.push(path);
        if (isFolder(modules)) visit(modules, depth + 1);
      }
    }
  };
  const modules = join(directory, 'modules');
  if (isFolder(modules)) visit(modules, 0);
  return found;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Whether it is there. A link could be led elsewhere later; a pipe or device would be read for ever. */
function isFile(path: string): boolean {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file?.isFile() === false) throw unsafe(path, 'a regular file');
  return file !== undefined;
}

function isFolder(path: string): boolean {
  if (!isThere(path)) return false;
  assertFolder(path);
  return true;
}

function assertFolder(path: string): void {
  if (!lstatSync(path).isDirectory()) throw unsafe(path, 'a folder');
}

function unsafe(path: string, expected: string) {
  const kind = lstatSync(path).isSymbolicLink() ? 'a symbolic link' : `not ${expected}`;
  return sandboxError('worktree_unsafe', `${path} is ${kind}, so it cannot be protected`, {
    hint: `Put ${expected} in its place`,
  });
}
