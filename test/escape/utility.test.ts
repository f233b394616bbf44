import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { everyday } from './everyday.ts';

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const world = new World();
const runner = join(import.meta.dirname, 'programs', 'run.py');

/** Everything in one command, each script in a folder of its own. */
function run(...prefix: readonly string[]): Record<string, Outcome> {
  const folder = join(world.repository, 'everyday');
  rmSync(folder, { recursive: true, force: true });
  const list = Object.entries(everyday).map(([name, script], index) => [
    name,
    ['bash', '-c', `mkdir -p everyday/${index} && cd everyday/${index} && { ${script}\n} 2>&1`],
  ]);
  world.write('everyday.json', JSON.stringify(list));
  world.write('run.py', readFileSync(runner, 'utf8'));
  const argv = [...prefix, '/usr/bin/python3', 'run.py', 'everyday.json'];
  const { stdout, stderr, status } = spawnSync('env', argv, {
    cwd: world.repository,
    env: { ...world.environment, PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`nothing ran: ${stderr}`);
  return JSON.parse(stdout) as Record<string, Outcome>;
}

const said = ({ status, stdout }: Outcome): string => `${stdout}(${status})`;

let governed: Record<string, Outcome>;
let bare: Record<string, Outcome>;
beforeAll(() => {
  world.must('init', '--yes');
  governed = run(join(process.cwd(), 'bin', 'writ'), 'exec', '--');
  bare = run();
});
afterAll(() => world.dispose());

it.each(Object.keys(everyday))('%s: the same as without Writ', (name) => {
  expect(said(governed[name]!)).toBe(said(bare[name]!));
  expect(bare[name]).toMatchObject({ status: 0, stdout: expect.stringMatching(/\S/) });
});

it('raises no alert', () => {
  expect(world.json('log', 'search', '--type', 'alert')).toEqual([]);
});
