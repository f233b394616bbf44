import { expect, test } from 'vitest';
import { runProgram, systemProgram } from './run-program.ts';

const sh = systemProgram('sh') ?? '';

test('passes input and gives output and exit code', async () => {
  const outcome = await runProgram(sh, ['-c', 'cat; echo oops >&2; exit 3'], {
    cwd: '/',
    input: Buffer.from('in'),
  });
  expect({ ...outcome, stdout: outcome.stdout.toString() }).toEqual({
    code: 3,
    stdout: 'in',
    stderr: 'oops\n',
  });
});

test('hands down nothing of the environment', async () => {
  process.env['WRIT_TEST_SECRET'] = 'x';
  const { stdout } = await runProgram('/usr/bin/env', [], { cwd: '/', environment: { A: 'b' } });
  delete process.env['WRIT_TEST_SECRET'];
  expect(stdout.toString().trim().split('\n').sort()).toEqual([
    'A=b',
    'HOME=/nonexistent',
    'LC_ALL=C',
    'PATH=/usr/bin:/bin:/usr/local/bin',
  ]);
});

test('a program that does not read its input may still answer', async () => {
  const outcome = await runProgram(sh, ['-c', 'exec <&-; echo ok'], {
    cwd: '/',
    input: Buffer.alloc(4_000_000),
  });
  expect(outcome.stdout.toString()).toBe('ok\n');
});

test.each([
  ['one that hangs', 'git_timeout', sh, ['-c', 'exec sleep 1000']],
  ['one that does not end to speak', 'git_failed', sh, ['-c', 'exec yes']],
  ['one that is not there', 'git_failed', '/nonexistent/git', []],
])('%s is ended: %s', async (_name, code, program, args) => {
  await expect(
    runProgram(program, args, { cwd: '/', timeout: code === 'git_timeout' ? 200 : 30_000 }),
  ).rejects.toMatchObject({ code });
});

test('programs are looked up where the system has them, not in the PATH', () => {
  expect(systemProgram('git')).toMatch(/^\/usr\/(local\/)?bin\/git$|^\/bin\/git$/);
  expect(systemProgram('no-such-program-anywhere')).toBeNull();
});
