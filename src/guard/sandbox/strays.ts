/** What is left of a session that ran in place, when launcher, supervisor and stand-in were all killed with one blow. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const rounds = 200;
const betweenMs = 5;

/**
 * Kills all that joined the session's control groups, or has its number in the environment, until there is none.
 * Without a group, one that has changed its environment is not found.
 */
export async function endStrays(session: string, cgroups: readonly string[]): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const found = [...cgroups.flatMap(processesIn), ...processesOf(session)];
    if (found.length === 0) return;
    for (const process_ of found) {
      // Its group is of this session alone, and ends as a whole.
      const group = Number(/\) \S \d+ (\d+)/.exec(read(`/proc/${process_}/stat`))?.[1] ?? 0);
      if (group > 1) kill(-group);
      kill(process_);
    }
    await sleep(betweenMs);
  }
}

/** Empty where there is no such group. */
export function processesIn(cgroup: string): number[] {
  return read(join(cgroup, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
}

/** proc_pid_environ(5), which is empty for zombies. */
function processesOf(session: string): number[] {
  const mark = `\0WRIT_SESSION=${session}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && `\0${read(`/proc/${name}/environ`)}`.includes(mark))
    .map(Number);
}

/** Empty for what is gone, or is not ours to read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** A group of processes by its negated number; nothing where there is none. */
export function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
