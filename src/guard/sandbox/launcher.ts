/**
 * Starts a command in its sandbox and stays until all of it has ended. The standard streams are the command's own,
 * with nothing in between. Whatever kills this process also kills the sandbox.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fstatSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { createProcessCgroup, findProcessCgroup, type ProcessCgroup } from './cgroup.ts';
import { encodeBlock, killAll, parseMessage, takeForeground, type End, type Message } from './control.ts';
import { sandboxError } from './errors.ts';
import type { LaunchSpec } from './launch-spec.ts';

export interface LaunchOptions {
  /** Descriptors for the command's standard streams; by default this process's own. */
  readonly stdio?: readonly [number, number, number];
  /** Called when the command is about to run. */
  readonly onStarted?: () => void;
  /** Kills the whole tree. */
  readonly signal?: AbortSignal;
}

export interface LaunchResult extends End {
  readonly durationMs: number;
  /** What the command planted to be obeyed by git outside the sandbox; it has been removed. */
  readonly planted: readonly string[];
}

/** What a command can meaningfully be sent; SIGWINCH and the stops reach it from the terminal itself where it has one. */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const;
const forwardedWithoutTerminal = ['SIGWINCH', 'SIGTSTP'] as const;

/** Between asking for the end of the tree and ending its first process from outside, milliseconds. */
const killPatience = 2000;
/** Until a stop that was sent to our own group has taken hold, milliseconds. */
const stopDelay = 20;
const largestComplaint = 4096;

/** @throws WritError `sandbox_failed` when the sandbox could not be set up: then nothing of the command ran */
export async function launch(spec: LaunchSpec, options: LaunchOptions = {}): Promise<LaunchResult> {
  const stdio = options.stdio ?? [0, 1, 2];
  refuseDirectories(stdio);
  const foreground = spec.terminal && isForeground();
  const started = performance.now();
  using cgroup = limitProcesses(spec);
  const running = new RunningSandbox(start(spec, stdio, cgroup), spec, options);
  const end = await running.run(foreground);
  if (foreground && !isForeground()) takeTerminalBack(spec.writExec, stdio[0]);
  return { ...end, durationMs: performance.now() - started, planted: removePlanted(spec.forbidden) };
}

/** An open folder of the host is a way into all of it, whatever is mounted. */
function refuseDirectories(stdio: readonly number[]): void {
  const open = stdio.findIndex((fd) => isDirectory(fd));
  if (open < 0) return;
  throw sandboxError('sandbox_failed', `standard ${['input', 'output', 'error'][open]} is a directory`, {
    hint: 'Redirect it from or to a file',
  });
}

function isDirectory(fd: number): boolean {
  try {
    return fstatSync(fd).isDirectory();
  } catch {
    return false;
  }
}

function limitProcesses(spec: LaunchSpec): ProcessCgroup | null {
  const folder = spec.processLimit === 'cgroup' ? findProcessCgroup() : null;
  return folder === null ? null : createProcessCgroup(folder, spec.limits.processes);
}

function start(
  spec: LaunchSpec,
  stdio: readonly [number, number, number],
  cgroup: ProcessCgroup | null,
): ChildProcess {
  const args = ['launch', ...(cgroup === null ? [] : ['--cgroup', cgroup.path])];
  // Standard error belongs to the set-up until the command starts, so that its complaints become an error of ours.
  return spawn(spec.writExec, args, {
    stdio: [stdio[0], stdio[1], 'pipe', 'pipe', stdio[2]],
    env: {},
    cwd: '/',
  });
}

class RunningSandbox {
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  readonly #spec: LaunchSpec;
  readonly #options: LaunchOptions;
  #started = false;
  #end: End | null = null;
  #complaint = '';
  #killTimer: NodeJS.Timeout | null = null;

  constructor(child: ChildProcess, spec: LaunchSpec, options: LaunchOptions) {
    this.#child = child;
    this.#control = child.stdio[3] as Duplex;
    this.#spec = spec;
    this.#options = options;
  }

