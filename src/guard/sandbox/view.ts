/** What a governed command sees: the mounts, in order, that make its file system from nothing. */
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { sandboxError } from './errors.ts';
import { generatedFiles, type EtcEntry, type EtcRequest } from './etc.ts';
import { sandboxHome, sandboxTemporary } from './environment.ts';
import { protectGitDirectories } from './git-protection.ts';
import type { MachineFacts } from './machine.ts';

export type Mount =
  | { readonly kind: 'bind'; readonly source: string; readonly target: string; readonly writable: boolean }
  | { readonly kind: 'private'; readonly target: string; readonly bytes: number; readonly mode: string }
  | { readonly kind: 'file'; readonly target: string; readonly content: string }
  | { readonly kind: 'link'; readonly target: string; readonly to: string }
  | { readonly kind: 'proc' | 'dev' | 'seal'; readonly target: string };

export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly mode: 'ro' | 'rw';
}

/** A file that must be found mounted as it was when the view was planned: `dev:ino`. */
export interface Expectation {
  readonly path: string;
  readonly identity: string;
  readonly readOnly: boolean;
}

export interface MountTable {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

export interface View {
  readonly mounts: readonly Mount[];
  /** The whole mount table inside: what must be there, and what else may. */
  readonly table: MountTable;
  readonly expectations: readonly Expectation[];
  /** Must not exist when the command has ended. */
  readonly forbidden: readonly string[];
}

export interface ViewRequest extends EtcRequest {
  readonly worktree: string;
  /** `dev:ino` when the worktree was identified; null to take it as it is now. */
  readonly worktreeId: string | null;
  readonly repository: 'read-write' | 'read-only';
  /** Git directories outside the worktree: the main one of a linked worktree, the one of a submodule. */
  readonly gitDirectories: readonly string[];
  /** Paths inside the repository that must not be readable. */
  readonly hide: readonly string[];
  /** Paths inside the repository that must not be written. */
  readonly readOnly: readonly string[];
  readonly extraBinds: readonly Bind[];
  readonly temporaryBytes: number;
}

/** Where Writ's own program and sockets lie inside. Sealed, so that nobody can put others in their place. */
const writFolder = '/run/writ';
/** Also in native/launch.c. */
const insideWritExec = `${writFolder}/writ-exec`;

/** Empty and writable in every sandbox, gone with it. */
const privateFolders = [
  [sandboxTemporary, '1777'],
  ['/var/tmp', '1777'],
  ['/run', '0755'],
  [sandboxHome, '0755'],
] as const;

/** A worktree that holds one of these would show the machine and not a repository. */
const neverInside = [
  '/usr',
  '/etc',
  '/proc',
  '/sys',
  '/dev',
  '/run',
  '/var',
  '/tmp',
  '/home',
  '/root',
  '/boot',
];
/** Neither may it lie in one of these, which the view makes itself. */
const neverBelow = ['/proc', '/sys', '/dev', '/etc', '/boot', writFolder];

/** @throws WritError `worktree_unsafe` or `sandbox_request` */
export function planView(request: ViewRequest, machine: MachineFacts): View {
  const repository = planRepository(request, machine);
  const mounts: Mount[] = [
    ...systemMounts(machine),
    ...Object.entries(generatedFiles(request)).map(([target, content]): Mount => ({
      kind: 'file',
      target,
      content,
    })),
    ...privateFolders.map(([target, mode]): Mount => ({
      kind: 'private',
      target,
      mode,
      bytes: request.temporaryBytes,
    })),
    ...repository.mounts,
    { kind: 'private', target: writFolder, bytes: 65_536, mode: '0755' },
    { kind: 'bind', source: machine.writExec, target: insideWritExec, writable: false },
    ...request.extraBinds.map((bind) => extraMount(bind, machine)),
    { kind: 'seal', target: writFolder },
    { kind: 'seal', target: '/' },
  ];
  return { ...repository, mounts, table: planTable(mounts) };
}

function systemMounts(machine: MachineFacts): Mount[] {
  return [
    ...machine.systemDirectories.map((path): Mount => ({
      kind: 'bind',
      source: path,
      target: path,
      writable: false,
    })),
    ...machine.systemLinks.map(({ path, to }): Mount => ({ kind: 'link', target: path, to })),
    { kind: 'proc', target: '/proc' },
    // Where root is the launcher, the kernel's settings below it would be the command's to write.
    { kind: 'seal', target: '/proc' },
    { kind: 'dev', target: '/dev' },
    ...machine.etc.map(etcMount),
  ];
}

function etcMount(entry: EtcEntry): Mount {
  const { path } = entry;
  if (entry.kind === 'bind') return { kind: 'bind', source: path, target: path, writable: false };
  if (entry.kind === 'link') return { kind: 'link', target: path, to: entry.to };
  return { kind: 'file', target: path, content: entry.content };
}

function planRepository(request: ViewRequest, machine: MachineFacts): Omit<View, 'table'> {
  const writable = request.repository === 'read-write';
  const named = [...new Set([request.worktree, ...request.gitDirectories])];
  const roots = named.filter((path) => !named.some((other) => isBelow(path, other)));
  for (const root of roots) assertUsableRoot(root, machine);
  for (const path of [...request.hide, ...request.readOnly, ...request.gitDirectories]) assertPlainPath(path);

  const dotGit = join(request.worktree, '.git');
  const dotGitFile = lstatSync(dotGit, { throwIfNoEntry: false });
  if (dotGitFile?.isSymbolicLink() === true) {
    throw sandboxError('worktree_unsafe', `${dotGit} is a symbolic link`, {
      hint: 'Use git worktree instead',
    });
  }
  const gitDirectories =
    dotGitFile?.isDirectory() === true ? [dotGit, ...request.gitDirectories] : request.gitDirectories;
  const git = writable ? protectGitDirectories(gitDirectories) : { readOnly: [], forbidden: [] };
  const readOnly = writable
    ? [...git.readOnly, ...(dotGitFile?.isFile() === true ? [dotGit] : []), ...readOnlyInside(request)]
    : [];

  const pinned = pins(roots, readOnly);
  const rootMounts = roots.map((root): Mount => ({ kind: 'bind', source: root, target: root, writable }));
  return {
    mounts: [
      ...rootMounts,
      ...pinned.map((path): Mount => ({ kind: 'bind', source: path, target: path, writable })),
      ...readOnly.map((path): Mount => ({ kind: 'bind', source: path, target: path, writable: false })),
      ...request.hide.flatMap(hidingMounts),
    ],
    expectations: [
      ...roots.map((path) =>
        expectation(path, !writable, path === request.worktree ? request.worktreeId : null),
      ),
      ...pinned.map((path) => expectation(path, !writable, null)),
      ...readOnly.map((path) => expectation(path, true, null)),
    ],
    forbidden: git.forbidden,
  };
}

/** The repository's own governance too, which may not be the one in force yet. */
function readOnlyInside({ worktree, readOnly }: ViewRequest): string[] {
  const own = join(worktree, 'governance');
  if (readOnly.includes(own) || lstatSync(own, { throwIfNoEntry: false }) === undefined) return [...readOnly];
  return [own, ...readOnly];
}

/** What bubblewrap mounts of its own accord below /dev and /proc. */
const deviceFiles = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'pts'].map((name) => `/dev/${name}`);
const optionalFiles = ['/dev/console', '/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus'];

