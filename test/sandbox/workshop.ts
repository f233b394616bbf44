/** A place to try sandboxes in: a guard and a launcher, folders owned by the user that launches, and ways to run things. */
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { buildEnvironment, systemPath } from '../../src/guard/sandbox/environment.ts';
import type { SandboxRequest } from '../../src/guard/sandbox/launch-spec.ts';
import type { LaunchFailure, LaunchResult } from './launching.ts';

const root = resolve(import.meta.dirname, '../..');

export interface User {
  readonly name: string;
  readonly uid: number;
  /** What to put before a command so that it runs as this user. */
  readonly prefix: readonly string[];
}

const own: User = {
  name: process.getuid?.() === 0 ? 'root' : 'the caller',
  uid: process.getuid?.() ?? 0,
  prefix: [],
};
const stranger = 23_456;

/** Whoever runs the tests, and where that is root, also somebody without any rights. */
export const users: readonly User[] =
  own.uid !== 0
    ? [own]
    : [
        own,
        {
          name: 'an unprivileged user',
          uid: stranger,
          prefix: [
            'setpriv',
            '--reuid',
            String(stranger),
            '--regid',
            String(stranger),
            '--clear-groups',
            '--',
          ],
        },
      ];

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly result: (LaunchResult & { error?: undefined }) | LaunchFailure;
}

export type Changes = Partial<SandboxRequest> & { readonly killAfterMs?: number };

export class Workshop implements Disposable {
  readonly directory: string;
  readonly worktree: string;
  readonly node: string;
  readonly user: User;
  readonly #guard: ChildProcess;
  #count = 0;

  constructor(user: User, name = 'repository') {
    this.user = user;
    this.directory = realpathSync(mkdtempSync(join(tmpdir(), 'writ-sandbox-')));
    chmodSync(this.directory, 0o755);
    this.worktree = join(this.directory, name);
    for (const path of [this.directory, this.worktree]) this.#own(path);
    buildNative('all');
    this.#install();
    this.node = this.#reachableNode();
    this.#guard = this.#startGuard();
    this.outside(['git', 'init', '--quiet', '--initial-branch=main', this.worktree]);
  }

  /** A path within the workshop, outside the repository. */
  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** A file of the user's. */
  write(path: string, content: string, mode = 0o644): string {
    const absolute = resolve(this.worktree, path);
    mkdirSync(resolve(absolute, '..'), { recursive: true });
    writeFileSync(absolute, content);
    chmodSync(absolute, mode);
    if (own.uid === 0)
      spawnSync('chown', ['-R', `${this.user.uid}:${this.user.uid}`, resolve(absolute, '..')]);
    return absolute;
  }

