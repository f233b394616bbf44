import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from './world.ts';

const world = new World();
beforeAll(() => {
  world.must('init', '--yes');
});
afterAll(() => world.dispose());

describe('writ exec passes the command through', () => {
  it.each([0, 1, 2, 3, 5, 77, 126, 127, 255])('ends with the status %i of the command', (status) => {
    expect(world.writ(['exec', '--', 'sh', '-c', `exit ${status}`]).status).toBe(status);
  });

  it('says 127 for a program that is not there, and why', () => {
    const result = world.writ(['exec', '--', './no-such-program']);
    expect(result.status).toBe(127);
    expect(result.stderr).toMatch(/^writ: /m);
  });

  it('ends with 128+n when a signal ended the command', () => {
    expect(world.writ(['exec', '--', 'sh', '-c', 'kill -TERM $$']).status).toBe(143);
  });

  it('passes standard input, output and arguments through byte for byte', () => {
    const bytes = randomBytes(3_000_000);
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect(world.writ(['exec', '--', 'sha256sum'], { input: bytes }).stdout).toContain(digest);
    const odd = ['a b', '', "it's", '"$HOME"', 'line\nbreak', 'ünïcode ☃', '*', '--', '-n'];
    const printed = world.writ([
      'exec',
      '--',
      'python3',
      '-c',
      'import sys,json; print(json.dumps(sys.argv[1:]))',
      ...odd,
    ]);
    expect(JSON.parse(printed.stdout)).toEqual(odd);
  });

  it('refuses an argument that is not text rather than changing it', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', String.raw`exec "$0" exec -- echo "$(printf '\377')"`, resolve('bin/writ')],
      {
        cwd: world.repository,
        env: world.environment,
        encoding: 'utf8',
      },
    );
    expect(status).toBe(1);
    expect(stderr).toContain('[arguments_not_text]');
  });

  it('delivers a signal to the command, which may handle it', async () => {
    const child = world.start([
      'exec',
      '--',
      'sh',
      '-c',
      'trap "echo caught; exit 9" TERM; echo ready; while :; do sleep 0.05; done',
    ]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!output.includes('ready')) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [status] = (await once(child, 'exit')) as [number];
    expect(status).toBe(9);
    expect(output).toContain('caught');
  });

  it('is found however it is called: through a link as npm makes it, on the search path, by a shell', () => {
    const link = join(world.root, 'bin', 'writ');
    mkdirSync(join(world.root, 'bin'));
    symlinkSync(resolve('bin/writ'), link);
    const calls: readonly (readonly [string, readonly string[], string])[] = [
      [link, [], world.repository],
      ['writ', [], world.repository],
      ['sh', ['writ'], resolve('bin')],
    ];
    const path = `${join(world.root, 'bin')}:${process.env['PATH']}`;
    const statuses = calls.flatMap(([program, args, cwd]) =>
      [['exec', '--job', 'x', '--', 'sh', '-c', 'exit 9'], ['--version']].map(
        (verb) =>
          spawnSync(program, [...args, ...verb], { cwd, env: { ...world.environment, PATH: path } }).status,
      ),
    );
    // Writ's own checkout is no repository that is registered here.
    expect(statuses).toEqual([9, 0, 9, 0, expect.any(Number), 0]);
  });

  it('explains itself, and says what is wrong with its own options', () => {
    expect(world.writ(['exec', '--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('run one command under a writ'),
    });
    for (const args of [
      ['exec'],
      ['exec', '--'],
      ['run'],
      ['exec', '--nonsense', '--', 'true'],
      ['exec', '--job'],
    ])
      expect(world.writ(args).status).toBe(2);
    expect(world.writ(['exec', '--profile=observe', 'echo', '--json']).stdout).toBe('--json\n');
  });

  it('runs in the directory it was called from', () => {
    mkdirSync(join(world.repository, 'sub'), { recursive: true });
    const result = world.writ(['exec', '--', 'pwd'], { cwd: join(world.repository, 'sub') });
    expect(result.stdout.trim()).toBe(join(world.repository, 'sub'));
  });

  it('writes in the repository under develop, and cannot under observe', () => {
    expect(world.writ(['exec', '--', 'sh', '-c', 'echo hi > made.txt']).status).toBe(0);
    expect(world.read('made.txt')).toBe('hi\n');
    expect(world.writ(['exec', '--profile', 'observe', '--', 'touch', 'other.txt']).status).toBe(3);
    expect(existsSync(join(world.repository, 'other.txt'))).toBe(false);
  });

  it('lets git record work', () => {
    world.write('kept.txt', 'kept\n');
    expect(world.writ(['exec', '--', 'git', 'add', 'kept.txt'])).toMatchObject({ status: 0 });
    expect(world.writ(['exec', '--', 'git', 'commit', '-m', 'Keep it'])).toMatchObject({ status: 0 });
    expect(world.git('log', '-1', '--format=%s').trim()).toBe('Keep it');
  });
});

