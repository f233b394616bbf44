import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { users } from '../sandbox/workshop.ts';
import { Refusal } from './refusal.ts';
import { everyday } from '../escape/everyday.ts';

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const refusal = await Refusal.for(users[0]!);
const world = new World(refusal.prefix);
const runner = join(import.meta.dirname, '../escape/programs/run.py');

/** What the developer has set up, which a task may use and not change. */
function prepare(): void {
  const at = (folder: string, ...args: readonly string[]) =>
    world.git('-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=ada@acme.example', ...args);
  const [part, above] = ['part', 'super'].map((name) => join(world.root, name)) as [string, string];
  for (const folder of [part, above]) {
    world.git('init', '-q', '-b', 'main', folder);
    at(folder, 'commit', '-q', '--allow-empty', '-m', 'start');
  }
  at(above, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', part, 's');
  at(above, 'commit', '-q', '-m', 'with s');
  world.git('config', 'alias.last', '!git log -1 --format=%s');
  mkdirSync(join(world.repository, '.git', 'hooks'), { recursive: true });
  const hook = join(world.repository, '.git', 'hooks', 'pre-commit');
  writeFileSync(hook, '#!/bin/sh\necho checked by the hook\n', { mode: 0o755 });
}

/** Everything in one command, each script in a folder of its own. */
function run(...prefix: readonly string[]): Record<string, Outcome> {
  const folder = join(world.repository, 'everyday');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  rmSync(join(world.repository, 'super'), { recursive: true, force: true });
  cpSync(join(world.root, 'super'), join(world.repository, 'super'), { recursive: true });
  const list = Object.entries(everyday).map(([name, script], index) => {
    // A file of its own: what it starts is decided process by process, as in a project's own scripts.
    world.write(`everyday/${index}.sh`, `mkdir ${index} && cd ${index}\n${script}\n`);
    return [name, ['bash', '-c', `cd everyday && exec bash ${index}.sh 2>&1`]];
  });
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
  prepare();
  world.must('init', '--yes');
  governed = run(...refusal.prefix, join(process.cwd(), 'bin', 'writ'), 'exec', '--');
  bare = run();
});
afterAll(() => {
  world.dispose();
  refusal[Symbol.dispose]();
});

it.each(Object.keys(everyday))('%s: the same as without Writ', (name) => {
  expect(said(governed[name]!)).toBe(said(bare[name]!));
  expect(bare[name]).toMatchObject({ status: 0, stdout: expect.stringMatching(/\S/) });
});

it('raises no alert', () => {
  expect(world.json('log', 'search', '--type', 'alert')).toEqual([]);
});
