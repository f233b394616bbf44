/** A real PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a Unix socket, with fsync. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';

export interface PostgresServer {
  /** Makes a new, empty database and returns how to connect to it. */
  createDatabase(): Promise<string>;
  /** As a crash would: at once, without a checkpoint. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const startTimeoutMs = 60_000;

/** @throws Error that names the Debian package when PostgreSQL is not installed */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = findBinaries();
  // PostgreSQL refuses to run as root.
  const account = process.getuid?.() === 0 ? unprivilegedAccount() : null;
  const folder = mkdtempSync(join(tmpdir(), 'writ-pg-'));
  if (account !== null) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const identity = account === null ? {} : { uid: account.uid, gid: account.gid };
  const environment = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', HOME: folder };
  // A linguistic default collation, so that a column that forgets to compare by bytes is found out.
  const locale = ['--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US', '--encoding=UTF8'];
  const made = spawnSync(
    join(binaries, 'initdb'),
    ['--pgdata', data, '--username=writ', '--auth=trust', '--no-sync', ...locale],
    { ...identity, cwd: folder, env: environment, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);

  let server: ChildProcess | null = null;
  let databases = 0;
  const url = (database: string): string =>
    `postgres://writ@localhost/${database}?host=${encodeURIComponent(folder)}`;

  async function start(): Promise<void> {
    const child = spawn(
      join(binaries, 'postgres'),
      ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=on', '-c', 'max_connections=60'],
      { ...identity, cwd: folder, env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    server = child;
    let said = '';
    child.stderr.on('data', (chunk) => (said = `${said}${String(chunk)}`.slice(-4000)));
    const end = Date.now() + startTimeoutMs;
    while (!(await answers(url('postgres')))) {
      if (child.exitCode !== null) throw new Error(`postgres ended at once: ${said}`);
      if (Date.now() > end) throw new Error(`postgres does not answer: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** SIGQUIT is PostgreSQL's immediate shutdown, SIGINT its fast one. */
  async function stop(signal: 'SIGQUIT' | 'SIGINT'): Promise<void> {
    const child = server;
    server = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  process.once('exit', () => server?.kill('SIGQUIT'));
  await start();
  return {
    createDatabase: async () => {
      const client = new Client({ connectionString: url('postgres') });
      await client.connect();
      databases += 1;
      await client.query(`create database store_${databases}`);
      await client.end();
      return url(`store_${databases}`);
    },
    crash: () => stop('SIGQUIT'),
    start,
    remove: async () => {
      await stop('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findBinaries(): string {
  const folders = [
    ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const found = folders.find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))),
  );
  if (found !== undefined) return found;
  throw new Error(
    'PostgreSQL is not installed: the store is tested on a real one (apt-get install postgresql)',
  );
}

function unprivilegedAccount(): Account {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const wanted of ['postgres', 'nobody']) {
    const [name, , uid, gid] = lines.find((line) => line.startsWith(`${wanted}:`))?.split(':') ?? [];
    if (name !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('there is neither a user "postgres" nor "nobody" to run PostgreSQL as');
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
