/** A real sshd on loopback that lets in whoever holds a certificate of one authority. */
import { execFileSync, spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface SshServer {
  /** The authority's private key. */
  readonly authority: string;
  /** What sshd reads as `RevokedKeys`. */
  readonly revoked: string;
  readonly account: string;
  readonly port: number;
  /** Its line in a known_hosts file, under the given name. */
  known(host: string): string;
  /** The real ssh, with nothing but this agent. */
  login(agent: string, ...command: string[]): SpawnSyncReturns<string>;
  stop(): Promise<void>;
}

export async function startSshServer(): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-sshd-'));
  chmodSync(folder, 0o755);
  const file = (name: string) => join(folder, name);
  for (const key of ['host', 'ca']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', file(key)]);
  }
  execFileSync('ssh-keygen', ['-q', '-k', '-f', file('revoked')]);
  const account = userInfo().username;
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host')}`,
    `TrustedUserCAKeys ${file('ca')}.pub`,
    `RevokedKeys ${file('revoked')}`,
    'AuthorizedKeysFile none',
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'Subsystem sftp internal-sftp',
  ];
  writeFileSync(file('config'), `${settings.join('\n')}\n`);
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr.on('data', (chunk) => (said += String(chunk)));
  const ended = once(server, 'exit');
  process.once('exit', () => server.kill());
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries > 200 || server.exitCode !== null) throw new Error(`sshd does not answer: ${said}`);
    await setTimeout(50);
  }
  const host = readFileSync(`${file('host')}.pub`, 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');
  writeFileSync(file('known'), `[127.0.0.1]:${port} ${host}\n`);
  return {
    authority: file('ca'),
    revoked: file('revoked'),
    account,
    port,
    known: (name) => `[${name}]:${port} ${host}`,
    login: (agent, ...command) => {
      const options = [
        `UserKnownHostsFile=${file('known')}`,
        'BatchMode=yes',
        'IdentityFile=none',
        `IdentityAgent=${agent}`,
      ];
      const given = options.flatMap((option) => ['-o', option]);
      return spawnSync(
        'ssh',
        ['-F', 'none', ...given, '-p', String(port), `${account}@127.0.0.1`, ...command],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'] },
          timeout: 30_000,
        },
      );
    },
    stop: async () => {
      server.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const came = await Promise.race([
    once(socket, 'data').then(
      () => true,
      () => false,
    ),
    once(socket, 'close').then(
      () => false,
      () => false,
    ),
  ]);
  socket.destroy();
  return came;
}