  async run(foreground: boolean): Promise<End> {
    const names = this.#spec.terminal ? forwarded : [...forwarded, ...forwardedWithoutTerminal];
    const forward = (name: NodeJS.Signals): void => this.#forward(name);
    const kill = (): void => this.#kill();
    const { signal } = this.#options;
    for (const name of names) process.on(name, forward);
    signal?.addEventListener('abort', kill);
    try {
      const ended = this.#watch();
      this.#control.write(handOver(this.#spec, foreground));
      if (signal?.aborted === true) kill();
      await ended;
    } finally {
      for (const name of names) process.off(name, forward);
      signal?.removeEventListener('abort', kill);
      if (this.#killTimer !== null) clearTimeout(this.#killTimer);
      this.#control.destroy();
    }
    return this.#outcome();
  }

  /** Settles when the last process is gone and everything that was said has been read. */
  #watch(): Promise<void> {
    const complaints = this.#child.stderr as Readable;
    complaints.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, largestComplaint);
    });
    let unread = '';
    this.#control.setEncoding('utf8').on('data', (text: string) => {
      const lines = (unread + text).split('\n');
      unread = lines.pop() ?? '';
      for (const line of lines) this.#receive(parseMessage(line));
    });
    // The other side is gone, which its end will tell.
    this.#control.on('error', () => {});
    return new Promise((resolve, reject) => {
      this.#child.once('error', (cause) => {
        reject(sandboxError('sandbox_failed', `${this.#spec.writExec} cannot be started`, { cause }));
      });
      this.#child.once('close', () => resolve());
    });
  }

  #receive(message: Message | null): void {
    if (message?.type === 'started') {
      this.#started = true;
      this.#options.onStarted?.();
    } else if (message?.type === 'stopped') {
      this.#stopWithCommand();
    } else if (message?.type === 'ended') {
      this.#end = message.end;
    }
  }

  #forward(name: NodeJS.Signals): void {
    if (name === 'SIGCONT') this.#resume();
    else this.#send(constants.signals[name]);
  }

  /** The shell that waits for us must see the stop, as it would of the command itself. */
  #stopWithCommand(): void {
    if (this.#spec.terminal) process.kill(0, 'SIGTSTP');
    else process.kill(process.pid, 'SIGSTOP');
    // Runs when we are continued, or soon where nobody could continue us and the system dropped the stop.
    setTimeout(() => this.#resume(), stopDelay);
  }

  #resume(): void {
    if (this.#spec.terminal && isForeground()) this.#send(takeForeground);
    this.#send(constants.signals.SIGCONT);
  }

  #send(request: number): void {
    if (this.#control.writable) this.#control.write(Buffer.of(request));
  }

  #kill(): void {
    this.#send(killAll);
    this.#killTimer ??= setTimeout(() => this.#child.kill('SIGKILL'), killPatience);
  }

  #outcome(): End {
    if (this.#end !== null) return this.#end;
    if (this.#options.signal?.aborted === true) return endOf('killed');
    if (this.#started) return endOf('killed');
    const said = this.#complaint.trim().replace(/^(bwrap|writ): /, '');
    throw sandboxError(
      'sandbox_failed',
      `the sandbox could not be set up: ${said === '' ? 'no reason given' : said}`,
      {
        hint: 'See: writ status',
      },
    );
  }
}

/** Killed from outside before it could say what it used. */
function endOf(reason: End['reason']): End {
  return { reason, exitCode: 137, signal: 'SIGKILL', resources: { userMs: 0, systemMs: 0, maxRssKiB: 0 } };
}

/** For `writ-exec launch`: bubblewrap's data. For `writ-exec init`: settings, environment and command. */
function handOver(spec: LaunchSpec, foreground: boolean): Buffer {
  const args = spec.bubblewrapArguments.map((word) => `${word}\0`).join('');
  const { limits } = spec;
  const limit = (name: string, value: number): string[] => ['limit', name, String(value)];
  const settings = [
    ...(foreground ? ['foreground'] : []),
    'wall-ms',
    String(limits.wallSeconds * 1000),
    ...limit('core', 0),
    ...limit('cpu', limits.cpuSeconds),
    ...limit('fsize', limits.fileSizeMiB * 1024 * 1024),
    ...limit('nofile', limits.openFiles),
    ...limit('nproc', limits.processes),
    ...spec.mountTable.required.flatMap((path) => ['mount', path]),
    ...spec.mountTable.optional.flatMap((path) => ['may-mount', path]),
    ...spec.expectations.flatMap(({ path, identity, readOnly }) => [
      'expect',
      readOnly ? 'ro' : 'rw',
      identity,
      path,
    ]),
    ...spec.relays.flatMap((relay) => ['relay', relay]),
    'directory',
    spec.cwd,
  ];
  return Buffer.concat([
    encodeBlock([spec.bubblewrap, args, Buffer.from(spec.seccomp, 'base64'), ...spec.files]),
    encodeBlock(settings),
    encodeBlock(
      [...Object.entries(spec.environment), ...inherited(spec)].map(([name, value]) => `${name}=${value}`),
    ),
    encodeBlock(spec.argv),
  ]);
}

function inherited({ inherit }: LaunchSpec): (readonly [string, string])[] {
  return inherit.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

/** Whether our process group owns our terminal (proc(5): pgrp and tpgid). */
function isForeground(): boolean {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  return fields[2] !== undefined && fields[2] === fields[5];
}

/** A process group of the sandbox that had the terminal is gone; a script that goes on after us needs it. */
function takeTerminalBack(writExec: string, terminal: number): void {
  spawnSync(writExec, ['foreground'], { stdio: [terminal, 'ignore', 'ignore'], env: {} });
}

/** After the end, when nothing can plant it anew. */
function removePlanted(forbidden: readonly string[]): string[] {
  const planted = forbidden.filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
  for (const path of planted) rmSync(path, { recursive: true, force: true });
  return planted;
}
