import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation } from '../supervise/installation.ts';
import { users } from '../sandbox/workshop.ts';
import { Refusal } from './refusal.ts';

interface Entry {
  readonly entry: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

describe.each(users)('where namespaces are refused to $name', (user) => {
  let refusal: Refusal;
  let writ: Installation;

  beforeAll(async () => {
    refusal = await Refusal.for(user);
    writ = new Installation({ ...user, prefix: refusal.prefix }, 'writ-exec-sanitized');
  });
  afterAll(() => {
    writ?.[Symbol.dispose]();
    refusal?.[Symbol.dispose]();
  });

  const entries = (...args: string[]): Entry[] =>
    JSON.parse(writ.writ('log', 'search', ...args, '--json').stdout) as Entry[];

  it('the kernel refuses them indeed', () => {
    expect(writ.run('unshare', '--user', 'true').status).not.toBe(0);
    expect(writ.run('bwrap', '--unshare-user', '--ro-bind', '/', '/', 'true').status).not.toBe(0);
  });

  it('commands run all the same, and commit', () => {
    writ.writ('exec', '--', 'git', 'add', 'governance');
    const { status, stderr } = writ.writ('exec', '--', 'git', 'commit', '--quiet', '-m', 'by a task');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(writ.run('git', 'log', '-1', '--format=%s').stdout).toBe('by a task\n');
  });

  it('each record says by what, and at which level', () => {
    writ.writ('exec', '--', 'true');
    const [started] = entries('--type', 'execution.started');
    const [ended] = entries('--type', 'execution.ended');
    const [process] = entries('--type', 'execution.process');
    expect(started?.entry.data).toMatchObject({ enforcement: 2, confinement: 'in-place' });
    expect(process?.entry.data).toMatchObject({ enforcement: 2 });
    expect(ended?.entry.data['landlock']).toBeGreaterThanOrEqual(6);
    expect(writ.writ('status').stdout).toMatch(/^enforcement +level 2, in place, without namespaces/m);
  });

  it('all that is lost is said by writ doctor, and all layers are live', () => {
    const { status, stdout } = writ.writ('doctor');
    expect(stdout).toContain('Commands run in place, since the system refuses new namespaces');
    expect(stdout).toMatch(/^- a private \/tmp/m);
    expect(stdout).not.toMatch(/not firing|not tried/);
    expect(status).toBe(0);
  });

  it('a command reaches its own server', () => {
    const own =
      'import socket; s = socket.create_server(("127.0.0.1", 0)); socket.create_connection(s.getsockname()); print("own")';
    expect(writ.writ('exec', '--', 'python3', '-c', own).stdout).toBe('own\n');
  });

  it('an assistant as a whole is refused, not started with less', () => {
    const { status, stderr } = writ.writ('run', '--', 'claude');
    expect(status).not.toBe(0);
    expect(stderr).toContain('[assistant_needs_namespaces]');
  });

  it('a profile that demands more is refused, with what the machine lacks', () => {
    const file = 'governance/organisation.yaml';
    writ.run('cp', file, 'before.yaml');
    writ.run('sed', '-i', 's/^profiles: .*/profiles: { develop: { enforcement: 3 } }/', file);
    const checked = writ.writ('policy', 'check');
    expect(checked.status, checked.stdout + checked.stderr).toBe(0);
    const { status, stderr } = writ.writ('exec', '--', 'true');
    writ.run('mv', 'before.yaml', file);
    expect(status).toBe(3);
    expect(stderr).toContain('the profile asks for stronger enforcement than this');
    expect(stderr).toMatch(/reaches level 2 of the 3 asked for: the system refuses new namespaces/);
    expect(stderr).toContain('sudo sysctl -w user.max_user_namespaces');
  });
});
