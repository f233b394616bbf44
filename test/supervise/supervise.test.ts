/** Each program that a governed command starts is decided and on record before it runs, and nothing runs without. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { until } from '../sandbox/workshop.ts';
import { lastProcesses, processes } from './entries.ts';

const world = new World();
const policy = join(world.repository, 'governance', 'policies', 'test.cedar');

beforeAll(() => {
  world.must('init', '--yes');
  writeFileSync(
    policy,
    `@id("test.ssh-by-npm")
@reason("npm and what it starts may not look up names")
forbid (principal is Writ::Task, action == Writ::Action::"exec", resource)
when { resource.name == "id" && (context.ancestors.contains("xargs") || context.ancestors.contains("?")) };

@id("test.date")
@reason("only make may ask for the date")
forbid (principal is Writ::Task, action == Writ::Action::"exec", resource)
when { resource.name == "date" && context has parent && context.parent != "make" };
`,
  );
  world.must('policy', 'check');
});
afterAll(() => world.dispose());

const exec = (...argv: string[]) => world.writ(['exec', '--', ...argv]);

/** As a program starts another, where no text speaks of it. */
function start(...argv: string[]) {
  const code = `import subprocess
try:
  subprocess.run(${JSON.stringify(argv)})
except OSError as error:
  print(error.strerror)`;
  return exec('python3', '-c', code);
}

describe('every process', () => {
  it('is on record with its file, its arguments, its directory and who started it', () => {
    world.write('tool', '#!/bin/sh\nexec /bin/echo "$@"\n');
    expect(exec('bash', '-c', 'chmod +x tool && (cd governance && ../tool one "two words")').stdout).toBe(
      'one two words\n',
    );
    const [shell, chmod, tool, echo] = lastProcesses(world);
    const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(shell?.data).toMatchObject({ starter: null, announced: true, cwd: world.repository });
    expect(chmod?.data).toMatchObject({ starter: 'bash', announced: true, argv: ['chmod', '+x', 'tool'] });
    expect(tool?.data).toMatchObject({
      executable: { path: join(world.repository, 'tool'), sha256: digest(join(world.repository, 'tool')) },
      interpreter: { path: realpathSync('/bin/sh'), sha256: digest('/bin/sh') },
      argv: ['../tool', 'one', 'two words'],
      cwd: join(world.repository, 'governance'),
      starter: 'bash',
    });
    expect(echo?.data).toMatchObject({
      executable: { path: realpathSync('/bin/echo'), sha256: digest('/bin/echo') },
      starter: 'tool',
      announced: false,
    });
  });

  it('is on record however often it repeats itself', () => {
    expect(exec('bash', '-c', 'for i in $(seq 200); do /bin/true; done; /bin/false').status).toBe(1);
    const commands = lastProcesses(world).map(({ command }) => command);
    expect(commands.filter((command) => command === '/bin/true')).toHaveLength(200);
    expect(commands.at(-1)).toBe('/bin/false');
  });

  it('is on record with its own arguments, also where they decide nothing', () => {
    for (const name of ['one', 'two']) world.write(`${name}.c`, `int ${name}(void) { return 1; }\n`);
    expect(exec('sh', '-c', 'cc -c one.c && cc -c two.c').status).toBe(0);
    const compilers = lastProcesses(world).filter(({ data }) => data.executable.path.endsWith('/cc1'));
    expect(compilers.map(({ data }) => data.argv.filter((word) => word.endsWith('.c')))).toEqual([
      expect.arrayContaining(['one.c']),
      expect.arrayContaining(['two.c']),
    ]);
    expect(compilers.map(({ data }) => data.starter)).toEqual(['cc', 'cc']);
  });

  it('is on record with its own arguments where it does the same whatever they are', () => {
    const loop =
      'for i in 1 2 3; do /usr/bin/expr $i + $i; done; /usr/bin/expr 1 + 1; /usr/bin/cat README.md';
    expect(exec('bash', '-c', loop)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^2\n4\n6\n2\n/),
    });
    const sums = lastProcesses(world).filter(({ data }) => data.executable.path.endsWith('/expr'));
    expect(sums.map(({ data }) => data.argv.slice(1).join(' '))).toEqual([
      '1 + 1',
      '2 + 2',
      '3 + 3',
      '1 + 1',
    ]);
    expect(sums.every(({ decision, data }) => decision === 'allow' && data.starter === 'bash')).toBe(true);
  });

  it('is refused where policy refuses it, with the reason where people look', () => {
    const { stderr, stdout } = start('git', 'push', 'origin', 'main');
    expect(stdout).toBe('Permission denied\n');
    expect(stderr).toMatch(/^writ: denied: git: running git push.*needs approval:maintainers/m);
    const denied = lastProcesses(world).find(({ decision }) => decision !== 'allow');
    expect(denied).toMatchObject({
      decision: 'step-up',
      data: { reason: expect.stringContaining('git push') },
    });
  });

  it('that no bundle of the profile names is refused, with the way to add it', () => {
    const { stderr, stdout } = start('/usr/sbin/ldconfig', '-p');
    expect(stdout).toBe('Permission denied\n');
    expect(stderr).toContain(
      'No bundle has ldconfig: add it to one in organisation.yaml that the profile develop names.',
    );
  });

  it('is decided by who starts it, as far back as is known', () => {
    expect(exec('id', '-u').status).toBe(0);
    const { status, stderr } = exec('sh', '-c', 'echo -u | xargs sh -c \'id "$@"\' sh');
    expect(status).not.toBe(0);
    expect(stderr).toContain('may not look up names');
    world.write('Makefile', 'now:\n\t@date +%s\n');
    expect(exec('make', 'now').status).toBe(0);
    expect(exec('bash', '-c', 'date +%s; true').stderr).toContain('only make may ask for the date');
  });
});

