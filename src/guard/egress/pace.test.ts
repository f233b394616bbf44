import { expect, it } from 'vitest';
import { Pace } from './pace.ts';

const never = new AbortController().signal;

it('lets so many through at once, and the rest one after the other', async () => {
  const pace = new Pace(10, 50);
  const started = performance.now();
  await Promise.all(Array.from({ length: 10 }, () => pace.turn(never)));
  const burst = performance.now() - started;
  await Promise.all(Array.from({ length: 20 }, () => pace.turn(never)));
  expect(performance.now() - started - burst).toBeGreaterThan(250);
});

it('makes nobody wait who waits for nothing any more', async () => {
  const pace = new Pace(1, 0.001);
  const ending = new AbortController();
  await pace.turn(ending.signal);
  const turn = pace.turn(ending.signal);
  ending.abort();
  await expect(turn).rejects.toThrow('aborted');
});
