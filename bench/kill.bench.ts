/** How long after a revocation the last process of its tree is gone, with fifty governed commands running. */
import { once } from 'node:events';
import { endingTime, isAlive, quantile, startMany } from '../test/cli/endings.ts';
import { World } from '../test/cli/world.ts';

const commands = 50;
const world = new World();
try {
  world.must('init', '--yes');
  world.must('exec', '--', 'true');
  const running = await startMany(world, commands);
  const [doomed, spared] = [running.slice(0, 40), running.slice(40)];
  const times: number[] = [];
  for (const one of doomed) times.push(await endingTime(world, `/v1/writs/${one.writ}/revoke`, one));
  if (!spared.every(isAlive)) throw new Error('a revocation ended what it was not about');
  const round = (value: number) => Math.round(value * 10) / 10;
  const figures = {
    commands,
    revocations: doomed.length,
    medianMs: round(quantile(times, 0.5)),
    p95Ms: round(quantile(times, 0.95)),
    worstMs: round(Math.max(...times)),
  };
  console.table([figures]);
  console.log(JSON.stringify({ bench: 'kill', ...figures }));
  world.must('kill', '--all', '--reason', 'the benchmark is over');
  for (const { launcher } of spared) if (launcher.exitCode === null) await once(launcher, 'exit');
} finally {
  world.dispose();
}