it('a program that no bundle names starts where somebody approved it', () => {
  const key = world.addApprover('bob');
  world.must('policy', 'check');
  const { status, stderr } = exec('zdump', 'UTC');
  expect(status).toBe(4);
  const approval = /writ approve (apr_\w+)/.exec(stderr)?.[1] ?? '';
  world.must('approve', approval, '--key', key, '--reason', 'to see the time');
  const approved = exec('zdump', 'UTC');
  expect(approved).toMatchObject({ status: 0, stderr: '' });
  expect(approved.stdout).toContain('UTC');
});

it('the memory of another process cannot be written, so that what was compared stays so', () => {
  const code = `import subprocess
child = subprocess.Popen(['sleep', '20'])
try:
  open(f'/proc/{child.pid}/mem', 'r+b'); print('opened')
except OSError as error:
  print(error.strerror)
child.kill()`;
  const outside = spawnSync('python3', ['-c', code], { encoding: 'utf8' });
  expect(outside.stdout).toBe('opened\n');
  expect(exec('python3', '-c', code).stdout).toMatch(/^(Permission denied|Read-only file system)\n$/);
});

it('nobody inside can become the one who answers', () => {
  world.write(
    'listener.py',
    `import ctypes, os, struct
libc = ctypes.CDLL(None, use_errno=True)
allow = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000))
class Program(ctypes.Structure):
  _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_void_p)]
program = Program(1, ctypes.addressof(allow))
libc.prctl(38, 1, 0, 0, 0)
seccomp = 317 if os.uname().machine == 'x86_64' else 277
print('listens' if libc.syscall(seccomp, 1, 8, ctypes.byref(program)) >= 0 else os.strerror(ctypes.get_errno()))
`,
  );
  const outside = spawnSync('python3', ['listener.py'], { cwd: world.repository, encoding: 'utf8' });
  expect(outside.stdout).toBe('listens\n');
  expect(exec('python3', 'listener.py').stdout).toBe('Device or resource busy\n');
});

describe('programs of the repository', () => {
  it('run under develop, and not under observe', () => {
    world.write('hello.c', '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n');
    expect(exec('sh', '-c', 'cc -o hello hello.c && ./hello').stdout).toBe('hello\n');
    const observed = world.writ(['exec', '--profile', 'observe', '--', 'sh', '-c', '"$0"', './hello']);
    expect(observed.status).toBe(126);
    expect(observed.stderr).toContain('the profile runs no programs that the repository brings');
    // The shell itself tells what it could see; the kernel refuses too, whatever was decided.
    expect(existsSync(join(world.repository, 'hello'))).toBe(true);
  });
});

describe('a policy that comes into force', () => {
  it('holds for the next program of a command that runs already', async () => {
    const child = world.start([
      'exec',
      '--',
      'bash',
      '-c',
      'while [ ! -e stop ]; do /bin/uname || echo refused; sleep 0.1; done',
    ]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await until(() => output.includes('Linux'), 'the first program');
    writeFileSync(
      policy,
      `@id("test.uname")
@reason("no more")
forbid (principal is Writ::Task, action == Writ::Action::"exec", resource)
when { resource.name == "uname" };
`,
    );
    await until(() => output.includes('refused'), 'the refusal');
    world.write('stop', '');
    await new Promise((resolve) => child.once('exit', resolve));
    const after = output.slice(output.indexOf('refused'));
    expect(after).not.toContain('Linux');
  });
});

/** Processes of this machine whose arguments say that they belong to the session under test. */
function running(mark: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(join('/proc', name, 'cmdline'), 'utf8').includes(mark) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function parentOf(process_: number): number {
  const fields = readFileSync(`/proc/${process_}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[1]);
}

describe('when what decides is killed, so is the command, at once and without a trace left running', () => {
  const startCommand = async (mark: string) => {
    const child = world.start(['exec', '--', 'bash', '-c', `: ${mark}; while :; do /bin/true; done`]);
    const findShell = () => running(mark).find((one) => readlinkSync(`/proc/${one}/exe`).endsWith('bash'));
    await until(() => findShell() !== undefined, 'the command');
    // Bubblewrap's child is process 1 of the sandbox, its parent the supervisor.
    const shell = findShell() ?? 0;
    const supervisor = parentOf(parentOf(parentOf(shell)));
    expect(readlinkSync(`/proc/${supervisor}/exe`)).toMatch(/writ-exec$/);
    return { child, supervisor, ended: new Promise((resolve) => child.once('exit', resolve)) };
  };

  it('the supervisor', async () => {
    const { supervisor, ended } = await startCommand('mark-of-supervisor');
    process.kill(supervisor, 'SIGKILL');
    await ended;
    await until(() => running('mark-of-supervisor').length === 0, 'the end of everything');
  });

  it('the guard', async () => {
    const { ended } = await startCommand('mark-of-guard');
    const { pid } = world.json('status') as { pid: number };
    process.kill(pid, 'SIGKILL');
    await ended;
    await until(() => running('mark-of-guard').length === 0, 'the end of everything');
    expect(exec('true').status).toBe(0);
    expect(processes(world, 1)[0]).toMatchObject({ command: 'true', decision: 'allow' });
  });
});
