/** A task that takes all it can get harms itself: another one starts meanwhile, and what is on record stays whole. */
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { until } from '../sandbox/workshop.ts';

const world = new World();
beforeAll(() => {
  cpSync(join(import.meta.dirname, 'programs', 'exhaust.py'), join(world.repository, 'exhaust.py'));
  world.must('init', '--yes');
  world.organisation((document) => {
    const limits = { processes: 200, memoryMiB: 256, outputMiB: 8, fileSizeMiB: 1024 };
    document.setIn(['profiles', 'develop', 'limits'], document.createNode(limits));
  });
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

it.each([
  ['processes', 'forks', /^got \d+ Resource temporarily unavailable$/m],
  ['connections to the way out', 'connections', /^got \d+ .+\ngot \d+/m],
  ['requests to the way out', 'requests', /^got through$/m],
  ['memory', 'memory', /^got some$/m],
  ['output', 'output', /^got some$/m],
  ['arguments and environment', 'arguments', /^got 10$/m],
  ['room for temporary files', 'temporary', /^got some$/m],
  ['entries', 'starts', /^got some$/m],
])('%s', async (_, what, taken) => {
  const greedy = world.start(['exec', '--', 'python3', 'exhaust.py', what]);
  const ended = once(greedy, 'close');
  let said = '';
  let over = false;
  greedy.stdout.on('data', (data: Buffer) => (said = (said + data.toString()).slice(0, 1000)));
  greedy.stderr.resume();
  greedy.once('close', () => (over = true));
  await until(() => over || taken.test(said), 'the greed', 120_000);
  expect(said).toMatch(taken);

  for (let time = 0; time < 3; time++)
    expect(world.writ(['exec', '--', 'echo', 'fine'])).toMatchObject({ status: 0, stdout: 'fine\n' });
  expect(world.writ(['status']).status).toBe(0);
  if (!over) world.must('kill', '--all', '--reason', 'it takes too much');
  await ended;
  expect(world.writ(['log', 'verify']).status).toBe(0);
});
