import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, users } from '../sandbox/workshop.ts';
import { Installation } from '../supervise/installation.ts';
import { Refusal } from './refusal.ts';

const programs = join(import.meta.dirname, '../escape/programs');

/** Landlock 4, as on Ubuntu 24.04, has no rules for signals and abstract sockets: the supervisor alone stands there. */
describe.each(users)('in place on an older kernel, as $name', (user) => {
  let refusal: Refusal;
  let writ: Installation;
  let victim: ChildProcess;

  beforeAll(async () => {
    refusal = await Refusal.for(user);
    writ = new Installation({ ...user, prefix: refusal.prefix }, 'writ-exec-older');
    compile(join(programs, 'processes.c'), join(writ.repository, 'processes'));
    const [program, ...args] = [...user.prefix, 'sleep', '86400'];
    victim = spawn(program, args, { stdio: 'ignore' });
  });
  afterAll(() => {
    victim?.kill('SIGKILL');
    writ?.[Symbol.dispose]();
    refusal?.[Symbol.dispose]();
  });

  it.each(['exists', 'thread', 'pidfd'])('a signal reaches nobody outside: %s', (way) => {
    const attempt = ['./processes', way, String(victim.pid)];
    expect(writ.writ('exec', '--', ...attempt).stdout).toBe('EPERM\n');
    expect(writ.run(...attempt).stdout).toBe('reached\n');
  });

  it('signals reach the session itself', () => {
    const own = 'sleep 60 & kill -TERM $!; wait $!; echo $?; kill -0 $$ && echo self; kill -USR1 0';
    const { stdout } = writ.writ('exec', '--', 'bash', '-c', `trap 'echo group' USR1; ${own}`);
    expect(stdout).toBe('143\nself\ngroup\n');
  });

  it('the record says which version was in force', () => {
    const [ended] = JSON.parse(writ.writ('log', 'search', '--type', 'execution.ended', '--json').stdout) as {
      entry: { data: Record<string, unknown> };
    }[];
    expect(ended?.entry.data['landlock']).toBe(4);
  });
});
