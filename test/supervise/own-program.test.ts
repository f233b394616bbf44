/** Writ's own program is in view, as the way out for ssh. It must be of no other use to whoever starts it. */
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../cli/world.ts';
import { lastProcesses } from './entries.ts';

const world = new World();
const outside = resolve('native/build/writ-exec');
const inside = '/run/writ/writ-exec';
const service = join(world.root, 'service.sock');
const server = createServer((connection) => connection.end('reached\n'));
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(service, done));
  world.must('init', '--yes');
});
afterAll(() => {
  server.close();
  world.dispose();
});

/** By a script, whose text is not read: where a command's own text names it, that is refused at once. */
function start(...args: readonly string[]) {
  world.write('start.sh', `exec ${inside} "$@"\n`);
  return world.writ(['exec', '--', 'sh', './start.sh', ...args]);
}

describe('what is for outside is refused', () => {
  it.each([
    ['exec', '--', 'su'],
    ['run', '--', 'claude'],
    ['launch', '--cgroup', '/sys/fs/cgroup'],
    ['init'],
    ['init', 'in-place'],
    ['features'],
    ['keyring', 'writ'],
    ['attest'],
    ['--help'],
    [],
  ])('%s', (...args) => {
    const { status, stderr } = start(...args);
    expect({ status, stderr }).toEqual({
      status: 126,
      stderr: expect.stringContaining('of it only connect, hook, relay are for inside'),
    });
  });

  it('also after it was allowed once, under other names, and by a link', () => {
    world.write('link.py', `import os\nos.symlink('${inside}', 'connect')\n`);
    world.write(
      'again.sh',
      `${inside} connect localhost 1 2>/dev/null; ${inside} features && echo reached
       (exec -a connect ${inside} features) && echo reached
       python3 link.py; ./connect features && echo reached; rm connect; true`,
    );
    expect(world.writ(['exec', '--', 'bash', './again.sh'])).toMatchObject({ status: 0, stdout: '' });
    const verdicts = lastProcesses(world).filter(({ data }) => data.executable.path === inside);
    // A denial goes on record at once, what is allowed moments later.
    expect(verdicts.map(({ decision, data }) => `${decision} ${data.argv[1]}`).sort()).toEqual([
      'allow connect',
      'deny features',
      'deny features',
      'deny features',
    ]);
  });
});

describe('the way out leads to the proxy alone', () => {
  it.each([
    ['a host that policy does not name', ['connect', 'elsewhere.example', '22'], '403'],
    ['the metadata of a cloud', ['connect', '169.254.169.254', '80'], '403'],
    ['the loopback of the host', ['connect', '127.0.0.1', '22'], '403'],
    ['a head of its own', ['connect', 'a\r\nHost: b', '22'], 'not a host and a port'],
    ['two hosts in one', ['connect', 'a b', '22'], 'not a host and a port'],
    ['a login', ['connect', 'git@a', '22'], 'not a host and a port'],
    ['no port', ['connect', 'a', '22x'], 'not a host and a port'],
  ] as const)('%s', (_, args, reason) => {
    const { status, stderr } = start(...args);
    expect({ status, stderr }).toEqual({ status: 255, stderr: expect.stringContaining(reason) });
  });
});

describe('its listener leads nowhere that the command could not go itself', () => {
  const through = (path: string) => [
    'relay',
    '--listen',
    `127.0.0.1:45671=${path}`,
    '--',
    'bash',
    '-c',
    'exec 3<>/dev/tcp/127.0.0.1/45671; head -c 7 <&3',
  ];
  it('to a socket outside', async () => {
    const control = spawn(outside, through(service));
    let said = '';
    control.stdout.on('data', (data: Buffer) => (said += data.toString()));
    await new Promise((done) => control.once('close', done));
    expect(said).toBe('reached');
    const { stdout } = start(...through(service));
    expect(stdout).toBe('');
  });

  it('to a program that may not start', () => {
    const wrapped = ['relay', '--listen', '127.0.0.1:45672=/run/writ/x.sock', '--', 'su', '--version'];
    expect(spawnSync(outside, wrapped, { encoding: 'utf8' }).stdout).toContain('util-linux');
    const { stdout, stderr } = start(...wrapped);
    expect(stdout).toBe('');
    expect(stderr).toContain('denied: su');
  });
});
