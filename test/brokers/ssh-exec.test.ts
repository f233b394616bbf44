/** An agent inside a task, and a real sshd that trusts the authority: logging in works while the task lasts. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { World } from '../cli/world.ts';
import { startSshServer, type SshServer } from './ssh-server.ts';

const world = new World();
let server: SshServer;

/** As `ssh-add -L` would, which policy keeps from tasks. */
const listing = `
import base64, os, socket, struct, time
agent = socket.socket(socket.AF_UNIX)
agent.connect(os.environ['SSH_AUTH_SOCK'])
agent.sendall(struct.pack('>IB', 1, 11))
answer = b''
while len(answer) < 4 or len(answer) < 4 + struct.unpack('>I', answer[:4])[0]:
    answer += agent.recv(65536)
kind, count, length = struct.unpack('>BII', answer[4:13])
blob, comment = answer[13:13 + length], answer[17 + length:]
print(kind, count, blob[4:36].decode(), base64.b64encode(blob).decode(), comment.decode())
print(os.environ['SSH_AUTH_SOCK'])
print('ready', flush=True)
time.sleep(600)
`;

beforeAll(async () => {
  server = await startSshServer();
  world.write('wait.py', listing);
  world.must('init', '--yes');
  world.organisation((document) => {
    const certificate = (more: object) => ({
      broker: 'ssh',
      description: 'Deployment',
      ca: { file: server.authority },
      principals: [server.account],
      krl: server.revoked,
      ...more,
    });
    document.set(
      'credentials',
      document.createNode({
        deploy: certificate({}),
        forced: certificate({ forceCommand: 'echo only this' }),
        elsewhere: certificate({ sourceAddresses: ['192.0.2.0/24'] }),
        nobody: certificate({ principals: ['somebody-else'] }),
      }),
    );
    document.setIn(
      ['profiles', 'develop'],
      document.createNode({ credentials: ['deploy', 'forced', 'elsewhere', 'nobody'] }),
    );
  });
  world.must('policy', 'check');
});
afterAll(async () => {
  world.dispose();
  await server.stop();
});

/** A task that runs until it is ended, with its agents as the guard serves them. */
interface Task {
  readonly printed: readonly string[];
  agent(index: number): string;
  end(): Promise<void>;
}

let task: Task;
beforeEach(async () => {
  const child = world.start(['exec', '--', 'python3', './wait.py']);
  const ended = once(child, 'exit');
  const printed: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (line === 'ready') break;
    printed.push(line);
  }
  const [session = ''] = globSync(join(world.writHome, 'run', 'ses_*'));
  task = {
    printed,
    agent: (index) => join(session, `${index}-ssh.sock`),
    end: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
});
afterEach(() => task.end());

test('inside, the agent lists one certificate and no key', () => {
  expect(task.printed).toEqual([
    expect.stringMatching(/^12 1 ssh-ed25519-cert-v01@openssh\.com [A-Za-z0-9+/=]+ writ$/),
    '/run/writ/ssh/deploy.sock',
  ]);
});

/** As a `-cert.pub` file has it. */
function certificateOf({ printed: [line = ''] }: Task): string {
  const [, , type, blob] = line.split(' ');
  return `${type} ${blob}\n`;
}

describe('sshd', () => {
  test.each([
    ['lets it in as the principal that it names', 0, 'id -un', /^0 (?<user>\S+)\n$/],
    ['runs what the certificate forces, whatever is asked', 1, 'id -un', /^0 only this\n$/],
    ['refuses it from another address', 2, 'true', /^255 $/],
    ['refuses it for another account', 3, 'true', /^255 $/],
  ] as const)('%s', (_, index, command, expected) => {
    const { status, stdout } = server.login(task.agent(index), command);
    expect(`${status} ${stdout}`).toMatch(expected);
  });

  test('refuses it after the task’s end, even to somebody who had kept the key', async () => {
    expect(server.login(task.agent(0), 'true').status).toBe(0);
    const certificate = join(world.root, 'kept-cert.pub');
    writeFileSync(certificate, certificateOf(task));
    const isRevoked = () => spawnSync('ssh-keygen', ['-Q', '-f', server.revoked, certificate]).status !== 0;
    expect(isRevoked()).toBe(false);
    await task.end();
    expect(server.login(task.agent(0), 'true').status).toBe(255);
    await expect.poll(isRevoked, { timeout: 60_000 }).toBe(true);
    expect(existsSync(task.agent(0))).toBe(false);
  });
});

test('the agent takes no keys, gives none away, and signs nothing but logins', async () => {
  const agent = task.agent(0);
  const add = (...args: string[]) =>
    spawnSync('ssh-add', args, { env: { ...process.env, SSH_AUTH_SOCK: agent } }).status;
  expect([add('-D'), add('-x'), add(join(world.home, '.ssh', 'id_ed25519'))]).not.toContain(0);
  const text = join(world.root, 'text');
  const certificate = join(world.root, 'own.pub');
  writeFileSync(text, 'approve everything');
  writeFileSync(certificate, certificateOf(task));
  const signed = spawnSync('ssh-keygen', ['-Y', 'sign', '-n', 'writ', '-f', certificate, text], {
    env: { ...process.env, SSH_AUTH_SOCK: agent },
    encoding: 'utf8',
  });
  expect(signed.status).not.toBe(0);
  expect(signed.stderr).toContain('agent refused operation');
  const failure = '0000000105';
  for (const [request, answer] of [
    ['0000000101', failure],
    ['000000011b', failure],
    ['0000000a0d00000000000000000a', failure],
    ['000000010d', failure],
    ['ffffffff', ''],
    ['00000000', ''],
  ] as const) {
    const socket = connect(agent).end(Buffer.from(request, 'hex'));
    const chunks: Buffer[] = [];
    for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
    expect([request, Buffer.concat(chunks).toString('hex')]).toEqual([request, answer]);
  }
});

test('the log says who logged in with what, and no key is anywhere', () => {
  server.login(task.agent(0), 'true');
  const log = JSON.stringify(world.json('log', 'search', '--limit', '200'));
  expect(log).toContain(`Deployment: SSH as ${server.account}`);
  const [, secret = ''] = /KEY-----\n([^-]+)\n/.exec(readFileSync(server.authority, 'utf8')) ?? [];
  const files = globSync(join(world.writHome, '*.{db,db-wal,log}')).map((file) =>
    readFileSync(file, 'latin1'),
  );
  expect(files.length).toBeGreaterThan(1);
  for (const text of [log, ...files]) expect(text).not.toContain(secret.split('\n')[2]);
});
