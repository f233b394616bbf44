/** A cgroup that limits the number of processes, for root, whom the kernel exempts from RLIMIT_NPROC. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const mountPoint = '/sys/fs/cgroup';
/** bubblewrap's own process counts too. */
const ownProcesses = 2;

/** The folder in which groups with a `pids` controller can be made; null where there is none. */
export function findProcessCgroup(): string | null {
  const candidates = [versionOne(), versionTwo()];
  return candidates.find((path): path is string => path !== null && isWritable(path)) ?? null;
}

function versionOne(): string | null {
  if (!existsSync(join(mountPoint, 'pids/cgroup.procs'))) return null;
  const own =
    /^\d+:(?:[^:\n]*,)?pids(?:,[^:\n]*)?:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
  const path = join(mountPoint, 'pids', own);
  return existsSync(path) ? path : join(mountPoint, 'pids');
}

/** A group of its own below the root: elsewhere a group that holds processes cannot hand its controllers on. */
function versionTwo(): string | null {
  const control = join(mountPoint, 'cgroup.subtree_control');
  if (!existsSync(control) || !readFileSync(control, 'utf8').split(/\s+/).includes('pids')) return null;
  return mountPoint;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Removed on disposal, once it is empty. */
export interface ProcessCgroup extends Disposable {
  readonly path: string;
}

export function createProcessCgroup(folder: string, processes: number): ProcessCgroup {
  sweep(folder);
  const path = join(folder, `writ-${process.pid}-${process.hrtime.bigint()}`);
  mkdirSync(path);
  writeFileSync(join(path, 'pids.max'), String(processes + ownProcesses));
  return { path, [Symbol.dispose]: () => remove(path) };
}

/** Groups of launchers that were killed; those still in use cannot be removed. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const owner = /^writ-(\d+)-\d+$/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(join('/proc', owner))) remove(join(folder, name));
  }
}

function remove(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Still in use for a moment; the next launch sweeps it.
  }
}
