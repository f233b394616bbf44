/** A sandbox is made while its start is still being written down; until that is done nothing of the command is in it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WritError } from '../../src/core/model/errors.ts';
import { buildEnvironment } from '../../src/guard/sandbox/environment.ts';
import { launchSpec } from '../../src/guard/sandbox/launch-spec.ts';
import { detectMachine } from '../../src/guard/sandbox/machine.ts';
import type { Channel } from '../../src/guard/session.ts';
import { listen, smallLimits } from './launching.ts';
import { buildNative } from './workshop.ts';

let folder: string;
let worktree: string;
let server: Server;
let ends: string[];
/** Settles the guard's answer to the launcher. */
let answer: PromiseWithResolvers<void>;
let channel: Channel;
let supervision: readonly string[];
let tellOpened = () => {};

beforeAll(() => buildNative('all'));
beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-held-')));
  worktree = join(folder, 'repository');
  mkdirSync(worktree);
  ends = [];
  supervision = [];
  answer = Promise.withResolvers();
  server = await listen(join(folder, 'home'), {
    async open(_request, opened) {
      channel = opened;
      channel.send({ type: 'launch', session: 'one', spec: plan(supervision) });
      tellOpened();
      await answer.promise;
      channel.send({ type: 'start' });
    },
    async end(_session, { outcome }) {
      ends.push(outcome);
      return [];
    },
    report: (error) => ends.push(String(error)),
  });
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** @param supervision as src/guard/supervise/contribute.ts has it */
function plan(supervision: readonly string[]) {
  const caller = { searchPath: [], caller: {}, extra: {}, session: 's', terminal: false };
  return launchSpec(
    {
      command: { argv: ['touch', 'ran'] },
      cwd: worktree,
      worktree,
      repository: 'read-write',
      gitDirectories: [],
      hide: [],
      environment: buildEnvironment(caller),
      limits: smallLimits,
      identity: { name: 'Writ', email: 'writ@localhost' },
      terminal: false,
      supervision,
    },
    detectMachine(),
  );
}

function startLauncher(): ChildProcess {
  const program = resolve('native/build/writ-exec');
  const env = { WRIT_HOME: join(folder, 'home') };
  return spawn(program, ['exec', '--started', '--', 'anything'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function processOneBelow(pid: number): number | undefined {
  for (const child of childrenOf(pid)) {
    const isInit = readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('/run/writ/writ-exec\0init');
    const found = isInit ? child : processOneBelow(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** That it neither ends nor starts anything, as often as it is looked at. */
async function waitsForStart(launcher: ChildProcess): Promise<void> {
  for (let looks = 0; looks < 20; await sleep(10)) {
    const processOne = processOneBelow(launcher.pid ?? 0);
    expect(launcher.exitCode).toBeNull();
    if (processOne === undefined) continue;
    expect(childrenOf(processOne)).toEqual([]);
    looks += 1;
  }
  expect(ends).toEqual([]);
}

async function outcomeOf(launcher: ChildProcess): Promise<{ status: number | null; said: string }> {
  let said = '';
  launcher.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [status] = (await once(launcher, 'close')) as [number | null];
  return { status, said };
}

/** A zombie has no command line. */
function isAlive(pid: number | undefined): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

/** Milliseconds from the launch; by the last of them process 1 waits for its start. */
const moments = Array.from({ length: 60 }, (_, index) => index / 5);

const hasRun = () => existsSync(join(worktree, 'ran'));

describe('a sandbox that is made ahead', () => {
  it('waits for the start', async () => {
    const launcher = startLauncher();
    const outcome = outcomeOf(launcher);
    await waitsForStart(launcher);
    expect(hasRun()).toBe(false);
    answer.resolve();
    expect(await outcome).toEqual({ status: 0, said: '' });
    expect(hasRun()).toBe(true);
    expect(ends).toEqual(['exited']);
  });

  it.each<[string, () => void, { status: number; said: RegExp }]>([
    [
      'the start cannot be recorded',
      () => answer.reject(new WritError('store_full', 'there is no space left for the database')),
      { status: 1, said: /no space left for the database/ },
    ],
    [
      'it is refused after all',
      () => {
        const refusal = {
          decision: 'deny',
          policies: [],
          missing: [],
          reason: 'gone',
          advice: null,
        } as const;
        channel.send({ type: 'no-writ', refusal });
      },
      { status: 3, said: /^writ: no writ: gone\n$/ },
    ],
    [
      'the guard goes away',
      () => channel.launcher?.destroy(),
      { status: 137, said: /Writ went away, so the command is killed/ },
    ],
  ])('runs nothing where %s', async (_case, happens, { status, said }) => {
    const launcher = startLauncher();
    const outcome = outcomeOf(launcher);
    await waitsForStart(launcher);
    happens();
    const ended = await outcome;
    expect(ended.said).toMatch(said);
    expect(ended.status).toBe(status);
    expect(hasRun()).toBe(false);
    expect(ends).toEqual([]);
  });

  /**
   * Between making process 1 and letting it go on, bubblewrap may be killed, and then nobody's death ends process 1:
   * it once kept the launcher waiting, and its standard streams open, for ever.
   */
  it.each<[string, (launcher: ChildProcess) => void]>([
    ['it is refused', () => answer.reject(new WritError('store_full', 'no space'))],
    ['the guard goes away', () => channel.launcher?.destroy()],
    ['its launcher is killed', (launcher) => launcher.kill('SIGKILL')],
  ])('leaves nothing, however early %s', async (_case, happens) => {
    const supervising = createServer((connection) => connection.on('error', () => {}).resume());
    supervision = ['supervise', join(folder, 'supervise.sock'), 'token'];
    await new Promise<void>((resolve) => supervising.listen(supervision[1], resolve));
    for (const moment of moments) {
      answer = Promise.withResolvers();
      const opened = new Promise<void>((resolve) => (tellOpened = resolve));
      const launcher = startLauncher();
      const outcome = outcomeOf(launcher);
      await opened;
      for (const begun = performance.now(); performance.now() - begun < moment;) await nextTurn();
      happens(launcher);
      await outcome;
    }
    supervising.close();
    expect(hasRun()).toBe(false);
  });

  it('ends with its launcher', async () => {
    const launcher = startLauncher();
    const outcome = outcomeOf(launcher);
    await waitsForStart(launcher);
    const processOne = processOneBelow(launcher.pid ?? 0);
    launcher.kill('SIGKILL');
    await outcome;
    while (isAlive(processOne)) await sleep(10);
    expect(hasRun()).toBe(false);
  });
});