  /** Runs a command as the user without any sandbox. */
  outside(argv: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string } = {}) {
    const [program = '', ...args] = [...this.user.prefix, ...argv];
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd: this.worktree,
      encoding: 'utf8',
      // Programs of the system: what is in somebody's home, others cannot run.
      env: { ...process.env, PATH: systemPath.join(':') },
      ...options,
    });
    if (error) throw error;
    return { status, stdout, stderr };
  }

  /** Starts the launcher and does not wait. */
  start(
    argv: readonly string[],
    changes: Changes = {},
    stdio: StdioOptions = 'pipe',
    env?: NodeJS.ProcessEnv,
  ) {
    const { command, result } = this.#prepare(argv, changes);
    const [program = '', ...args] = [...this.user.prefix, ...command];
    const child: ChildProcess = spawn(program, args, {
      stdio,
      cwd: this.directory,
      ...(env === undefined ? {} : { env }),
    });
    return { child, result, started: `${result}.started` };
  }

  /** The command that launches `argv` in a sandbox, to be started as the user in a way of the test's own. */
  command(argv: readonly string[], changes: Changes = {}) {
    const { command, result } = this.#prepare(argv, changes);
    return { argv: command, result };
  }

  /** Runs a command in a sandbox to its end. */
  inside(
    argv: readonly string[],
    changes: Changes = {},
    options: { input?: string | Buffer; env?: NodeJS.ProcessEnv } = {},
  ): Outcome {
    const { argv: command, result } = this.command(argv, changes);
    const [program = '', ...args] = [...this.user.prefix, ...command];
    const output = openSync(`${result}.out`, 'w+');
    const { status, stderr, error } = spawnSync(program, args, {
      cwd: this.directory,
      stdio: ['pipe', output, 'pipe'],
      input: options.input ?? '',
      ...(options.env === undefined ? {} : { env: options.env }),
      maxBuffer: 1 << 28,
    });
    closeSync(output);
    if (error) throw error;
    if (!existsSync(result)) throw new Error(`the launcher failed: ${stderr.toString()}`);
    return {
      status,
      stdout: readFileSync(`${result}.out`, 'utf8'),
      stderr: stderr.toString(),
      result: JSON.parse(readFileSync(result, 'utf8')),
    };
  }

  [Symbol.dispose](): void {
    this.#guard.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  #prepare(argv: readonly string[], changes: Changes) {
    const terminal = changes.terminal ?? false;
    const request: SandboxRequest = {
      command: { argv },
      cwd: this.worktree,
      worktree: this.worktree,
      repository: 'read-write',
      gitDirectories: [],
      hide: [],
      environment: buildEnvironment({
        searchPath: [],
        caller: { TERM: 'xterm', LANG: 'C.UTF-8' },
        extra: {},
        session: 'ses_test',
        terminal,
      }),
      limits: {
        cpuSeconds: 600,
        processes: 256,
        fileSizeMiB: 4096,
        openFiles: 1024,
        memoryMiB: 8192,
        wallSeconds: 300,
      },
      identity: { name: 'Writ: local', email: 'local@writ.invalid' },
      terminal,
      ...changes,
    };
    this.#count += 1;
    const name = this.path('runs', String(this.#count));
    writeFileSync(`${name}.json`, JSON.stringify(request));
    const home = `WRIT_HOME=${this.path('state')}`;
    const launcher = [this.path('native/build/writ-exec'), 'exec', '--started', '--job', String(this.#count)];
    return { command: ['/usr/bin/env', home, ...launcher, '--', 'governed'], result: `${name}.result` };
  }

  #own(path: string): void {
    mkdirSync(path, { recursive: true });
    if (own.uid === 0) chownSync(path, this.user.uid, this.user.uid);
  }

  /** As shipped: one bundle, the native program beside it. The checkout itself may be unreadable for others. */
  #install(): void {
    for (const folder of ['dist', 'native/build', 'runs', 'state']) this.#own(this.path(folder));
    copyFileSync(join(root, 'native/build/writ-exec'), this.path('native/build/writ-exec'));
    buildSync({
      entryPoints: [join(import.meta.dirname, 'launch-guard.ts')],
      outfile: this.path('dist/guard.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
  }

  #startGuard(): ChildProcess {
    const command = [this.node, this.path('dist/guard.mjs'), this.path('state'), this.path('runs')];
    const [program = '', ...args] = [...this.user.prefix, ...command];
    const guard = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: this.directory });
    const nap = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; !existsSync(this.path('state/run/launch.sock')); waited += 10) {
      if (waited > 20_000) throw new Error('the guard does not start');
      Atomics.wait(nap, 0, 0, 10);
    }
    return guard;
  }

  #reachableNode(): string {
    if (this.outside([process.execPath, '--version'], { cwd: '/' }).status === 0) return process.execPath;
    const copy = this.path('node');
    copyFileSync(process.execPath, copy);
    return copy;
  }
}

export function buildNative(target: 'all' | 'older' | 'sanitized'): void {
  const { status, stderr } = spawnSync('make', ['--silent', '-C', join(root, 'native'), target], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the native build failed: ${stderr}`);
}

/** Compiles a C program of the tests. */
export function compile(source: string, output: string): void {
  const { status, stderr } = spawnSync('cc', ['-O1', '-static', '-D_GNU_SOURCE', '-o', output, source], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cannot compile ${source}: ${stderr}`);
}

export async function until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`in vain: waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
