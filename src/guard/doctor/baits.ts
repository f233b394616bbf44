/** Real things that a probe must not reach: a file, a socket, a server, a process, an agent, a secret. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Baits } from './probe-script.ts';

export interface LaidBaits extends AsyncDisposable {
  readonly baits: Baits;
  /** What the probe's launcher is given, as a developer's shell would have it. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface BaitPlaces {
  readonly stateFile: string;
  readonly governanceFile: string;
}

export async function layBaits({ stateFile, governanceFile }: BaitPlaces): Promise<LaidBaits> {
  const secret = randomBytes(16).toString('hex');
  const folder = mkdtempSync(join(homedir(), '.writ-doctor-'));
  const homeFile = join(folder, 'secret');
  writeFileSync(homeFile, secret, { mode: 0o600 });
  const socket = join(folder, 'agent.sock');
  const processArgument = `86400.${randomBytes(4).readUInt32BE()}`;
  const agent = await listen({ path: socket });
  const host = await listen({ host: '127.0.0.1', port: 0 });
  const sleeper = spawn('sleep', [processArgument], { stdio: 'ignore' });
  const address = host.address();
  return {
    baits: {
      homeFile,
      stateFile,
      governanceFile,
      socket,
      port: typeof address === 'object' && address !== null ? address.port : 0,
      processArgument,
      secret,
      forbiddenProgram: find(['/usr/bin/sudo', '/usr/bin/su', '/bin/su', '/usr/bin/doas']),
      loader: find([
        '/lib64/ld-linux-x86-64.so.2',
        '/lib/ld-linux-aarch64.so.1',
        '/lib/ld-musl-x86_64.so.1',
        '/lib/ld-musl-aarch64.so.1',
      ]),
    },
    environment: { SSH_AUTH_SOCK: socket, WRIT_DOCTOR_TOKEN: secret, AWS_SECRET_ACCESS_KEY: secret },
    async [Symbol.asyncDispose]() {
      sleeper.kill();
      for (const server of [agent, host]) server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listen(options: { path: string } | { host: string; port: number }): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(options);
  await once(server, 'listening');
  server.unref();
  return server;
}

function find(paths: readonly string[]): string | null {
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
