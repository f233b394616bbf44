/** ssh, git, scp and rsync inside a task reach a real sshd by themselves, and no server that is not known or allowed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Site } from '../egress/site.ts';
import { startSshServer, type SshServer } from './ssh-server.ts';

const site = new Site(() => ['127.0.0.1']);
const { world } = site;
/** What the server's account has there. */
const remote = mkdtempSync('/var/tmp/writ-ssh-');
let server: SshServer;

beforeAll(async () => {
  server = await startSshServer();
  execFileSync('git', ['clone', '--quiet', '--bare', world.repository, join(remote, 'shop.git')]);
  writeFileSync(join(remote, 'notes.txt'), 'from there\n');
  const named = ['ssh.acme.example', 'stranger.acme.example'];
  const hosts = named.flatMap((host) => [`${host}:22`, `${host}:${server.port}`]);
  const network = { private: { '*.acme.example': ['127.0.0.1'] } };
  await site.open(
    { ...network, sshKnownHosts: [server.known('ssh.acme.example'), server.known('closed.acme.example')] },
    hosts,
  );
  world.organisation((document) => {
    const credential = {
      broker: 'ssh',
      description: 'Deployment',
      ca: { file: server.authority },
      principals: [server.account],
      krl: server.revoked,
    };
    document.set('credentials', document.createNode({ deploy: credential }));
    document.setIn(['profiles', 'develop', 'credentials'], ['deploy']);
    document.setIn(['bundles'], document.createNode({ remote: ['ssh', 'scp', 'rsync'] }));
    const tools = ['core', 'shell', 'search', 'text', 'archives', 'git', 'remote'];
    document.setIn(['profiles', 'develop', 'tools'], tools);
  });
  // As an organisation would that lets tasks deploy.
  const policies = join(world.repository, 'governance', 'policies', 'develop.cedar');
  const published = 'when { context.traits.contains("publishes") }';
  const text = readFileSync(policies, 'utf8');
  if (!text.includes(published)) throw new Error('the stock policy on publishing reads otherwise');
  writeFileSync(policies, text.replace(published, published.replace(' }', ' && false }')));
  world.must('policy', 'check');
});
afterAll(async () => {
  await site.writ('down');
  await site[Symbol.asyncDispose]();
  await server.stop();
  rmSync(remote, { recursive: true });
});

const at = (host: string) => `${server.account}@${host}`;

test.each([
  ['ssh', () => `ssh -p ${server.port} ${at('ssh.acme.example')} echo reached`, 'reached'],
  [
    'git',
    () =>
      `git clone --quiet ssh://${at('ssh.acme.example')}:${server.port}${remote}/shop.git /tmp/c; cat /tmp/c/README.md`,
    '# Shop',
  ],
  [
    'scp',
    () => `scp -q -P ${server.port} ${at('ssh.acme.example')}:${remote}/notes.txt /tmp/n; cat /tmp/n`,
    'from there',
  ],
  [
    'rsync',
    () =>
      `rsync -q -e 'ssh -p ${server.port}' ${at('ssh.acme.example')}:${remote}/notes.txt /tmp/r; cat /tmp/r`,
    'from there',
  ],
])('%s gets there, with nothing set up by the task', async (_, command, expected) => {
  const ran = await site.script(command());
  expect(ran.stdout + ran.stderr).toContain(expected);
});

test.each([
  ['whose key nobody named', 'stranger.acme.example', /Host key verification failed/],
  ['that the profile does not name', 'closed.acme.example', /the host is in none of the profile's host sets/],
])('a server %s is not spoken to', async (_, host, said) => {
  const ran = await site.script(`ssh -p ${server.port} ${at(host)} echo reached`);
  expect(ran.stdout).not.toContain('reached');
  expect(ran.stderr).toMatch(said);
});