function planTable(mounts: readonly Mount[]): MountTable {
  const mounted = mounts.filter(({ kind }) => ['bind', 'private', 'proc', 'dev'].includes(kind));
  const hostMounts = mountPoints();
  // A bind shows what the host has mounted below its source.
  const below = mounts.flatMap((mount) =>
    mount.kind === 'bind'
      ? hostMounts
          .filter((path) => isBelow(path, mount.source))
          .map((path) => mount.target + path.slice(mount.source.length))
      : [],
  );
  return {
    required: ['/', ...mounted.map(({ target }) => target), ...deviceFiles],
    optional: [...optionalFiles, ...below],
  };
}

/** proc_pid_mountinfo(5): spaces and such stand in octal. */
function mountPoints(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  return lines.map((line) =>
    (line.split(' ')[4] ?? '').replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCodePoint(Number.parseInt(octal, 8)),
    ),
  );
}

/**
 * Folders on the way to a read-only path, each to be mounted over itself: a folder that is a mount point cannot be
 * renamed away and replaced, one that only holds mount points can.
 */
function pins(roots: readonly string[], readOnly: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of readOnly) {
    for (let folder = dirname(path); !roots.includes(folder) && folder !== '/'; folder = dirname(folder)) {
      found.add(folder);
    }
  }
  return [...found].sort((a, b) => a.length - b.length);
}

/** A file is covered by one that cannot be opened, so that its absence is not taken for emptiness. */
function hidingMounts(path: string): Mount[] {
  const file = lstatSync(path, { throwIfNoEntry: false });
  if (file === undefined || file.isSymbolicLink()) return [];
  if (!file.isDirectory()) return [{ kind: 'bind', source: '/dev/null', target: path, writable: false }];
  return [
    { kind: 'private', target: path, bytes: 4096, mode: '0555' },
    { kind: 'seal', target: path },
  ];
}

function expectation(path: string, readOnly: boolean, identity: string | null): Expectation {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return { path, identity: identity ?? `${dev}:${ino}`, readOnly };
}

function extraMount({ source, target, mode }: Bind, machine: MachineFacts): Mount {
  assertPlainPath(source);
  assertPlainPath(target);
  const held = heldBy(source, machine);
  if (held !== undefined) {
    throw sandboxError('sandbox_request', `mounting ${source} would show ${held}`, {
      hint: 'Name the one folder that is needed',
    });
  }
  return { kind: 'bind', source, target, writable: mode === 'rw' };
}

/** What a folder is or holds that no command may see as a whole. */
function heldBy(folder: string, machine: MachineFacts): string | undefined {
  return [...neverInside, machine.home].find((path) => path === folder || isBelow(path, folder));
}

function assertUsableRoot(root: string, machine: MachineFacts): void {
  assertPlainPath(root);
  const file = lstatSync(root, { throwIfNoEntry: false });
  if (file === undefined || !file.isDirectory()) {
    throw sandboxError('worktree_unsafe', `${root} is not a directory`);
  }
  if (realpathSync(root) !== root) {
    throw sandboxError('worktree_unsafe', `${root} is reached through a symbolic link`, {
      hint: 'Name its real path',
    });
  }
  const held = heldBy(root, machine);
  if (held !== undefined) {
    throw sandboxError(
      'worktree_unsafe',
      `${root} holds ${held}, so a command there would see far more than a repository`,
      {
        hint: 'Use a clone in a folder of its own',
      },
    );
  }
  const above = neverBelow.find((path) => isBelow(root, path));
  if (above !== undefined)
    throw sandboxError('worktree_unsafe', `a repository below ${above} cannot be used`);
}

function assertPlainPath(path: string): void {
  const plain =
    isAbsolute(path) &&
    normalize(path) === path &&
    !path.includes('\0') &&
    (path === '/' || !path.endsWith('/'));
  if (!plain)
    throw sandboxError('sandbox_request', `${JSON.stringify(path)} is not an absolute, normalised path`);
}

export function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
