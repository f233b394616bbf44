import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlockReader } from '../launcher/blocks.ts';
import { encodeLaunch } from '../launcher/launch-blocks.ts';
import { launchSpec, type SandboxRequest } from './launch-spec.ts';
import type { MachineFacts } from './machine.ts';

const machine: MachineFacts = {
  architecture: 'x64',
  bubblewrap: { path: '/usr/bin/bwrap', version: '0.8.0' },
  confinement: { kind: 'namespaces' },
  writExec: '/opt/writ/writ-exec',
  systemDirectories: ['/usr', '/lib64'],
  systemLinks: [{ path: '/bin', to: 'usr/bin' }],
  etc: [{ kind: 'bind', path: '/etc/ssl/certs' }],
  uid: 4321,
  gid: 1234,
  home: '/home/dev',
  processLimit: 'rlimit',
};

let folder: string;
let request: SandboxRequest;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-spec-')));
  mkdirSync(join(folder, 'repository/.git'), { recursive: true });
  writeFileSync(join(folder, 'repository/.git/config'), '');
  const worktree = join(folder, 'repository');
  request = {
    command: { argv: ['npm', 'test'] },
    cwd: worktree,
    worktree,
    repository: 'read-write',
    gitDirectories: [],
    hide: [],
    environment: { TOKEN: 'a secret' },
    limits: { cpuSeconds: 1, processes: 2, fileSizeMiB: 3, openFiles: 4, memoryMiB: 8192, wallSeconds: 5 },
    identity: { name: 'Writ: "local" \\', email: 'local@x' },
    terminal: false,
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const code = (changes: Partial<SandboxRequest>, facts: Partial<MachineFacts> = {}) => {
  try {
    launchSpec({ ...request, ...changes }, { ...machine, ...facts });
    return 'accepted';
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('a launch specification', () => {
  it('is plain data that survives being sent', () => {
    const spec = launchSpec(request, machine);
    const [message = []] = new BlockReader().read(encodeLaunch('ses_1', spec));
    const [type, session, , ...parts] = message;
    expect([type, session].map(String)).toEqual(['launch', 'ses_1']);
    const [cgroups, bubblewrap, settings, environment, argv, inherit, forbidden] = parts.map((part) =>
      new BlockReader().read(part).flat(),
    );
    const texts = (block: readonly Buffer[] | undefined) => block?.map(String);
    expect(bubblewrap?.[2]).toEqual(Buffer.from(spec.seccomp));
    expect(texts(bubblewrap?.toSpliced(2, 1))).toEqual([
      spec.bubblewrap,
      spec.bubblewrapArguments.map((word) => `${word}\0`).join(''),
      ...spec.files,
    ]);
    expect(texts(settings)?.slice(-2)).toEqual(['directory', spec.cwd]);
    expect(texts(environment)).toEqual(
      Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`),
    );
    expect([cgroups, argv, inherit, forbidden].map(texts)).toEqual([
      spec.cgroups,
      spec.argv,
      spec.inherit,
      spec.forbidden,
    ]);
  });

  it('shuts everything that is to be shut, and mounts the repository in its own place', () => {
    const { bubblewrapArguments: args } = launchSpec(request, machine);
    const text = ` ${args.join(' ')} `;
    for (const option of [
      '--unshare-user',
      '--unshare-ipc',
      '--unshare-pid',
      '--unshare-net',
      '--unshare-uts',
      '--unshare-cgroup-try',
      '--cap-drop ALL',
      '--die-with-parent',
      '--new-session',
      '--seccomp 11',
      '--uid 4321',
      '--gid 1234',
      '--remount-ro / ',
      '--remount-ro /proc ',
      '--remount-ro /run/writ ',
    ]) {
      expect(text).toContain(` ${option.trim()} `);
    }
    expect(text).toContain(` --bind ${request.worktree} ${request.worktree} `);
    expect(text).toContain(` --ro-bind ${request.worktree}/.git/config ${request.worktree}/.git/config `);
    expect(text).not.toContain('a secret');
    expect(text).not.toMatch(/--(ro-)?bind(-try)? \/(home|root|run|var|tmp|etc)? /);
  });

  it('keeps the session of a caller that has a terminal, and root to a user of no name', () => {
    expect(launchSpec({ ...request, terminal: true }, machine).bubblewrapArguments).not.toContain(
      '--new-session',
    );
    const args = launchSpec(request, { ...machine, uid: 0, gid: 0 }).bubblewrapArguments.join(' ');
    expect(args).toContain('--uid 1000 --gid 1000');
    expect(launchSpec({ ...request, uid: 0, gid: 0 }, machine).bubblewrapArguments.join(' ')).toContain(
      '--uid 0 --gid 0',
    );
  });

  it('writes a git configuration that says what was meant', () => {
    expect(launchSpec(request, machine).files.find((text) => text.includes('[user]'))).toContain(
      'name = "Writ: \\"local\\" \\\\"\n',
    );
    const injected = { name: 'a"\n[core]\n\tfsmonitor = evil', email: 'x' };
    expect(launchSpec({ ...request, identity: injected }, machine).files.join('')).not.toMatch(/^\[core\]/m);
  });

  it.each<[string, () => Partial<SandboxRequest>, string]>([
    ['no command', () => ({ command: { argv: [] } }), 'sandbox_request'],
    ['a NUL byte in an argument', () => ({ command: { argv: ['a\0b'] } }), 'sandbox_request'],
    ['a NUL byte in the environment', () => ({ environment: { A: 'b\0C=d' } }), 'sandbox_request'],
    ['a variable that sets another', () => ({ environment: { 'A=b': 'c' } }), 'sandbox_request'],
    ['a directory outside', () => ({ cwd: tmpdir() }), 'sandbox_request'],
    ['a directory that only begins like it', () => ({ cwd: `${request.worktree}-other` }), 'sandbox_request'],
    [
      'a relative mount',
      () => ({ extraBinds: [{ source: 'a', target: '/a', mode: 'ro' }] }),
      'sandbox_request',
    ],
    [
      'a mount that climbs',
      () => ({ extraBinds: [{ source: '/a', target: '/opt/../etc', mode: 'ro' }] }),
      'sandbox_request',
    ],
    ['a path that is not normalised', () => ({ hide: [`${request.worktree}//x`] }), 'sandbox_request'],
    ['the root', () => ({ worktree: '/', cwd: '/' }), 'worktree_unsafe'],
    ['a folder that holds the system', () => ({ worktree: '/usr', cwd: '/usr' }), 'worktree_unsafe'],
    ['the temporary folder', () => ({ worktree: '/tmp', cwd: '/tmp' }), 'worktree_unsafe'],
    ['a folder of the system', () => ({ worktree: '/proc/self', cwd: '/proc/self' }), 'worktree_unsafe'],
    ['a missing folder', () => ({ worktree: '/nonexistent/x', cwd: '/nonexistent/x' }), 'worktree_unsafe'],
    ['git directories that hold the system', () => ({ gitDirectories: ['/etc'] }), 'worktree_unsafe'],
  ])('is refused for %s', (_, changes, expected) => {
    expect(code(changes())).toBe(expected);
  });

  it('is refused for a home that is a repository, or one that holds the home', () => {
    expect(code({}, { home: request.worktree })).toBe('worktree_unsafe');
    expect(code({}, { home: join(request.worktree, 'home') })).toBe('worktree_unsafe');
    expect(code({ worktree: homedir(), cwd: homedir() }, { home: homedir() })).toBe('worktree_unsafe');
  });

  it.each(['/', '/home', '/home/dev', '/etc', '/tmp'])('is refused for a mount of %s', (source) => {
    expect(code({ extraBinds: [{ source, target: '/opt/x', mode: 'ro' }] })).toBe('sandbox_request');
    expect(code({ extraBinds: [{ source: '/home/dev/node', target: '/opt/x', mode: 'ro' }] })).toBe(
      'accepted',
    );
  });

  it('is refused for a worktree behind a link', () => {
    symlinkSync(request.worktree, join(folder, 'link'));
    expect(code({ worktree: join(folder, 'link'), cwd: join(folder, 'link') })).toBe('worktree_unsafe');
  });
});
