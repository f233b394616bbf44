import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { compile, until, users } from '../sandbox/workshop.ts';
import { Refusal } from './refusal.ts';

const sleepers = 5;
/** Milliseconds; nothing is said about how long it takes, on a machine that has other work. */
const patience = 120_000;

let refusal: Refusal;
let world: World;

beforeAll(async () => {
  refusal = await Refusal.for(users[0]!);
  world = new World(refusal.prefix);
  compile(join(import.meta.dirname, 'hopper.c'), join(world.repository, 'hopper'));
  world.write(
    'tree.sh',
    [
      'mark=$1',
      'sleep 86400.$mark &',
      'setsid sleep 86401.$mark &',
      '(setsid sh -c "setsid sleep 86402.$mark & exit" &)',
      'nohup sh -c "trap \'\' TERM HUP INT; sleep 86403.$mark" >/dev/null 2>&1 &',
      './hopper hopping.$mark &',
      'until [ -s hopping.$mark ]; do sleep 0.02; done',
      'sleep 86405.$mark',
    ].join('\n'),
  );
  world.must('init', '--yes');
});
afterAll(() => {
  world?.dispose();
  refusal?.[Symbol.dispose]();
});

/** Arguments of all processes, by their number. */
function processes(): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      found.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0'));
    } catch {
      // It has just ended.
    }
  }
  return found;
}

const marked = (mark: string): number =>
  [...processes().values()].filter((argv) =>
    argv.some((word) => /^8640\d\./.test(word) && word.endsWith(`.${mark}`)),
  ).length;

/** How often the hopper has hopped. */
const hops = (mark: string): bigint =>
  readFileSync(join(world.repository, `hopping.${mark}`)).readBigUInt64LE();

async function expectNothingLeft(mark: string): Promise<void> {
  await until(() => marked(mark) === 0, 'the end of all of it', patience);
  // The hopper may be between two processes when it is looked for; it cannot stand still.
  for (let before = -1n; before !== hops(mark); await sleep(300)) before = hops(mark);
}

/** Of this session's own: the launcher, the supervisor and the stand-in of process 1. */
function writOf(launcher: number): { supervisor: number; standIn: number } {
  const all = [...processes()].filter(([, argv]) => (argv[0] ?? '').endsWith('writ-exec'));
  const below = (parent: number) => all.filter(([id]) => parentOf(id) === parent);
  const [[supervisor] = [0]] = below(launcher);
  const [standIn] = below(supervisor).find(([, argv]) => argv[2] === 'in-place') ?? [0];
  // Signalled, 0 would be everybody.
  if (supervisor === 0 || standIn === 0) throw new Error('the session is not there');
  return { supervisor, standIn };
}

/** 0 of one that has just ended, which others of this machine's do at any time. */
function parentOf(id: number): number {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}

const endings: Record<string, (launcher: number) => void> = {
  'the launcher is killed': (launcher) => process.kill(launcher, 'SIGKILL'),
  'the supervisor is killed': (launcher) => process.kill(writOf(launcher).supervisor, 'SIGKILL'),
  "process 1's stand-in is killed": (launcher) => process.kill(writOf(launcher).standIn, 'SIGKILL'),
  'all three are killed with one blow': (launcher) => {
    const { supervisor, standIn } = writOf(launcher);
    for (const one of [standIn, supervisor, launcher]) process.kill(one, 'SIGSTOP');
    for (const one of [standIn, supervisor, launcher]) process.kill(one, 'SIGKILL');
  },
  'writ kill ends the task': () => world.must('kill', '--all', '--reason', 'a test'),
  'Writ itself is killed': () => {
    const { pid } = world.json('status') as { pid: number };
    process.kill(pid, 'SIGKILL');
  },
};

describe('without a namespace of processes', () => {
  it.each(Object.keys(endings))('nothing is left when %s', async (name) => {
    const mark = String(Object.keys(endings).indexOf(name) + process.pid * 10);
    const [program, ...args] = [
      ...refusal.prefix,
      join(process.cwd(), 'bin', 'writ'),
      'exec',
      '--',
      'bash',
      'tree.sh',
      mark,
    ];
    const launcher = spawn(program, args, { cwd: world.repository, env: world.environment, stdio: 'ignore' });
    await until(() => marked(mark) === sleepers && hops(mark) > 5n, 'the tree', patience);
    endings[name]!(launcher.pid!);
    await expectNothingLeft(mark);
  });

  it('nothing is left when the command itself ends', async () => {
    const { status } = world.writ([
      'exec',
      '--',
      'bash',
      '-c',
      'bash tree.sh 7 & until [ -s hopping.7 ]; do sleep 0.02; done',
    ]);
    expect(status).toBe(0);
    await expectNothingLeft('7');
  });
});
