/** The launcher as a process: so that it can be killed when it does not do as it is told. */
import { readFileSync, readlinkSync, statSync } from 'node:fs';

export interface LauncherProcess {
  /** Ends it, and with it everything in its sandbox. Nothing happens when another process has its number by now. */
  kill(): void;
}

/** Null where there is no such process of this user's. */
export function launcherProcess(pid: number): LauncherProcess | null {
  const begun = startOf(pid);
  if (begun === null) return null;
  return {
    kill() {
      if (startOf(pid) === begun) process.kill(pid, 'SIGKILL');
    },
  };
}

/** Clock ticks after boot at which it started (proc_pid_stat(5), field 22), which no two of a number share. */
function startOf(pid: number): string | null {
  try {
    if (statSync(`/proc/${pid}`).uid !== process.getuid?.()) return null;
    if (!/\/writ-exec[^/]*$/.test(readlinkSync(`/proc/${pid}/exe`))) return null;
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
