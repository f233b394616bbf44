/** What a governed command costs a person: `writ exec -- true` as a whole, beside bare bubblewrap and a bare Node start. */
import { spawnSync } from 'node:child_process';
import { World } from '../test/cli/world.ts';

const rounds = 30;
const world = new World();
world.must('init', '--yes');

const contenders: Readonly<Record<string, readonly [program: string, ...args: string[]]>> = {
  true: ['true'],
  bwrap: ['bwrap', '--unshare-all', '--ro-bind', '/', '/', 'true'],
  node: [process.execPath, '-e', '0'],
  'writ exec': ['bin/writ', 'exec', '--', 'true'],
};

const times = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
for (let round = -2; round < rounds; round += 1) {
  for (const [name, [program, ...args]] of Object.entries(contenders)) {
    const begun = performance.now();
    const { status } =
      name === 'writ exec'
        ? world.writ(args)
        : spawnSync(program, args, { cwd: world.repository, env: world.environment, stdio: 'ignore' });
    const taken = performance.now() - begun;
    if (status !== 0) throw new Error(`${name} ended with ${status}`);
    if (round >= 0) times.get(name)?.push(taken); // the first rounds warm caches
  }
}
world.dispose();

const median = (name: string) => times.get(name)?.sort((a, b) => a - b)[rounds / 2] ?? Number.NaN;
const round = (value: number) => Math.round(value * 10) / 10;
const rows = Object.keys(contenders).map((name) => ({
  command: name,
  'median ms': round(median(name)),
  'x bwrap': round(median(name) / median('bwrap')),
  'x node': round(median(name) / median('node')),
}));
console.table(rows);
console.log(JSON.stringify({ bench: 'governed', rounds, rows }));
