/** What a program loads can be asked of the system's loader, which runs nothing for that; of anything else it is refused. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { lastProcesses } from './entries.ts';

const world = new World();
const loader = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].find((path) =>
  existsSync(path),
)!;
beforeAll(() => {
  world.must('init', '--yes');
  copyFileSync(loader, join(world.repository, 'copy'));
  chmodSync(join(world.repository, 'copy'), 0o755);
});
afterAll(() => world.dispose());

/** From a program, whose text nobody reads. */
const start = (...argv: readonly string[]) =>
  world.writ(['exec', '--', 'python3', '-c', 'import os, sys; os.execv(sys.argv[1], sys.argv[1:])', ...argv]);

it('lists what a program loads, as ldd would', () => {
  const { stdout } = spawnSync('ldd', ['/usr/bin/git'], { encoding: 'utf8' });
  const names = (text: string) => [...text.matchAll(/^\s*(\S+)/gm)].map(([, name]) => name);
  expect(names(stdout)).toContain('libz.so.1');
  const listed = start(loader, '--list', '/usr/bin/git');
  expect(names(listed.stdout)).toEqual(names(stdout));
  expect(lastProcesses(world).at(-1)).toMatchObject({ decision: 'allow' });
});

it('says its version', () => {
  expect(start(loader, '--version').stdout).toMatch(/^ld\.so /);
});

it.each([
  ['a program', [loader, '/usr/bin/su', '--version']],
  ['a program after an option', [loader, '--inhibit-cache', '/usr/bin/su', '--version']],
  ['more than a file', [loader, '--list', '--preload', '/usr/bin/su']],
  ['another word after the file', [loader, '--list', '/usr/bin/su', '--version']],
  ['an option for a file', [loader, '--list', '--version']],
  ['a copy, whatever it is asked', ['./copy', '--list', '/usr/bin/git']],
])('%s is refused, and what to ask is said', (_, argv) => {
  const { stdout, stderr } = start(...argv);
  expect(stdout).toBe('');
  expect(stderr).toContain('the dynamic loader would run whatever file it is given');
  expect(stderr).toContain('--list FILE');
});

it('a file that may not be read is not listed', () => {
  const { stdout, stderr } = start(loader, '--verify', '/etc/shadow');
  expect(stdout).toBe('');
  expect(stderr).toContain('denied: ');
  expect(stderr).toContain('reading /etc/shadow');
});
