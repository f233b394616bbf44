/**
 * What deciding every program costs: a shell that starts /bin/true a thousand times, bare, in bubblewrap, governed,
 * and under strace, which stops at each execve too. Each round runs each way once, in turn; medians are compared.
 */
import { spawnSync } from 'node:child_process';
import { World } from '../test/cli/world.ts';

const rounds = Number(process.argv[2] ?? 9);
const programs = 1000;
const same = `i=0; while [ $i -lt ${programs} ]; do /bin/true; i=$((i+1)); done`;
/** No two alike, so that none is decided by a verdict that was kept. */
const different = `i=0; while [ $i -lt ${programs} ]; do /bin/true $i; i=$((i+1)); done`;

const world = new World();
world.must('init', '--yes');

const bubblewrap = ['bwrap', '--unshare-all', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'];
const ways: Readonly<Record<string, readonly string[]>> = {
  bare: ['bash', '-c', same],
  bubblewrap: [...bubblewrap, 'bash', '-c', same],
  'writ exec, the same program': ['writ', 'exec', '--', 'bash', '-c', same],
  'writ exec, other arguments each time': ['writ', 'exec', '--', 'bash', '-c', different],
  'strace of execve': [
    'strace',
    '-f',
    '--seccomp-bpf',
    '-e',
    'trace=execve',
    '-o',
    '/dev/null',
    'bash',
    '-c',
    same,
  ],
};

function run([program = '', ...args]: readonly string[]): number {
  const started = performance.now();
  const status =
    program === 'writ'
      ? world.writ(args).status
      : spawnSync(program, args, { cwd: world.repository, env: world.environment, stdio: 'ignore' }).status;
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
  return performance.now() - started;
}

const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
try {
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      const taken = run(way);
      if (round >= 0) times.get(name)?.push(taken);
    }
  }
} finally {
  world.dispose();
}

const median = (name: string) =>
  times.get(name)?.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
const rounded = (value: number) => Math.round(value * 100) / 100;
const rows = Object.keys(ways).map((name) => ({
  way: name,
  'ms for 1,000': rounded(median(name)),
  'x bubblewrap': rounded(median(name) / median('bubblewrap')),
  'µs more each': rounded(((median(name) - median('bubblewrap')) / programs) * 1000),
}));
console.table(rows);
console.log(JSON.stringify({ bench: 'supervise', rounds, rows }));
