import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { everyday } from './everyday.ts';
import { prepareWorkday, said, workday, type Outcome } from './workday.ts';

const world = new World();

let governed: Record<string, Outcome>;
let bare: Record<string, Outcome>;
beforeAll(() => {
  prepareWorkday(world);
  world.must('init', '--yes');
  governed = workday(world, join(process.cwd(), 'bin', 'writ'), 'exec', '--');
  bare = workday(world);
});
afterAll(() => world.dispose());

it.each(Object.keys(everyday))('%s: the same as without Writ', (name) => {
  expect(said(governed[name]!)).toBe(said(bare[name]!));
  expect(bare[name]).toMatchObject({ status: 0, stdout: expect.stringMatching(/\S/) });
});

it('raises no alert', () => {
  expect(world.json('log', 'search', '--type', 'alert')).toEqual([]);
});
