/** What one command may print, and what all commands of a task may use together, ends them and says so. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { World } from './world.ts';

const program = join(import.meta.dirname, '../../bin/writ');
const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
  world.organisation((document) => {
    const profiles = {
      terse: { limits: { outputMiB: 1 } },
      busy: { task: { cpuSeconds: 2 } },
      brief: { task: { wallSeconds: 2 } },
      crowded: { task: { processes: 6 } },
      heavy: { task: { memoryMiB: 150 } },
      chatty: { task: { outputMiB: 1 } },
    };
    for (const [name, changes] of Object.entries(profiles)) {
      document.setIn(['profiles', name], document.createNode({ extends: 'develop', ...changes }));
      document.addIn(['assistants', 'local', 'profiles'], name);
    }
  });
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

interface Found {
  readonly entry: { readonly data: Record<string, unknown> };
}
const newest = (type: string, count = 1) =>
  (world.json('log', 'search', '--type', type, '--limit', String(count)) as Found[]).map(
    ({ entry }) => entry.data,
  );
const issued = (profile: string) =>
  (world.json('issue', '--profile', profile) as { claims: { id: string } }).claims.id;

describe('what a command prints', () => {
  const printing = (bytes: number, to = '') => ['sh', '-c', `head -c ${bytes} /dev/zero ${to}`];

  it('arrives whole where it is within the limit, errors and all', () => {
    const result = world.writ([
      'exec',
      '--profile',
      'terse',
      '--',
      'sh',
      '-c',
      'seq 100000; echo done >&2; exit 3',
    ]);
    expect(result.status).toBe(3);
    expect(result.stdout.split('\n')).toHaveLength(100_001);
    expect(result.stderr).toBe('done\n');
    expect(newest('execution.ended')[0]).toMatchObject({ outputBytes: result.stdout.length + 5 });
  });

  it.each([
    ['standard output', ''],
    ['standard error', '>&2'],
  ])('ends it beyond the limit, on %s', (_, to) => {
    const result = world.writ(['exec', '--profile', 'terse', '--', ...printing(3_000_000, to)]);
    expect(result).toMatchObject({
      status: 137,
      stderr: expect.stringMatching(/ended: it printed more than 1 MiB.*\(outputMiB\)/),
    });
    expect(result.stdout.length).toBe(to === '' ? 1024 * 1024 : 0);
    expect(newest('execution.ended')[0]).toMatchObject({
      outcome: 'too-much-output',
      limitsReached: [expect.stringContaining('outputMiB')],
    });
  });

  it('ends it at once, however long it would go on', () => {
    const result = world.writ(['exec', '--profile', 'terse', '--', 'sh', '-c', 'yes; true']);
    expect(result.status).toBe(137);
  });

  it('is a broken pipe where nobody reads it', () => {
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', `"$0" exec --profile terse -- sh -c 'yes; echo $? >&2' | head -1`, program],
      { cwd: world.repository, env: world.environment, encoding: 'utf8' },
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'y\n', stderr: '141\n' });
  });
});

describe('what a task uses', () => {
  it.each<[string, string, readonly string[], RegExp]>([
    [
      'busy',
      'cpuSeconds',
      ['sh', '-c', '(while :; do :; done) & while :; do :; done'],
      /2 seconds of processor time/,
    ],
    ['brief', 'wallSeconds', ['sleep', '60'], /ran for 2 seconds/],
    [
      'crowded',
      'processes',
      ['sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; wait'],
      /more than 6 processes/,
    ],
    [
      'heavy',
      'memoryMiB',
      ['python3', '-c', 'import time; x = bytearray(300 << 20); time.sleep(60)'],
      /150 MiB of memory/,
    ],
    ['chatty', 'outputMiB', ['sh', '-c', 'yes; true'], /printed 1 MiB/],
  ])('under %s ends a command beyond %s', (profile, name, command, said) => {
    const result = world.writ(['exec', '--profile', profile, '--', ...command]);
    expect(result).toMatchObject({ status: 137, stderr: expect.stringMatching(said) });
    expect(result.stderr).toContain(`(task.${name})`);
    expect(newest('execution.ended')[0]).toMatchObject({
      limitsReached: [expect.stringContaining(`task.${name}`)],
    });
  });

  it('is added up over its commands, and nothing starts when it is spent', () => {
    const writ = issued('chatty');
    const print = () => world.writ(['exec', '--writ', writ, '--', 'sh', '-c', 'head -c 700000 /dev/zero']);
    expect(print()).toMatchObject({ status: 0 });
    const second = print();
    expect(second).toMatchObject({ status: 137, stderr: expect.stringContaining('(task.outputMiB)') });
    expect(second.stdout.length).toBe(1024 * 1024 - 700_000);
    const third = print();
    expect(third).toMatchObject({ status: 1, stderr: expect.stringContaining('[task_limit_reached]') });
    expect(third.stdout).toBe('');
  });

  it('is its own: another task has all of it again', () => {
    for (const writ of [issued('chatty'), issued('chatty')])
      expect(world.writ(['exec', '--writ', writ, '--', 'sh', '-c', 'head -c 700000 /dev/zero']).status).toBe(
        0,
      );
  });
});

test('limits of a task are on record, with what holds them', () => {
  world.must('exec', '--profile', 'busy', '--', 'true');
  expect(newest('execution.started')[0]).toMatchObject({
    limits: { task: { cpuSeconds: 2, heldBy: { others: 'watch', wall: 'clock', output: 'launcher' } } },
  });
});
