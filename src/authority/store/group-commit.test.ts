import { describe, expect, test } from 'vitest';
import { GroupCommit } from './group-commit.ts';

/** Commits at most `most` numbers at a time, and notes the groups. */
function doubling(most: number, groups: number[][]): GroupCommit<number, number> {
  return new GroupCommit(async (take) => {
    const group: number[] = [];
    groups.push(group);
    await new Promise((resolve) => setTimeout(resolve, 1));
    while (group.length < most) {
      const job = take();
      if (job === null) return;
      group.push(job.work);
      if (job.work < 0) throw new Error('no such number');
      job.resolve(job.work * 2);
    }
  });
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

describe('groups', () => {
  test('are taken first come, first served, no larger than they may be', async () => {
    const groups: number[][] = [];
    const queue = doubling(4, groups);
    const results = await Promise.all(range(10).map((at) => queue.commit(at)));
    expect(results).toEqual(range(10).map((at) => at * 2));
    expect(groups).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  test('take in those who ask while they wait to begin, and the next those who ask while they commit', async () => {
    const groups: number[][] = [];
    const queue = doubling(100, groups);
    const first = queue.commit(1);
    await Promise.resolve();
    const second = queue.commit(2);
    const third = first.then(() => queue.commit(3));
    expect(await Promise.all([first, second, third])).toEqual([2, 4, 6]);
    expect(groups).toEqual([[1, 2], [3]]);
  });

  test('that fail fail those they took and did not settle, and nobody after', async () => {
    const queue = doubling(3, []);
    const results = await Promise.allSettled([1, 2, -3, 4, 5].map((given) => queue.commit(given)));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  test('that cannot even begin fail everybody who waits, at once', async () => {
    let attempts = 0;
    const queue = new GroupCommit<number, number>(async () => {
      attempts += 1;
      throw new Error('no database');
    });
    const results = await Promise.allSettled(range(5000).map((at) => queue.commit(at)));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(attempts).toBe(1);
    await expect(queue.commit(1)).rejects.toThrow('no database');
  });
});

test('everything else gets its turn between groups, even if they never cease', async () => {
  const queue = new GroupCommit<number, void>(async (take) => {
    for (let job = take(); job !== null; job = take()) job.resolve();
  });
  const stop = new AbortController();
  const endless = (async () => {
    while (!stop.signal.aborted) await queue.commit(1);
  })();
  await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  await endless;
});

test('so many may wait and no more', async () => {
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  const queue = new GroupCommit<number, number>(async (take) => {
    await gate;
    for (let job = take(); job !== null; job = take()) job.resolve(job.work);
  });
  const waiting = range(65_536).map((at) => queue.commit(at));
  await expect(queue.commit(-1)).rejects.toMatchObject({ code: 'store_busy' });
  go();
  expect(await Promise.all(waiting)).toHaveLength(65_536);
  expect(await queue.commit(7)).toBe(7);
});

test('closing settles those who wait and refuses those who come', async () => {
  const queue = doubling(2, []);
  const waiting = range(5).map((at) => queue.commit(at));
  const closing = queue.close();
  await expect(queue.commit(9)).rejects.toMatchObject({ code: 'store_closed' });
  await closing;
  expect(await Promise.all(waiting)).toEqual([0, 2, 4, 6, 8]);
});
