import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { fault } from './faults.ts';

/** Where the system's own programs are. The caller's PATH is not asked: it may lead into the repository. */
const systemDirectories = ['/usr/bin', '/bin', '/usr/local/bin'];

export function systemProgram(name: string): string | null {
  for (const directory of systemDirectories) {
    const path = `${directory}/${name}`;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return null;
}

export interface Run {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  /** Milliseconds until the program is killed. */
  readonly timeout?: number;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const maxOutput = 16 * 1024 * 1024;

/**
 * Runs a program in an environment made from nothing.
 * @throws WritError `git_timeout`, or `git_failed` when it cannot start or says more than 16 MiB
 */
export function runProgram(program: string, args: readonly string[], run: Run): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const child = spawn(program, args, {
    cwd: run.cwd,
    env: { PATH: systemDirectories.join(':'), HOME: '/nonexistent', LC_ALL: 'C', ...run.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const fail = (code: 'git_timeout' | 'git_failed', message: string, cause?: unknown) => {
    child.kill('SIGKILL');
    reject(fault(code, `${program} ${args[0] ?? ''} ${message}`, { cause }));
  };
  const timer = setTimeout(() => fail('git_timeout', 'did not answer in time'), run.timeout ?? 10_000);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let size = 0;
  const collect = (into: Buffer[]) => (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxOutput) fail('git_failed', 'says more than can be right');
    else into.push(chunk);
  };
  child.stdout.on('data', collect(stdout));
  child.stderr.on('data', collect(stderr));
  // A program that does not read its input is no fault of ours: its exit code tells.
  child.stdin.on('error', () => undefined);
  child.stdin.end(run.input ?? '');
  child.on('error', (error) => {
    clearTimeout(timer);
    fail('git_failed', 'could not be started', error);
  });
  child.on('close', (code) => {
    clearTimeout(timer);
    resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') });
  });
  return promise;
}
