/**
 * What deciding every program costs: a shell that starts /bin/true a thousand times, bare, in bubblewrap, governed, and
 * under others that stop at each execve.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { World } from '../test/cli/world.ts';
import { Peers } from './peers.ts';
import { report, sideBySide } from './side-by-side.ts';

const rounds = Number(process.argv[2] ?? 9);
const programs = 1000;
const loop = (command: string) => [
  'bash',
  '-c',
  `i=0; while [ $i -lt ${programs} ]; do ${command}; i=$((i+1)); done`,
];
const same = loop('/bin/true');
/** No two alike, so that none is decided by a verdict that was kept. */
const different = loop('/bin/true $i');

const world = new World();
world.must('init', '--yes');
const peers = new Peers();
const writ = join(import.meta.dirname, '../bin/writ');
const bubblewrap = ['bwrap', '--unshare-all', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'];
const strace = ['strace', '-f', '--seccomp-bpf', '-e', 'trace=execve', '-o', '/dev/null'];

function run([program = '', ...args]: readonly string[]): void {
  const env = program === writ ? world.environment : peers.environment;
  const { status } = spawnSync(program, args, { cwd: world.repository, env, stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
}

const others = peers.working({
  'strace of execve': [...strace, ...same],
  'sudo with intercept_type=trace': peers.sudo(same),
});
const ways: Readonly<Record<string, readonly string[]>> = {
  bare: same,
  bubblewrap: [...bubblewrap, ...same],
  'writ exec': [writ, 'exec', '--', ...same],
  'writ exec, other arguments each time': [writ, 'exec', '--', ...different],
  ...others,
};
try {
  const measured = await sideBySide(
    Object.fromEntries(Object.entries(ways).map(([name, argv]) => [name, () => run(argv)])),
    rounds,
    1,
  );
  report('supervise', rounds, measured, ['bare', 'bubblewrap', 'writ exec']);
} finally {
  world.dispose();
  peers.dispose();
}
