/**
 * Control groups of one session, which hold what no limit of a single process does: the number of processes where the
 * kernel exempts the user (root), and memory as a whole. Only where this user may make groups that anybody of theirs
 * may join, which is root, or a container; elsewhere process 1 of the sandbox watches (native/memory.c).
 */
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
import { kill, processesIn } from './strays.ts';

const mountPoint = '/sys/fs/cgroup';
/** bubblewrap's own count too. */
const ownProcesses = 2;
const controllers = ['pids', 'memory'] as const;
type Controller = (typeof controllers)[number];

/** The folder below which groups with the controller can be made; null where there is none. */
export function findCgroup(controller: Controller): string | null {
  const candidates = [versionOne(controller), versionTwo(controller)];
  return candidates.find((path): path is string => path !== null && isWritable(path)) ?? null;
}

function versionOne(controller: Controller): string | null {
  if (!existsSync(join(mountPoint, controller, 'cgroup.procs'))) return null;
  const line = new RegExp(`^\\d+:(?:[^:\\n]*,)?${controller}(?:,[^:\\n]*)?:(.*)$`, 'm');
  const own = line.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
  const path = join(mountPoint, controller, own);
  return existsSync(path) ? path : join(mountPoint, controller);
}

/** A group of its own below the root: elsewhere a group that holds processes cannot hand its controllers on. */
function versionTwo(controller: Controller): string | null {
  const control = join(mountPoint, 'cgroup.subtree_control');
  if (!existsSync(control) || !readFileSync(control, 'utf8').split(/\s+/).includes(controller)) return null;
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

export interface SessionCgroups {
  /** To be joined by the sandbox; one folder for all controllers, or one for each. */
  readonly paths: readonly string[];
  readonly holds: readonly Controller[];
  /** Which of them refused or killed something. */
  exceeded(): readonly Controller[];
  /** A moment after the end of the command, when they should be empty; what is in them still is ended. */
  remove(): void;
}

/** @param name unique among all groups of this machine */
export function createCgroups(
  name: string,
  limits: { readonly processes: number; readonly memoryMiB: number },
): SessionCgroups {
  const found = controllers.flatMap((controller) => {
    const folder = findCgroup(controller);
    return folder === null ? [] : [{ controller, path: join(folder, `writ-${process.pid}-${name}`) }];
  });
  const paths = [...new Set(found.map(({ path }) => path))];
  for (const path of paths) mkdirSync(path);
  const held = found.filter(({ controller, path }) =>
    controller === 'pids'
      ? set(path, 'pids.max', limits.processes + ownProcesses)
      : limitMemory(path, limits.memoryMiB * 1024 * 1024),
  );
  return {
    paths,
    holds: held.map(({ controller }) => controller),
    exceeded: () => held.filter(wasExceeded).map(({ controller }) => controller),
    remove() {
      setTimeout(() => {
        for (const path of paths) {
          remove(path, () => processesIn(path).forEach(kill));
          sweep(join(path, '..'));
        }
      }, patience.atFirstMs).unref();
    },
  };
}

/** With the whole tree ended when there is no more, where the kernel can do that (cgroup-v2.rst, memory.oom.group). */
function limitMemory(path: string, bytes: number): boolean {
  set(path, 'memory.oom.group', 1);
  set(path, 'memory.swap.max', 0);
  return set(path, 'memory.max', bytes) || set(path, 'memory.limit_in_bytes', bytes);
}

function set(path: string, file: string, value: number): boolean {
  if (!existsSync(join(path, file))) return false;
  try {
    writeFileSync(join(path, file), String(value));
    return true;
  } catch {
    return false;
  }
}

function wasExceeded({ controller, path }: { controller: Controller; path: string }): boolean {
  const files = controller === 'pids' ? ['pids.events'] : ['memory.events', 'memory.oom_control'];
  const counter = controller === 'pids' ? /^max ([1-9]\d*)$/m : /^oom_kill ([1-9]\d*)$/m;
  return files.some((file) => {
    const full = join(path, file);
    return existsSync(full) && counter.test(readFileSync(full, 'utf8'));
  });
}

/** Groups of guards that were killed; those still in use cannot be removed. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const owner = /^writ-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(join('/proc', owner))) remove(join(folder, name));
  }
}

const patience = { atFirstMs: 20, attempts: 20, betweenMs: 100 };

/** The last of its processes may take a moment to leave. */
function remove(path: string, hasten = () => {}, attempt = 1): void {
  try {
    rmdirSync(path);
  } catch {
    if (!existsSync(path) || attempt >= patience.attempts) return;
    if (attempt > 1) hasten();
    setTimeout(() => remove(path, hasten, attempt + 1), patience.betweenMs).unref();
  }
}
