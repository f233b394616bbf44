/** What of Writ runs for a task, and its death by SIGKILL. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { World } from '../cli/world.ts';

/** Every process of Writ's for this task: the daemon, the launcher, and what of it runs below. */
export function processesOfWrit(world: World, launcher: number): readonly number[] {
  const children = (pid: number): number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const below = (pid: number): number[] => [pid, ...children(pid).flatMap(below)];
  const isWrit = (pid: number) => readlinkSync(`/proc/${pid}/exe`).endsWith('/writ-exec');
  const { pid } = world.json('status') as { pid: number };
  return [pid, ...below(launcher).filter(isWrit)];
}

export function killEach(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // went with its parent
    }
  }
}

/** Not a zombie, which nobody has waited for: its sockets are closed once the last of its threads has ended. */
export function isRunning(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.length > 1 || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
