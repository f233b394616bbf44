/** The daemon's own probe: once an interval it runs `writ doctor`, where commands were last run. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { LogReader } from '../authority/store/port.ts';

const hourMs = 3_600_000;
/** Looking costs two look-ups in the log. */
const lookEveryMs = 10 * 60_000;

export interface ProbeSchedule {
  readonly log: Pick<LogReader, 'entries'>;
  /** Hours between two probes; 0 for none. */
  readonly intervalHours: number;
  readonly clock: () => number;
  readonly probe: (directory: string) => void;
}

/** Looks from time to time whether a probe is due. */
export function keepProbing(schedule: ProbeSchedule): Disposable {
  if (schedule.intervalHours === 0) return { [Symbol.dispose]: () => undefined };
  const timer = setInterval(
    () => void probeWhenDue(schedule).catch(() => undefined),
    Math.min(lookEveryMs, schedule.intervalHours * hourMs),
  );
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Due when the last one, or where there was none the log's beginning, is an interval ago. */
export async function probeWhenDue({ log, intervalHours, clock, probe }: ProbeSchedule): Promise<void> {
  const [last] = await log.entries({ types: ['enforcement.probed'], order: 'newest-first', limit: 1 });
  const [first] = await log.entries({ order: 'oldest-first', limit: 1 });
  const since = last?.entry.time ?? first?.entry.time ?? clock();
  if (clock() - since < intervalHours * hourMs) return;
  const [started] = await log.entries({ types: ['execution.started'], order: 'newest-first', limit: 1 });
  const directory = started?.entry.data['cwd'];
  if (typeof directory === 'string' && existsSync(directory)) probe(directory);
}

/** After everything else that wants the processor. It records for itself what it found. */
export function startDoctor(directory: string): void {
  const args = [...process.execArgv, process.argv[1] ?? '', 'doctor', '--json'];
  const child = spawn('nice', ['-n', '10', process.execPath, ...args], { cwd: directory, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}
