/** Finding, starting and speaking to the running Writ. */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WritError } from '../core/model/errors.ts';
import { socketFetch } from './connection.ts';
import { prepareHome, type Home } from './home.ts';
import { say } from './output.ts';

const startDeadlineMs = 20_000;

export interface DaemonStatus {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
  readonly governance: string;
  /** Why the governance folder cannot be read as it is now. */
  readonly governanceFault: string | null;
  readonly policyVersion: string;
  readonly policyProblems: number;
  readonly sessions: number;
  readonly logSize: number;
  readonly origin: string;
  readonly verifierKey: string;
  readonly enforcement: number;
  readonly sandbox: string;
  /** Of tokens; null where none is configured. */
  readonly issuer: string | null;
  readonly store: 'sqlite' | 'postgresql';
}

/** Null when none is running. */
export async function daemonStatus(home: Home): Promise<DaemonStatus | null> {
  try {
    const response = await socketFetch(home)('/daemon/status');
    return response.json() as DaemonStatus;
  } catch (error) {
    if (error instanceof WritError && error.code === 'not_running') return null;
    throw error;
  }
}

/** Resolves when it has gone and all that it held is free for the next one. */
export async function stopDaemon(home: Home): Promise<void> {
  await socketFetch(home)('/daemon/stop', { method: 'POST' });
  while ((await daemonStatus(home).catch(() => null)) !== null) await sleep(20);
  const { acquireDaemonLock } = await import('./daemon-lock.ts');
  for (let lock = null; lock === null; await sleep(20)) {
    lock = acquireDaemonLock(home);
    lock?.release();
  }
}

/** Starts the embedded Writ where none is running; it stays for the next call. */
export async function ensureRunning(home: Home): Promise<DaemonStatus> {
  const status = await daemonStatus(home);
  if (status !== null) return status;
  prepareHome(home);
  return startDaemon(home);
}

async function startDaemon(home: Home): Promise<DaemonStatus> {
  const output = openSync(home.daemonLog, 'a', 0o600);
  const saidBefore = fstatSync(output).size;
  const args = [...process.execArgv, process.argv[1] ?? '', 'up', '--foreground'];
  // Its own session, so that Ctrl-C in this terminal does not reach it; its own folder, so that none is kept busy.
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: home.root,
    env: daemonEnvironment(home),
  });
  closeSync(output);
  let exitCode: number | null = null;
  child.on('exit', (code) => (exitCode = code ?? 1));
  child.unref();
  const begun = Date.now();
  let announced = false;
  while (Date.now() - begun < startDeadlineMs) {
    const status = await daemonStatus(home);
    if (status !== null) return status;
    // Another process may have won the race to start: then this child leaves with 0 and the other answers soon.
    if (exitCode !== null && exitCode !== 0) throw startFailure(home, saidBefore);
    if (!announced && Date.now() - begun > 1000) {
      announced = true;
      say('starting Writ…');
    }
    await sleep(15);
  }
  throw startFailure(home, saidBefore);
}

/** The daemon gets what it needs by name, and nothing else of the caller's environment. */
function daemonEnvironment(home: Home): NodeJS.ProcessEnv {
  const kept = [
    'PATH',
    'HOME',
    'LANG',
    'TZ',
    'ANTHROPIC_BASE_URL',
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_AUTH_TOKEN',
    'WRIT_DNS_SERVER',
    'WRIT_DEBUG',
  ];
  const keyFile = process.env['WRIT_MODEL_KEY_FILE'];
  return {
    ...(keyFile === undefined ? {} : { WRIT_MODEL_KEY_FILE: resolve(keyFile) }),
    ...Object.fromEntries(
      kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    WRIT_HOME: home.root,
  };
}

/** With the last of what this start said, not an earlier one. */
function startFailure(home: Home, from: number): WritError {
  const lines = readFileSync(home.daemonLog).subarray(from).toString('utf8').trimEnd().split('\n').slice(-4);
  const said = lines.map((line) => line.replace(/^writ: +/, '')).join('\n');
  return new WritError('start_failed', `Writ could not start:\n${said}`, {
    hint: `All it said is in ${home.daemonLog}`,
  });
}
