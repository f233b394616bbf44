/**
 * Which worktree and which git directory a directory belongs to, told from the file system alone: no git runs,
 * no environment variable counts, and nothing is believed that the other end does not confirm.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fault } from './faults.ts';
import { readSmallFile } from './small-file.ts';

type WorktreeKind = 'main' | 'linked' | 'separate';

export interface Worktree {
  /** Real path of the root. */
  readonly root: string;
  /** `dev:ino` of the root. */
  readonly id: string;
  /** The directory that was asked about, relative to the root; empty for the root itself. */
  readonly subdirectory: string;
  /** `separate`: a `.git` file that leads to a whole git directory, as submodules have. */
  readonly kind: WorktreeKind;
  /** Real path: HEAD and index of this worktree. */
  readonly gitDirectory: string;
  /** Real path: objects, refs and configuration; the same as gitDirectory but for linked worktrees. */
  readonly commonDirectory: string;
}

/** @throws WritError<RepositoryErrorCode> */
export async function findWorktree(directory: string, owner: number): Promise<Worktree> {
  using start = openDirectory(directory);
  const root = findRoot(start.path, start.stat.dev);
  using held = openDirectory(root);
  if (held.path !== root) throw replaced(root);
  const dotGit = statOrNull(join(root, '.git'));
  if (dotGit === null) throw replaced(root);
  assertOwner(root, held.stat, owner);
  assertOwner(join(root, '.git'), dotGit, owner);
  const place = dotGit.isDirectory() ? mainDirectory(root) : await followGitFile(root, dotGit);
  for (const path of new Set([place.gitDirectory, place.commonDirectory])) {
    assertOwner(path, statSync(path, { bigint: true }), owner);
  }
  assertGitDirectory(place.commonDirectory);
  return { root, id: idOf(held.stat), subdirectory: relative(root, start.path), ...place };
}

/** @throws WritError `worktree_replaced` when the path no longer names the folder that was identified */
export function assertSameWorktree(worktree: Worktree): void {
  const now = statOrNull(worktree.root);
  if (now === null || idOf(now) !== worktree.id) throw replaced(worktree.root);
}

export function isSameFile(path: string, other: string): boolean {
  const [one, two] = [statOrNull(path, statSync), statOrNull(other, statSync)];
  return one !== null && two !== null && idOf(one) === idOf(two);
}

/** The worktree that contains a submodule's, null if none does. */
export function superproject(root: string): string | null {
  for (let path = dirname(root); ; path = dirname(path)) {
    if (statOrNull(join(path, '.git')) !== null) return path;
    if (path === dirname(path)) return null;
  }
}

interface OpenDirectory extends Disposable {
  /** Real path, as the kernel knows the open directory. */
  readonly path: string;
  readonly stat: BigIntStats;
}

