/** `writ exec` and `writ run`: ask the guard for a session, launch the sandbox, report the end. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { json as readJson } from 'node:stream/consumers';
import type { OpenSessionRequest } from '../core/api/guard.ts';
import { describingVariables, type SessionMessage, type WritRefusal } from '../core/api/session.ts';
import type { Decision } from '../core/model/decision.ts';
import { WritError, type ErrorBody } from '../core/model/errors.ts';
import { launch } from '../guard/sandbox/launcher.ts';
import type { LaunchSpec } from '../guard/sandbox/launch-spec.ts';
import { send, socketFetch } from './connection.ts';
import { ensureRunning } from './daemon-client.ts';
import { exit, exitOfVerdict } from './exit.ts';
import { locateHome, type Home } from './home.ts';
import { printJson, say } from './output.ts';

/** What a command's end is followed by, at most; a program may ask for a thousand hosts. */
const mostNoticeLines = 12;

interface ExecOptions {
  readonly profile?: string;
  readonly assistant?: string;
  readonly job?: string;
  readonly writ?: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

export function exec(argv: readonly string[], options: ExecOptions): Promise<void> {
  return launchGoverned('exec', argv, options);
}

export function run(argv: readonly string[], options: ExecOptions): Promise<void> {
  return launchGoverned('run', argv, options);
}

async function launchGoverned(
  kind: 'exec' | 'run',
  argv: readonly string[],
  options: ExecOptions,
): Promise<void> {
  if (argv.length === 0) {
    say(`which command? Use: writ ${kind} -- COMMAND ARGUMENT…`);
    process.exitCode = exit.usage;
    return;
  }
  assertArgumentsAreText();
  const home = locateHome(process.env);
  process.exitCode = await converse(home, sessionRequest(kind, argv, options), options);
}

/** Node replaces what is not UTF-8 in its arguments: another command would be decided, and run, than was asked for. */
function assertArgumentsAreText(): void {
  if (isUtf8(readFileSync('/proc/self/cmdline'))) return;
  throw new WritError('arguments_not_text', 'an argument is not UTF-8 text', {
    hint: 'Give such a name through a script or a file of names, not as an argument.',
  });
}

function sessionRequest(
  kind: 'exec' | 'run',
  argv: readonly string[],
  options: ExecOptions,
): OpenSessionRequest {
  const environment = Object.fromEntries(
    describingVariables.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );
  return {
    kind,
    argv: [...argv],
    directory: process.cwd(),
    terminal: isatty(0) && isatty(1),
    environment,
    assistant: options.assistant ?? null,
    profile: options.profile ?? null,
    job: options.job ?? null,
    writ: options.writ ?? null,
    wait: options.wait === true,
  };
}

/** Follows the guard's messages until the command has ended; resolves to the exit status. */
async function converse(home: Home, request: OpenSessionRequest, options: ExecOptions): Promise<number> {
  const stream = await openStream(home, request);
  if (stream.statusCode !== 200) throw await faultOf(stream);
  const stop = new AbortController();
  let running: Promise<number> | null = null;
  let ended = false;
  const notices: string[] = [];
  for await (const message of messages(stream)) {
    switch (message.type) {
      case 'waiting':
        say(`waiting for ${message.missing.join(', ')}; an approver runs: writ approve ${message.approval}`);
        break;
      case 'launch':
        running = launchAndReport(home, message.session, message.spec as LaunchSpec, stop.signal).finally(
          () => {
            ended = true;
            stream.destroy();
          },
        );
        break;
      case 'notice':
        notices.push(...message.text);
        break;
      case 'kill':
        say(message.reason);
        stop.abort(message.reason);
        break;
      case 'refused':
        stream.destroy();
        return refused(message.decision, message.approval, options);
      case 'no-writ':
        stream.destroy();
        return withoutWrit(message.refusal, options);
      case 'fault':
        stream.destroy();
        throw new WritError(
          message.code,
          message.message,
          message.hint === null ? {} : { hint: message.hint },
        );
    }
  }
  if (running === null)
    throw new WritError('connection_lost', 'Writ went away before the command could start');
  if (!ended) {
    say('Writ went away, so the command is killed');
    stop.abort();
  }
  const status = await running;
  for (const line of notices.slice(0, mostNoticeLines)) say(line);
  if (notices.length > mostNoticeLines)
    say('there is more on the log: writ log search --type egress.refused');
  return status;
}

/** A connection that breaks is one that ends: what it means depends on whether the command runs. */
async function* messages(stream: IncomingMessage): AsyncGenerator<SessionMessage> {
  const reader = createInterface({ input: stream, crlfDelay: Infinity });
  stream.on('close', () => reader.close());
  try {
    for await (const line of reader) yield JSON.parse(line) as SessionMessage;
  } catch {
    // Broken off, perhaps in the middle of a line.
  }
}

/** Starts Writ only where none answers: asking first would cost every command a round trip. */
async function openStream(home: Home, request: OpenSessionRequest): Promise<IncomingMessage> {
  try {
    return await send(home, '/guard/sessions', { body: request });
  } catch (error) {
    if (!(error instanceof WritError) || error.code !== 'not_running') throw error;
  }
  await ensureRunning(home);
  return send(home, '/guard/sessions', { body: request });
}

async function faultOf(stream: Readable): Promise<WritError> {
  const { error } = (await readJson(stream)) as ErrorBody;
  return new WritError(error.code, error.message, error.hint === null ? {} : { hint: error.hint });
}

async function launchAndReport(
  home: Home,
  session: string,
  spec: LaunchSpec,
  signal: AbortSignal,
): Promise<number> {
  const result = await launch(spec, { signal });
  const answer = await socketFetch(home)(`/guard/sessions/${session}/end`, {
    body: {
      exitCode: result.exitCode,
      signal: result.signal,
      outcome: result.reason,
      durationMs: result.durationMs,
      ...result.resources,
      planted: result.planted.slice(0, 1000),
    },
  }).catch(() => null);
  if (answer === null || !answer.ok) say('the end of the command could not be recorded by its launcher');
  for (const path of result.planted) say(`removed ${path}: git outside the sandbox would have obeyed it`);
  return result.exitCode;
}

function refused(decision: Decision, approval: string | null, options: ExecOptions): number {
  if (options.json === true) printJson({ ...decision, approval });
  const word = decision.decision === 'deny' ? 'denied' : 'needs more evidence';
  say(`${word}: ${decision.reason}`);
  if (decision.missing.length > 0) say(`missing: ${decision.missing.join(', ')}`);
  if (approval !== null)
    say(`an approver can decide it with: writ approve ${approval}; then run the same command again`);
  if (decision.advice !== null) say(decision.advice);
  return exitOfVerdict[decision.decision];
}

function withoutWrit(refusal: WritRefusal, options: ExecOptions): number {
  if (options.json === true) printJson(refusal);
  say(`no writ: ${refusal.reason}`);
  if (refusal.advice !== null) say(refusal.advice);
  return exitOfVerdict[refusal.decision];
}
