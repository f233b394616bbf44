/** Everyday work, governed and bare: what the developer has set up, and what a task does with it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../cli/world.ts';
import { everyday } from './everyday.ts';

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const runner = join(import.meta.dirname, 'programs', 'run.py');

/** What the developer has set up, which a task may use and not change. */
export function prepareWorkday(world: World): void {
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
export function workday(world: World, ...prefix: readonly string[]): Record<string, Outcome> {
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

export const said = ({ status, stdout }: Outcome): string => `${stdout}(${status})`;
