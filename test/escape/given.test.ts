/**
 * A stream is opened by the caller, on the caller's own mounts, and is no file of the view. Through /proc/self/fd a
 * command once opened its standard input anew for writing, and changed the file that it was only given to read.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../cli/world.ts';

const world = new World();
const writ = join(process.cwd(), 'bin', 'writ');
const given = join(world.home, 'given');
beforeAll(() => world.must('init', '--yes'));
afterAll(() => world.dispose());

function run(
  prefix: readonly [string, ...string[]] | readonly [],
  script: string,
  stream: 0 | 1,
  flags: string,
) {
  writeFileSync(given, 'kept');
  const file = openSync(given, flags);
  const [program, ...args] = [...prefix, 'python3', '-c', `import os\n${script}`];
  const { status, stdout } = spawnSync(program, args, {
    cwd: world.repository,
    env: world.environment,
    encoding: 'utf8',
    stdio: [stream === 0 ? file : 'ignore', stream === 1 ? file : 'pipe', 'ignore'],
  });
  closeSync(file);
  return { status, stdout: stdout ?? '', file: readFileSync(given, 'utf8') };
}

it.each([
  ['written', "os.write(os.open('/proc/self/fd/0', os.O_WRONLY), b'lost')", { file: 'lost' }],
  ['written by its other name', "os.write(os.open('/dev/stdin', os.O_RDWR), b'lost')", { file: 'lost' }],
  ['emptied', "os.open('/proc/self/fd/0', os.O_WRONLY | os.O_TRUNC)", { file: '' }],
  ['emptied without being opened', "os.truncate('/proc/self/fd/0', 0)", { file: '' }],
])('a file at standard input is not %s', (_, script, outside) => {
  expect(run([], script, 0, 'r')).toMatchObject({ status: 0, ...outside });
  expect(run([writ, 'exec', '--'], script, 0, 'r')).toMatchObject({ status: 1, file: 'kept' });
});

it('a file at standard output is not read', () => {
  const script = "os.write(1, os.read(os.open('/proc/self/fd/1', os.O_RDONLY), 9))";
  expect(run([], script, 1, 'a').file).toBe('keptkept');
  expect(run([writ, 'exec', '--'], script, 1, 'a').file).toBe('kept');
});

it('streams open anew for what they were opened for', () => {
  const reading = "print(open('/dev/stdin').read())";
  expect(run([writ, 'exec', '--'], reading, 0, 'r')).toEqual({ status: 0, stdout: 'kept\n', file: 'kept' });
  const writing = "os.write(os.open('/dev/stdout', os.O_WRONLY | os.O_APPEND), b' and more')";
  expect(run([writ, 'exec', '--'], writing, 1, 'a')).toMatchObject({ status: 0, file: 'kept and more' });
});
