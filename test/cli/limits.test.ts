/** A limit that ends a command says so, to the person and on the log. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCgroup } from '../../src/guard/sandbox/cgroup.ts';
import { World } from './world.ts';

const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
  world.organisation((document) => {
    const profiles = {
      tight: { cpuSeconds: 2, fileSizeMiB: 1, memoryMiB: 200 },
      short: { wallSeconds: 1 },
    };
    for (const [name, limits] of Object.entries(profiles)) {
      document.setIn(['profiles', name], document.createNode({ extends: 'develop', limits }));
      document.addIn(['assistants', 'local', 'profiles'], name);
    }
  });
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

interface Found {
  readonly entry: { readonly data: Record<string, unknown> };
}
const newest = (type: string) =>
  (world.json('log', 'search', '--type', type, '--limit', '1') as Found[])[0]?.entry.data;

const memoryIsHeld = findCgroup('memory') !== null;

describe('a command that runs into a limit', () => {
  it.each<[string, readonly string[], number, RegExp]>([
    [
      'wallSeconds',
      ['sleep', '60'],
      143,
      /^writ: ended: it ran for 1 seconds, which the profile short limits/m,
    ],
    [
      'cpuSeconds',
      ['sh', '-c', 'while :; do :; done'],
      137,
      /^writ: ended: one process used 2 seconds of processor time/m,
    ],
    [
      'fileSizeMiB',
      ['sh', '-c', 'exec head -c 3000000 /usr/bin/git > big'],
      153,
      /^writ: ended: a file grew beyond 1 MiB/m,
    ],
    [
      'memoryMiB',
      ['python3', '-c', 'import time; x = bytearray(500 << 20); time.sleep(2.5)'],
      137,
      /^writ: (some of it was )?ended: it needed more than 200 MiB of memory/m,
    ],
  ])('%s', (name, command, status, words) => {
    const profile = name === 'wallSeconds' ? 'short' : 'tight';
    const result = world.writ(['exec', '--profile', profile, '--', ...command]);
    expect(result).toMatchObject({ status, stderr: expect.stringMatching(words) });
    expect(result.stderr).toContain(`(${name})`);
    expect(newest('execution.ended')).toMatchObject({ limitsReached: [expect.stringContaining(name)] });
  });

  it('is on record with the limits, and with what holds them', () => {
    world.must('exec', '--profile', 'tight', '--', 'true');
    expect(newest('execution.started')).toMatchObject({
      limits: {
        cpuSeconds: 2,
        memoryMiB: 200,
        heldBy: { memory: memoryIsHeld ? 'cgroup' : 'watch', others: 'rlimit', wall: 'clock' },
      },
    });
    expect(newest('execution.ended')).toMatchObject({ limitsReached: [] });
  });
});
