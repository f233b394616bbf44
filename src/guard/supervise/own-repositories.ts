/**
 * Git repositories that a task made for itself, as tests do: on a private file system of the session, or born in the
 * worktree since it began. Seen at the moment when something would happen to one.
 */
import { lstatSync, readFileSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { OwnRepository } from '../../core/command/context.ts';
import { sandboxHome, sandboxTemporary } from '../sandbox/environment.ts';
import { isBelow } from '../sandbox/view.ts';

export interface OwnGround {
  /** The process's own view of the file system, as seen here; null where it has none of its own. */
  readonly root: string | null;
  readonly worktree: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Bytes. */
const [longestPath, longestConfiguration] = [4096, 65_536];
const privateFolders = [sandboxTemporary, '/var/tmp', sandboxHome];

/** The one that a folder belongs to; null too where it cannot be looked at. */
export function ownRepository(directory: string, ground: OwnGround): OwnRepository | null {
  const root = ground.root ?? '/';
  try {
    const found = gitDirectoryOf(directory, root);
    if (found === null || !isOwn(found, ground)) return null;
    return {
      remotesAreHere: namesFoldersAlone(shortFile(join(root, found.common, 'config'), longestConfiguration)),
    };
  } catch {
    return null;
  }
}

/**
 * Of a configuration in the plain form that git itself writes: no remote or branch leads elsewhere, and nothing changes
 * where an address leads.
 */
function namesFoldersAlone(text: string | null): boolean {
  let section = '';
  return (text ?? '[include]').split('\n').every((line) => {
    const head = /^\[([\w.-]+)( "[^"\\]*")?\]$/.exec(line);
    if (head !== null) section = (head[1] ?? '').toLowerCase();
    if (head !== null) return !/^(include|includeif|url)$/.test(section);
    const [, key = '', value = ''] = /^\t(\w+) = ([^"\\;#]*)$/.exec(line) ?? [];
    if (key === '') return line === '';
    if (/^(pushdefault|remote|pushremote)$/i.test(key)) return /^[\w-]+$|^\.$/.test(value);
    if (section !== 'remote') return true;
    if (/^(url|pushurl)$/i.test(key)) return /^(\/|\.{1,2}\/|file:\/\/\/)/.test(value);
    return /^(fetch|push|mirror|prune|tagopt)$/i.test(key);
  });
}

interface GitDirectory {
  readonly path: string;
  /** Where its branches and stashes are, which it may share (gitrepository-layout(5)). */
  readonly common: string;
  /** It lies where it is found. */
  readonly direct: boolean;
}

function gitDirectoryOf(directory: string, root: string): GitDirectory | null {
  for (let at = directory; ; at = dirname(at)) {
    const entry = join(at, '.git');
    const facts = lstatSync(join(root, entry), { throwIfNoEntry: false });
    if (facts !== undefined) {
      const path = target(entry, facts, root);
      return path === null ? null : described(path, facts.isDirectory(), root);
    }
    if (at === dirname(at)) break;
  }
  const isBare = ['HEAD', 'objects'].every((name) => exists(join(root, directory, name)));
  return isBare ? described(directory, true, root) : null;
}

function target(entry: string, facts: Stats, root: string): string | null {
  if (facts.isDirectory()) return entry;
  const text = facts.isSymbolicLink() ? readlinkSync(join(root, entry)) : shortFile(join(root, entry));
  return text === null ? null : resolve(dirname(entry), text.replace(/^gitdir: /, ''));
}

function described(path: string, direct: boolean, root: string): GitDirectory {
  const shared = shortFile(join(root, path, 'commondir'));
  return { path, common: shared === null ? path : resolve(path, shared), direct };
}

/** Null for anything else: a pipe would keep everybody waiting. */
function shortFile(path: string, longest = longestPath): string | null {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts?.isFile() !== true || facts.size > longest) return null;
  return readFileSync(path, 'utf8').trimEnd();
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isOwn({ path, common, direct }: GitDirectory, { root, worktree, since }: OwnGround): boolean {
  if (root !== null) {
    const devices = new Set(privateFolders.map((folder) => statSync(join(root, folder)).dev));
    if ([path, common].every((one) => devices.has(statSync(join(root, one)).dev))) return true;
  }
  const isOfWorktree = isBelow(path, worktree) && !isBelow(path, join(worktree, '.git'));
  return direct && common === path && isOfWorktree && lstatSync(path).birthtimeMs >= since;
}