/** Python, because it says exactly what failed, and needs no shell between it and the kernel. */
function inside(code: string): { status: number; stdout: string } {
  world.write('probe.py', code);
  return world.writ(['exec', '--', 'python3', 'probe.py']);
}

describe('from inside a governed command', () => {
  it("the developer's home is not there", () => {
    writeFileSync(join(world.home, 'canary'), 'secret');
    expect(readFileSync(join(world.home, 'canary'), 'utf8')).toBe('secret');
    const probe = `import os\nprint(os.path.exists(${JSON.stringify(join(world.home, 'canary'))}), os.path.exists(${JSON.stringify(join(world.home, '.ssh'))}))`;
    expect(inside(probe).stdout).toBe('False False\n');
  });

  it("Writ's own state and sockets are not there", () => {
    expect(existsSync(join(world.writHome, 'writ.db'))).toBe(true);
    expect(existsSync(join(world.writHome, 'run', 'writ.sock'))).toBe(true);
    const probe = `import os\nprint(os.path.exists(${JSON.stringify(world.writHome)}))`;
    expect(inside(probe).stdout).toBe('False\n');
  });

  it('environment variables of the caller are not there', () => {
    const env = {
      SECRET_TOKEN: 'canary-value',
      SSH_AUTH_SOCK: '/tmp/agent',
      AWS_SECRET_ACCESS_KEY: 'canary-value',
    };
    const result = world.writ(['exec', '--', 'env'], { env });
    expect(result.status).toBe(0);
    expect(result.stdout).not.toContain('canary-value');
    expect(result.stdout).not.toMatch(/SSH_AUTH_SOCK|AWS_SECRET/);
  });

  it("the host's network is not there", async () => {
    const server = createServer((socket) => socket.end('reached'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const probe = `import socket\ntry:\n  print(socket.create_connection(('127.0.0.1', ${port}), 3).recv(9))\nexcept OSError as e:\n  print('refused', e.errno)`;
    expect(inside(probe).stdout).toMatch(/^refused/);
    server.close();
  });

  it('other processes are not there', () => {
    const probe = `import os\nprint(len([p for p in os.listdir('/proc') if p.isdigit()]))\ntry:\n  os.kill(${process.pid}, 0); print('seen')\nexcept OSError as e:\n  print('none')`;
    const [count, seen] = inside(probe).stdout.trim().split('\n');
    expect(Number(count)).toBeLessThan(6);
    expect(seen).toBe('none');
  });

  it('other repositories are not there', () => {
    mkdirSync(join(world.root, 'neighbour'), { recursive: true });
    writeFileSync(join(world.root, 'neighbour', 'file'), 'x');
    expect(inside(`import os\nprint(os.listdir(${JSON.stringify(world.root)}))`).stdout).toBe("['shop']\n");
  });

  it('what git outside would obey is removed when it was planted, and raises an alert', () => {
    const probe = "open('.git/commondir', 'w').write('/tmp/elsewhere')";
    const { stdout, status } = inside(probe);
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
    expect(existsSync(join(world.repository, '.git', 'commondir'))).toBe(false);
    const alerts = world.json('log', 'search', '--type', 'alert') as { entry: { data: { kind: string } } }[];
    expect(alerts[0]?.entry.data.kind).toBe('planted');
  });

  it('hooks, git configuration and governance cannot be planted for later', () => {
    const probe = [
      'import os',
      "for name in ['.git/config', '.git/hooks/pre-commit', 'governance/organisation.yaml', 'governance/policies/x.cedar']:",
      '  try:',
      "    open(name, 'a').write('planted'); print('wrote', name)",
      '  except OSError as e:',
      "    print('refused', name)",
    ].join('\n');
    const { stdout } = inside(probe);
    expect(stdout).not.toContain('wrote');
    expect(stdout.match(/refused/g)).toHaveLength(4);
  });
});
