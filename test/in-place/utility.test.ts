import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { everyday } from '../escape/everyday.ts';
import { prepareWorkday, said, workday, type Outcome } from '../escape/workday.ts';
import { users } from '../sandbox/workshop.ts';
import { Refusal } from './refusal.ts';

/** Each for a reason that `writ doctor` names. */
const lost = [
  'python: unittest, subprocess, multiprocessing, asyncio',
  'python: sqlite, temporary files, locks, mmap, shared memory',
  'c: threads, fork, shared memory, message queues',
  'signals between processes',
  'servers on loopback, IPv4, IPv6 and UDP',
  "terminals of one's own",
  'temporary folders',
];

let refusal: Refusal;
let world: World;
let governed: Record<string, Outcome>;
let bare: Record<string, Outcome>;
beforeAll(async () => {
  refusal = await Refusal.for(users[0]!);
  world = new World(refusal.prefix);
  prepareWorkday(world);
  world.must('init', '--yes');
  governed = workday(world, ...refusal.prefix, join(process.cwd(), 'bin', 'writ'), 'exec', '--');
  bare = workday(world);
});
afterAll(() => {
  world?.dispose();
  refusal?.[Symbol.dispose]();
});

it('everyday work comes to the same without namespaces, but for what is lost', () => {
  const changed = Object.keys(everyday).filter((name) => said(governed[name]!) !== said(bare[name]!));
  expect(changed.filter((name) => !lost.includes(name)).map((name) => [name, said(governed[name]!)])).toEqual(
    [],
  );
  expect(changed).toEqual(lost);
});

it('raises no alert', () => {
  expect(world.json('log', 'search', '--type', 'alert')).toEqual([]);
});
