/** A guard of the tests' own: what it sends a launcher is what the test planned. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Server } from 'node:net';
import type { EndSessionRequest } from '../../src/core/api/guard.ts';
import { WritError } from '../../src/core/model/errors.ts';
import { launcherServer, type LauncherHandlers } from '../../src/guard/launcher/server.ts';
import type { LaunchSpec } from '../../src/guard/sandbox/launch-spec.ts';

const launcher = resolve(import.meta.dirname, '../../native/build/writ-exec');

/** Enough for what the tests of launching start. */
export const smallLimits: LaunchSpec['limits'] = {
  cpuSeconds: 60,
  processes: 64,
  fileSizeMiB: 10,
  openFiles: 256,
  memoryMiB: 8192,
  wallSeconds: 60,
};

export interface LaunchResult {
  readonly reason: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  readonly resources: { readonly userMs: number; readonly systemMs: number; readonly maxRssKiB: number };
  readonly planted: readonly string[];
}

export interface LaunchFailure {
  readonly error: { readonly code: string; readonly message: string };
}

/** Where a launcher with this folder for its WRIT_HOME looks for its guard. */
export async function listen(home: string, handlers: LauncherHandlers): Promise<Server> {
  mkdirSync(join(home, 'run'), { recursive: true });
  const server = launcherServer(handlers);
  server.listen(join(home, 'run/launch.sock'));
  await once(server, 'listening');
  return server;
}

export function resultOf(end: EndSessionRequest): LaunchResult | LaunchFailure {
  const { outcome, exitCode, signal, durationMs, userMs, systemMs, maxRssKiB, planted, complaint } = end;
  if (outcome === 'not-started') return { error: { code: 'sandbox_failed', message: complaint.trim() } };
  const resources = { userMs, systemMs, maxRssKiB };
  return { reason: outcome, exitCode, signal, durationMs, resources, planted };
}

/** Launches it, with nothing for its streams. @throws `sandbox_failed` when nothing of it ran */
export async function launch(spec: LaunchSpec, program = launcher): Promise<LaunchResult> {
  const home = mkdtempSync(join(tmpdir(), 'writ-launch-'));
  const ended = Promise.withResolvers<LaunchResult | LaunchFailure>();
  const server = await listen(home, {
    async open(_request, channel) {
      channel.send({ type: 'launch', session: 'one', spec });
      channel.send({ type: 'start' });
    },
    async end(_session, end) {
      ended.resolve(resultOf(end));
      return [];
    },
    report: ended.reject,
  });
  try {
    const child = spawn(program, ['exec', '--started', '--', 'what', 'the', 'guard', 'planned'], {
      env: { WRIT_HOME: home },
      stdio: 'ignore',
    });
    const [result] = await Promise.all([ended.promise, once(child, 'exit')]);
    if ('error' in result) throw new WritError(result.error.code, result.error.message);
    return result;
  } finally {
    server.close();
    rmSync(home, { recursive: true, force: true });
  }
}
