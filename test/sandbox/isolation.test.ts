import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile, users, Workshop } from './workshop.ts';

type Attempt = readonly [kind: string, argument: unknown];

/** Each is a real thing that the launching user can reach, as the control shows, and the command must not. */
describe.each(users)('a command governed for $name', (user) => {
  let shop: Workshop;
  let canary: ChildProcess;
  const servers: Server[] = [];
  let port = 0;

  beforeAll(async () => {
    shop = new Workshop(user);
    shop.write(shop.path('home/.ssh/id_ed25519'), 'a private key', 0o600);
    shop.write(shop.path('home/notes.txt'), 'canary');
    shop.write(shop.path('sibling/secret.txt'), 'canary');
    shop.write(shop.path('state/writ.db'), 'canary');
    copyFileSync(join(import.meta.dirname, 'reach.mjs'), shop.path('reach.mjs'));
    shop.write('reach.mjs', readFileSync(shop.path('reach.mjs'), 'utf8'));
    shop.write('planted.txt', '');

    canary = spawn('env', [...user.prefix, 'sleep', '86399'], { stdio: 'ignore' });
    port = await listen(servers, { host: '127.0.0.1', port: 0 });
    for (const name of ['agent.sock', 'state/guard.sock'])
      await listen(servers, { path: shop.path(name), readableAll: true, writableAll: true });
    await listen(servers, { path: `\0${shop.directory}` });
  });

  afterAll(() => {
    canary?.kill();
    for (const server of servers) server.close();
    shop?.[Symbol.dispose]();
  });

  const attempts = (): Record<string, Attempt> => ({
    "a file in the developer's home": ['read', shop.path('home/notes.txt')],
    'an SSH private key': ['read', shop.path('home/.ssh/id_ed25519')],
    "the developer's home as a folder": ['list', shop.path('home')],
    'the SSH agent': ['unix', shop.path('agent.sock')],
    "the SSH agent's address": ['variable', 'SSH_AUTH_SOCK'],
    'a secret in the environment': ['variable', 'SECRET'],
    'another repository': ['read', shop.path('sibling/secret.txt')],
    "Writ's state": ['read', shop.path('state/writ.db')],
    "Writ's socket": ['unix', shop.path('state/guard.sock')],
    'the folder above the repository': ['read', shop.path('reach.mjs')],
    'writing beside the repository': ['write', shop.path('home/notes.txt')],
    'a server on the host': ['tcp', ['127.0.0.1', port]],
    'an abstract Unix socket': ['abstract', shop.directory],
    "another process's signal": ['signal', canary.pid],
    'another process in /proc': ['process', '86399'],
    "the host's machine id": ['read', '/etc/machine-id'],
    "the host's accounts": ['read', '/etc/login.defs'],
    'the kernel objects in /sys': ['list', '/sys/kernel'],
  });

  const environment = () => ({
    ...process.env,
    SECRET: 'canary',
    SSH_AUTH_SOCK: shop.path('agent.sock'),
    HOME: shop.path('home'),
  });

  it('reaches none of what the user can', () => {
    const wanted = JSON.stringify(attempts());
    const control = shop.outside([shop.node, shop.path('reach.mjs'), wanted], { env: environment() });
    expect(unless(JSON.parse(control.stdout), 'reached', ["the host's machine id"])).toEqual({});

    const { stdout, stderr } = shop.inside(['/opt/node', 'reach.mjs', wanted], withNode(shop), {
      env: environment(),
    });
    expect(stderr).toBe('');
    const inside = JSON.parse(stdout) as Record<string, string>;
    expect(Object.keys(inside)).toEqual(Object.keys(attempts()));
    expect(Object.entries(inside).filter(([, result]) => result === 'reached')).toEqual([]);
  });

  it('has a file system of known parts only', () => {
    const { stdout } = shop.inside([
      'sh',
      '-c',
      'ls -A / /home /home/writ /tmp /run /var /root /etc/ssh /etc/shadow 2>/dev/null; cat /proc/self/mountinfo',
    ]);
    const [listing, mounts] = splitAtMounts(stdout);
    expect(listing).not.toMatch(/shadow|ssh|root|boot|mnt|srv|sys/);
    const allowed = new RegExp(
      `^(/|/(usr|bin|sbin|lib|lib32|lib64|libx32|etc/[^ ]+|proc|dev|dev/[a-z/]+|tmp|var/tmp|run|run/writ|run/writ/writ-exec|home/writ|proc/(irq|bus|sys|sysrq-trigger))|${shop.worktree}(/.git(/hooks|/config)?)?)$`,
    );
    const targets = mounts
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '');
    expect(targets.length).toBeGreaterThan(15);
    expect(targets.filter((target) => !allowed.test(target))).toEqual([]);
  });

  it('inherits no descriptor but its three streams', () => {
    const { argv, result } = shop.command([
      'sh',
      '-c',
      'ls /proc/self/fd; ls -d /proc/self/fd/7/ /proc/self/fd/200/ 2>&1',
    ]);
    const shell = shop.outside(['bash', '-c', 'exec 7</ 200</; "$@"', 'bash', ...argv]);
    expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({ exitCode: 2 });
    // The fourth is ls's own.
    expect(shell.stdout.split('\n').slice(0, 5)).toEqual([
      '0',
      '1',
      '2',
      '3',
      expect.stringContaining('No such file'),
    ]);
  });

  it('refuses to start with an open folder as standard input', () => {
    const { argv, result } = shop.command(['ls', '/proc/self/fd/0/']);
    shop.outside(['bash', '-c', '"$@" </', 'bash', ...argv]);
    expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({
      error: { code: 'sandbox_failed', message: 'standard input is a directory' },
    });
  });

  it('changes nothing outside its repository, and nothing of the system', () => {
    const script = [
      'echo x > /usr/writ-planted',
      'echo x > /etc/writ-planted',
      'echo x > /etc/passwd',
      'echo x > /writ-planted',
      'echo x > /run/writ/writ-exec',
      'rm -f /run/writ/writ-exec',
      'mv /run/writ /run/other',
      'echo 1 > /proc/sys/vm/swappiness',
      'echo x > /proc/sys/kernel/core_pattern',
      'mknod /tmp/device b 8 0',
    ];
    const { stdout } = shop.inside([
      'sh',
      '-c',
      script.map((line) => `( ${line} ) 2>/dev/null && echo '${line}'`).join('\n'),
    ]);
    expect(stdout).toBe('');
  });

  // The story: with root as the launcher, `chmod 000 /dev/null` inside took it from everybody outside.
  it("cannot change the host's device files, which it can use", () => {
    const files = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);
    const changes = files.map((file) => statSync(file).ctimeMs);
    const { argv } = shop.command([
      'python3',
      '-c',
      [
        'import os',
        `for file in ${JSON.stringify(files)} + [0]:`,
        '  for change in lambda: os.chmod(file, 0o666), lambda: os.utime(file, (0, 0)):',
        '    try: change(); print("changed", file)',
        '    except OSError: pass',
        'os.write(os.open("/dev/null", os.O_WRONLY), b"x")',
        'print(len(os.read(os.open("/dev/urandom", os.O_RDONLY), 4)))',
      ].join('\n'),
    ]);
    const { stdout } = shop.outside(['bash', '-c', '"$@" </dev/null', 'bash', ...argv]);
    expect(stdout).toBe('4\n');
    expect(files.map((file) => statSync(file).ctimeMs)).toEqual(changes);
  });

  it('shares no temporary folder with another session', () => {
    shop.inside([
      'sh',
      '-c',
      'echo mine > /tmp/mine; echo mine > ~/mine; echo mine > /dev/shm/mine; echo mine > kept',
    ]);
    const { stdout } = shop.inside(['sh', '-c', 'cat /tmp/mine ~/mine /dev/shm/mine 2>/dev/null; cat kept']);
    expect(stdout).toBe('mine\n');
  });

  it('cannot signal the processes that its launcher shares a group with', async () => {
    // In a terminal's session the group is inherited, and a signal to the own group needs no process id.
    const signals = ['sh', '-c', 'trap "" TERM; kill -TERM 0; echo survived'];
    const neighbours = (argv: readonly string[]) =>
      shop.outside([
        'setsid',
        '--wait',
        'bash',
        '-c',
        'sleep 30 & trap "" TERM; "$@" </dev/null; sleep 0.1; kill -0 $! 2>&1 && echo neighbour lives; kill -9 $!',
        'bash',
        ...argv,
      ]).stdout;
    expect(neighbours(signals)).toMatch(/^survived\n.*No such process/);
    const { argv } = shop.command(signals, { terminal: true });
    expect(neighbours(argv)).toBe('survived\nneighbour lives\n');
  });

  it('is process 2 of its own, with no privileges to gain', () => {
    const { stdout } = shop.inside([
      'sh',
      '-c',
      'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; hostname; ls -d /proc/[0-9]* | wc -l; cat /proc/1/environ | wc -c; readlink /proc/1/fd/3',
    ]);
    expect(stdout).toMatch(/CapEff:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\nSeccomp:\t2\nwrit\n[2-6]\n0\n$/);
  });

  describe('system calls', () => {
    /** What the filter answers. Outside, the same attempt ends otherwise: it succeeds, or the kernel says why not. */
    const cases: Record<string, string> = {
      unshare: 'EPERM',
      clone: 'EPERM',
      clone3: 'ENOSYS',
      mount: 'EPERM',
      fsopen: 'EPERM',
      ptrace: 'EPERM',
      process_vm_readv: 'EPERM',
      pidfd_getfd: 'EPERM',
      kcmp: 'EPERM',
      keyctl: 'EPERM',
      add_key: 'EPERM',
      io_uring: 'ENOSYS',
      userfaultfd: 'EPERM',
      personality: 'EPERM',
      handle: 'EPERM',
      tiocsti: 'EPERM',
      'tiocsti-high': 'EPERM',
      tioclinux: 'EPERM',
      tiocsetd: 'EPERM',
      vsock: 'EAFNOSUPPORT',
      'netlink-audit': 'EAFNOSUPPORT',
      'netlink-uevent': 'EAFNOSUPPORT',
      'netlink-route': 'reached',
      'setuid-file': 'EPERM',
      'setgid-file': 'EPERM',
      ...(process.arch === 'x64' ? { x32: 'EPERM', i386: 'Bad system call' } : {}),
    };
    const loop = `for what in ${Object.keys(cases).join(' ')}; do
      printf '%s ' $what
      case $what in
        tio*) script -qec "./probe $what" /dev/null | tr -d '\\r' ;;
        *) ./probe $what 2>/dev/null; [ $? = 159 ] && echo Bad system call ;;
      esac
    done 2>/dev/null`;

    it('that lead out are refused, each for this reason only', () => {
      compile(join(import.meta.dirname, 'probe.c'), join(shop.worktree, 'probe'));
      const results = (text: string) =>
        Object.fromEntries(
          text
            .trim()
            .split('\n')
            .map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]),
        );
      expect(results(shop.inside(['bash', '-c', loop]).stdout)).toEqual(cases);
      const outside = results(shop.outside(['bash', '-c', loop]).stdout);
      const same = Object.keys(cases).filter((name) => outside[name] === cases[name]);
      expect(same).toEqual(['netlink-route']);
    });
  });
});

function withNode(shop: Workshop) {
  return { extraBinds: [{ source: shop.node, target: '/opt/node', mode: 'ro' as const }] };
}

function splitAtMounts(text: string): [string, string] {
  const at = text.search(/^\d+ \d+ \d+:\d+ /m);
  return [text.slice(0, at), text.slice(at)];
}

function unless(results: Record<string, string>, expected: string, optional: readonly string[]) {
  return Object.fromEntries(
    Object.entries(results).filter(([name, result]) => result !== expected && !optional.includes(name)),
  );
}

async function listen(servers: Server[], options: object): Promise<number> {
  const server = createServer((socket) => socket.end());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(options, resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
