/** `writ up`, `writ down`, `writ status`. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { WritError } from '../core/model/errors.ts';
import { readConfiguration, writeConfiguration } from './configuration.ts';
import { daemonStatus, ensureRunning, stopDaemon, type DaemonStatus } from './daemon-client.ts';
import { exit } from './exit.ts';
import { readGovernance } from './governance.ts';
import { locateHome, prepareHome, type Home } from './home.ts';
import { print, printJson, say, table } from './output.ts';

interface UpOptions {
  readonly foreground?: boolean;
  readonly policy?: string;
  readonly json?: boolean;
}

export async function up(_args: readonly string[], options: UpOptions): Promise<void> {
  const home = locateHome(process.env);
  prepareHome(home);
  if (options.policy !== undefined) chooseGovernance(home, resolve(options.policy));
  if (options.foreground === true) {
    const { runDaemon } = await import('./daemon.ts');
    await runDaemon(home, chosenGovernance(home));
    return;
  }
  chosenGovernance(home);
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
    [
      'policy',
      `${found.policyVersion.slice(0, 16)}${found.policyProblems > 0 ? `; the folder has ${found.policyProblems} faults, so the last good version stays in force (writ policy check)` : ''}`,
    ],
    ['enforcement', `level ${found.enforcement}, ${found.sandbox}`],
    ['sessions', String(found.sessions)],
    ['log', `${found.logSize} entries, ${found.origin}`],
    ['verifier key', found.verifierKey],
  ]);
}

function chooseGovernance(home: Home, folder: string): void {
  readGovernance(folder);
  writeConfiguration(home, { version: 1, governance: realpathSync(folder) });
}

/** @throws WritError `not_initialised` */
function chosenGovernance(home: Home): string {
  const folder = readConfiguration(home)?.governance;
  if (folder === undefined) {
    throw new WritError('not_initialised', 'no governance has been chosen yet', {
      hint: 'In your repository, run: writ init --yes',
    });
  }
  if (!existsSync(folder))
    say(`the governance folder ${folder} is gone; the last good policy stays in force`);
  return folder;
}
