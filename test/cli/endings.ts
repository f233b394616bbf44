/** Many governed commands at once, and how long after the end of one's authority the last of its tree is gone. */
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { socketFetch } from '../../src/cli/connection.ts';
import { locateHome } from '../../src/cli/home.ts';
import type { World } from './world.ts';

export interface Running {
  readonly session: string;
  readonly writ: string;
  readonly launcher: ChildProcess;
  /** Processes of the tree, as the host numbers them. */
  readonly processes: readonly number[];
}

interface Started {
  readonly entry: { readonly session: string; readonly writ: string; readonly command: string };
}

/** Each is a shell that waits for a child, and a child that has left its session and ignores what it can. */
export async function startMany(world: World, count: number): Promise<readonly Running[]> {
  const first = 700_000_000 + (process.pid % 100_000) * 1000;
  const markers = Array.from({ length: count }, (_, at) => first + at);
  const launchers = new Map<number, ChildProcess>();
  for (const marker of markers) {
    const script = `setsid sh -c 'trap "" TERM HUP; sleep ${marker}; true' & sleep ${marker}; true`;
    const child = world.start(['exec', '--', 'sh', '-c', script]);
    child.stdout.resume();
    child.stderr.resume();
    launchers.set(marker, child);
  }
  const found = () => processesOf(markers);
  for (
    let waited = 0;
    [...found().values()].filter(({ length }) => length >= 2).length < count;
    waited += 50
  ) {
    if (waited > 90_000) throw new Error('not all of them run');
    await sleep(50);
  }
  const running = found();
  const started = world.json('log', 'search', '--type', 'execution.started', '--limit', '10000') as Started[];
  return [...launchers].map(([marker, launcher]) => {
    const entry = started.find((one) => one.entry.command.includes(String(marker)))?.entry;
    if (entry === undefined) throw new Error(`${marker} is not on the log`);
    return { ...entry, launcher, processes: running.get(marker) ?? [] };
  });
}

function processesOf(markers: readonly number[]): Map<number, number[]> {
  const found = new Map<number, number[]>(markers.map((marker) => [marker, []]));
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [program, marker] = readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0');
      if (program === 'sleep') found.get(Number(marker))?.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

export const isAlive = ({ processes }: Running) => processes.some((pid) => existsSync(`/proc/${pid}`));

/** Milliseconds from asking until all processes have gone. */
export async function endingTime(world: World, path: string, one: Running): Promise<number> {
  const begun = performance.now();
  const ask = socketFetch(locateHome({ WRIT_HOME: world.writHome }));
  const asked = ask(path, { body: { reason: 'measured' } });
  while (isAlive(one)) {
    if (performance.now() - begun > 20_000) throw new Error('it does not end');
    await sleep(1);
  }
  const took = performance.now() - begun;
  const { status } = await asked;
  if (status !== 204) throw new Error(`${path} was answered with ${status}`);
  if (one.launcher.exitCode === null) await once(one.launcher, 'exit');
  return took;
}

export function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;
}
