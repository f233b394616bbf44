/** What this machine offers for sandboxes, found once. What is missing is an error that says how to get it. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WritError } from '../../core/model/errors.ts';
import { findCgroup } from './cgroup.ts';
import { sandboxError } from './errors.ts';
import { hostEtc, type EtcEntry } from './etc.ts';
import { kernelFeatures } from './kernel-features.ts';
import type { Architecture } from './syscalls.ts';

export type Confinement =
  | { readonly kind: 'namespaces' }
  /** The system refuses them: commands run in its own view, see `in-place.ts`. */
  | { readonly kind: 'in-place'; readonly landlockAbi: number; readonly refusal: WritError };

export interface MachineFacts {
  readonly architecture: Architecture;
  readonly bubblewrap: { readonly path: string; readonly version: string };
  readonly confinement: Confinement;
  /** Our native program, real path. */
  readonly writExec: string;
  /** Bound read-only at their own places: `/usr`, and `/bin`, `/lib`, … where they are folders of their own. */
  readonly systemDirectories: readonly string[];
  /** `/bin -> usr/bin` and the like on systems with a merged `/usr`. */
  readonly systemLinks: readonly { readonly path: string; readonly to: string }[];
  readonly etc: readonly EtcEntry[];
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /**
   * What holds the number of processes. The kernel exempts uid 0 from RLIMIT_NPROC, so root needs a cgroup; `none`
   * where it has none.
   */
  readonly processLimit: 'rlimit' | 'cgroup' | 'none';
}

/** `--size` came with 0.7.0. */
const oldest = [0, 7, 0] as const;

/** Landlock's version that Ubuntu 24.04 has (Linux 6.7). What newer ones add the supervisor sees to. */
const leastLandlock = 4;

/**
 * @throws WritError `bubblewrap_missing`, `bubblewrap_old`, `architecture_unsupported`, `native_missing`, and
 *   `namespaces_unavailable` where the kernel offers too little to do without
 */
export function detectMachine(): MachineFacts {
  const { arch } = process;
  if (process.platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw sandboxError(
      'architecture_unsupported',
      `commands cannot be confined on ${process.platform} ${arch}`,
      {
        hint: 'Linux on x86-64 or arm64 is needed',
      },
    );
  }
  const uid = process.getuid?.() ?? 0;
  const writExec = findWritExec();
  const bubblewrap = findBubblewrap();
  const confinement = findConfinement(bubblewrap.path, writExec);
  const roots = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].filter((path) =>
    existsSync(path),
  );
  const isLink = (path: string): boolean => lstatSync(path).isSymbolicLink();
  return {
    architecture: arch,
    bubblewrap,
    confinement,
    writExec,
    systemDirectories: roots.filter((path) => !isLink(path)),
    systemLinks: roots.filter(isLink).map((path) => ({ path, to: readlinkSync(path) })),
    etc: hostEtc(),
    uid,
    gid: process.getgid?.() ?? 0,
    home: homedir(),
    processLimit: uid !== 0 ? 'rlimit' : findCgroup('pids') === null ? 'none' : 'cgroup',
  };
}

/** Never from the repository: only the system's own folders are searched. */
function findBubblewrap(): MachineFacts['bubblewrap'] {
  const path = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'].find(isExecutable);
  if (path === undefined) {
    throw sandboxError('bubblewrap_missing', 'bubblewrap is not installed', {
      hint: 'Install it with: sudo apt-get install bubblewrap (or: sudo dnf install bubblewrap)',
    });
  }
  const output = spawnSync(path, ['--version'], { encoding: 'utf8', env: {}, timeout: 10_000 }).stdout ?? '';
  const version = /(\d+)\.(\d+)\.(\d+)/.exec(output);
  const parts = version === null ? [0, 0, 0] : version.slice(1, 4).map(Number);
  const [major = 0, minor = 0, patch = 0] = parts;
  const older =
    major !== oldest[0] ? major < oldest[0] : minor !== oldest[1] ? minor < oldest[1] : patch < oldest[2];
  if (older) {
    throw sandboxError(
      'bubblewrap_old',
      `${path} is version ${parts.join('.')}; ${oldest.join('.')} is needed`,
      {
        hint: 'Update it with: sudo apt-get install --only-upgrade bubblewrap',
      },
    );
  }
  return { path, version: parts.join('.') };
}

function findConfinement(bubblewrap: string, writExec: string): Confinement {
  const refusal = namespacesRefused(bubblewrap);
  if (refusal === null) return { kind: 'namespaces' };
  const { landlockAbi, userNotification } = kernelFeatures(writExec);
  if (landlockAbi < leastLandlock || !userNotification) throw refusal;
  return { kind: 'in-place', landlockAbi, refusal };
}

function namespacesRefused(bubblewrap: string): WritError | null {
  const args = [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-net',
    '--ro-bind',
    '/',
    '/',
    '--proc',
    '/proc',
    '/bin/true',
  ];
  const probe = spawnSync(bubblewrap, args, { encoding: 'utf8', env: {}, timeout: 10_000 });
  if (probe.status === 0) return null;
  const said = (probe.stderr ?? '').trim().slice(0, 300);
  return sandboxError('namespaces_unavailable', `the system refuses new namespaces: ${said}`, {
    hint: namespaceHint(),
  });
}

function namespaceHint(): string {
  if (setting('kernel/unprivileged_userns_clone') === '0') {
    return 'Allow them with: sudo sysctl -w kernel.unprivileged_userns_clone=1';
  }
  if (setting('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'Allow them for bubblewrap by an AppArmor profile, or for all with: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  }
  if (setting('user/max_user_namespaces') === '0')
    return 'Allow them with: sudo sysctl -w user.max_user_namespaces=15000';
  return 'In a container, start it with: --security-opt seccomp=unconfined --security-opt systempaths=unconfined';
}

function setting(name: string): string | null {
  try {
    return readFileSync(join('/proc/sys', name), 'utf8').trim();
  } catch {
    return null;
  }
}

/** Beside the sources, or beside the bundle in `dist/`. */
export function findWritExec(): string {
  const candidates = ['../../../native/build/writ-exec', '../native/build/writ-exec'];
  const path = candidates.map((one) => fileURLToPath(new URL(one, import.meta.url))).find(isExecutable);
  if (path !== undefined) return path;
  throw sandboxError('native_missing', 'the native program writ-exec is not built', {
    hint: 'Build it with: npm run build',
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
