/** `writ up`, `writ down`, `writ status`. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { WritError } from '../core/model/errors.ts';
import {
  readConfiguration,
  readDatabaseUrl,
  writeConfiguration,
  type Configuration,
} from './configuration.ts';
import { daemonStatus, ensureRunning, stopDaemon, type DaemonStatus } from './daemon-client.ts';
import { exit } from './exit.ts';
import { readGovernance } from './governance.ts';
import { assertListenable } from './listen-address.ts';
import { locateHome, prepareHome, type Home } from './home.ts';
import { counted, print, printJson, say, table } from './output.ts';

interface UpOptions {
  readonly foreground?: boolean;
  readonly policy?: string;
  readonly database?: string;
  readonly listen?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly json?: boolean;
}

export async function up(_args: readonly string[], options: UpOptions): Promise<void> {
  const home = locateHome(process.env);
  prepareHome(home);
  if (await wouldChange(home, options)) {
    throw new WritError('already_up', 'Writ is up, and takes another choice only when it starts', {
      hint: 'Stop it first: writ down',
    });
  }
  choose(home, options);
  const configuration = chosen(home);
  if (options.foreground === true) {
    const { runDaemon } = await import('./daemon.ts');
    await runDaemon(home, configuration);
    return;
  }
  const status = await ensureRunning(home);
  if (options.json === true) printJson(status);
  else
    print(
      `Writ is up (process ${status.pid}), policy ${status.policyVersion.slice(0, 12)} from ${status.governance}`,
    );
}

export async function down(_args: readonly string[], options: UpOptions): Promise<void> {
  const home = locateHome(process.env);
  const status = await daemonStatus(home);
  if (status !== null) await stopDaemon(home);
  if (options.json === true) printJson({ stopped: status !== null });
  else print(status === null ? 'No Writ is running here.' : 'Writ is down.');
}

export async function status(_args: readonly string[], options: UpOptions): Promise<void> {
  const home = locateHome(process.env);
  const found = await daemonStatus(home);
  if (options.json === true) printJson(found === null ? { running: false } : { running: true, ...found });
  else
    print(
      found === null
        ? `No Writ is running for ${home.root}. It starts by itself with the first writ exec.`
        : describe(found),
    );
  if (found === null) process.exitCode = exit.failed;
}

function describe(found: DaemonStatus): string {
  return table([
    ['running', `process ${found.pid}, since ${new Date(found.startedAt).toISOString()}`],
    ['governance', found.governance],
    ['policy', `${found.policyVersion.slice(0, 16)}${policyFault(found)}`],
    ['enforcement', `level ${found.enforcement}, ${found.sandbox}`],
    ['sessions', String(found.sessions)],
    [
      'log',
      `${found.logSize} entries in ${found.store === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, ${found.origin}`,
    ],
    ['verifier key', found.verifierKey],
    ['issuer', found.issuer ?? 'none: nothing is listened on (writ up --listen)'],
  ]);
}

function policyFault({ governanceFault, policyProblems }: DaemonStatus): string {
  if (governanceFault !== null) return `; ${governanceFault}, so the last good version stays in force`;
  if (policyProblems === 0) return '';
  return `; the folder has ${counted(policyProblems, 'fault')}, so the last good version stays in force (writ policy check)`;
}

/** Whether one runs that would not heed what is chosen here. */
async function wouldChange(home: Home, options: UpOptions): Promise<boolean> {
  const { policy, database } = options;
  if (!choosesAnything(options)) return false;
  const running = await daemonStatus(home);
  if (running === null) return false;
  const samePolicy = policy === undefined || realpathSync(resolve(policy)) === running.governance;
  const before = readConfiguration(home);
  const sameDatabase = database === undefined || databaseFile(database) === before?.database;
  const sameListen = JSON.stringify(listening(options, before)) === JSON.stringify(before?.listen);
  return !(samePolicy && sameDatabase && sameListen);
}

/** Options that choose are remembered, so that whatever starts Writ next uses the same. */
function choose(home: Home, options: UpOptions): void {
  const { policy, database } = options;
  if (!choosesAnything(options)) return;
  const governance = policy === undefined ? chosen(home).governance : resolve(policy);
  if (policy !== undefined) readGovernance(governance);
  const { database: before, listen: listened, ...remembered } = readConfiguration(home) ?? {};
  const file = database === undefined ? before : databaseFile(database);
  const listen = listening(options, listened === undefined ? null : { listen: listened });
  writeConfiguration(home, {
    ...remembered,
    version: 1,
    governance: realpathSync(governance),
    ...(file === undefined ? {} : { database: file }),
    ...(listen === undefined ? {} : { listen }),
  });
}

function choosesAnything({ policy, database, listen }: UpOptions): boolean {
  return policy !== undefined || database !== undefined || listen !== undefined;
}

/** `off` listens nowhere; without the option it stays as it was. */
function listening(
  { listen, tlsCertificate, tlsKey }: UpOptions,
  before: Pick<Configuration, 'listen'> | null,
): Configuration['listen'] {
  if (listen === undefined) return before?.listen;
  if (listen === 'off') return undefined;
  const chosenAddress = {
    address: listen,
    ...(tlsCertificate === undefined ? {} : { certificate: realpathSync(resolve(tlsCertificate)) }),
    ...(tlsKey === undefined ? {} : { key: realpathSync(resolve(tlsKey)) }),
  };
  assertListenable(chosenAddress);
  return chosenAddress;
}

/** `sqlite` goes back to the database in the state folder. */
function databaseFile(named: string): string | undefined {
  if (named === 'sqlite') return undefined;
  const file = resolve(named);
  readDatabaseUrl(file);
  return file;
}

/** @throws WritError `not_initialised` */
function chosen(home: Home): Configuration {
  const configuration = readConfiguration(home);
  if (configuration === null) {
    throw new WritError('not_initialised', 'no governance has been chosen yet', {
      hint: 'In your repository, run: writ init --yes',
    });
  }
  if (!existsSync(configuration.governance))
    say(`the governance folder ${configuration.governance} is gone; the last good policy stays in force`);
  return configuration;
}