function openDirectory(directory: string): OpenDirectory {
  let handle: number;
  try {
    handle = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw fault('directory_unusable', `${directory} is no directory that can be opened (${code})`, {
      cause: error,
    });
  }
  try {
    const opened = fstatSync(handle, { bigint: true });
    const path = readlinkSync(`/proc/self/fd/${handle}`);
    const named = statOrNull(path);
    // Also wrong for a deleted directory and for a path that is not UTF-8.
    if (named === null || idOf(named) !== idOf(opened)) {
      throw fault('directory_unusable', `${directory} has no path that names it`);
    }
    return { path, stat: opened, [Symbol.dispose]: () => closeSync(handle) };
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

/** The nearest directory upwards with a `.git`, on the same file system, as git itself looks. */
function findRoot(start: string, device: bigint): string {
  for (let path = start; ; path = dirname(path)) {
    const here = statOrNull(path);
    if (here === null || here.dev !== device) break;
    if (statOrNull(join(path, '.git')) !== null) return path;
    if (looksLikeGitDirectory(path)) {
      throw fault('repository_bare', `${path} is a git directory and not a worktree`, {
        hint: 'Work in a clone or a linked worktree: git worktree add DIR',
      });
    }
    if (path === dirname(path)) break;
  }
  throw fault('repository_missing', `${start} lies in no git repository`, {
    hint: 'Writ issues writs for clones of registered repositories: git clone URL',
  });
}

type GitPlace = Pick<Worktree, 'kind' | 'gitDirectory' | 'commonDirectory'>;

function mainDirectory(root: string): GitPlace {
  const path = join(root, '.git');
  if (statOrNull(join(path, 'commondir')) !== null) {
    throw foreign(path, 'holds a commondir file, which would borrow another repository');
  }
  return { kind: 'main', gitDirectory: path, commonDirectory: path };
}

async function followGitFile(root: string, dotGit: BigIntStats): Promise<GitPlace> {
  const path = join(root, '.git');
  if (dotGit.isSymbolicLink()) throw foreign(path, 'is a symbolic link');
  const target = /^gitdir: ([^\n\0]+)\n*$/.exec((await readText(path)) ?? '')?.[1];
  if (target === undefined) throw fault('repository_format', `${path} is no gitdir file`);
  const gitDirectory = realDirectory(resolve(root, target), path);
  const common = await readText(join(gitDirectory, 'commondir'));
  if (common === null) return { kind: 'separate', gitDirectory, commonDirectory: gitDirectory };
  const commonDirectory = realDirectory(resolve(gitDirectory, lineOf(common)), path);
  if (dirname(gitDirectory) !== join(commonDirectory, 'worktrees')) {
    throw foreign(path, `leads to ${gitDirectory}, which is no worktree of ${commonDirectory}`);
  }
  const back = await readText(join(gitDirectory, 'gitdir'));
  if (back === null || !isSameFile(resolve(gitDirectory, lineOf(back)), path)) {
    throw foreign(path, `leads to ${gitDirectory}, which does not lead back here`);
  }
  return { kind: 'linked', gitDirectory, commonDirectory };
}

/** Objects and refs must be the repository's own: links could borrow another repository's whole history. */
function assertGitDirectory(path: string): void {
  for (const name of ['objects', 'refs']) {
    const found = statOrNull(join(path, name));
    if (found?.isSymbolicLink() === true) throw foreign(join(path, name), 'is a symbolic link');
    if (found?.isDirectory() !== true) {
      throw fault('repository_format', `${path} is no git directory: it has no ${name}`);
    }
  }
  const packed = statOrNull(join(path, 'packed-refs'));
  if (packed !== null && !packed.isFile()) throw foreign(join(path, 'packed-refs'), 'is not a regular file');
}

function looksLikeGitDirectory(path: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => statOrNull(join(path, name)) !== null);
}

function realDirectory(path: string, from: string): string {
  try {
    const real = realpathSync.native(path);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Told below: whatever it is, it is no directory.
  }
  throw fault('repository_format', `${from} leads to ${path}, which is no directory`);
}

function assertOwner(path: string, found: BigIntStats, owner: number): void {
  if (found.uid === BigInt(owner)) return;
  throw fault('repository_owner', `${path} belongs to user ${found.uid} and not to user ${owner}`, {
    hint: 'Work in a clone of your own',
  });
}

function statOrNull(path: string, how: typeof statSync = lstatSync): BigIntStats | null {
  try {
    return how(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw fault('directory_unusable', `${path} cannot be looked at (${code})`, { cause: error });
  }
}

async function readText(path: string): Promise<string | null> {
  return (await readSmallFile(path, 8192))?.toString('utf8') ?? null;
}

function lineOf(text: string): string {
  return text.replace(/\n+$/, '');
}

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function replaced(path: string) {
  return fault('worktree_replaced', `${path} was replaced while it was looked at`, { hint: 'Try again' });
}

function foreign(path: string, what: string) {
  return fault('git_directory_foreign', `${path} ${what}`, {
    hint: 'Writ takes a repository that holds its own history, or a genuine linked worktree: git worktree add',
  });
}
