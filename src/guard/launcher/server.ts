/** Where launchers come: a Unix socket, one connection for each, open as long as its command lives. */
import { createServer, type Server, type Socket } from 'node:net';
import { ZodError } from 'zod';
import type { EndSessionRequest, OpenSessionRequest, UsageReport } from '../../core/api/guard.ts';
import { WritError } from '../../core/model/errors.ts';
import { BlockReader } from './blocks.ts';
import { decodeEnd, decodeRequest, decodeUsage, encodeMessage } from './messages.ts';
import type { Channel } from '../session.ts';
import { launcherProcess, type LauncherProcess } from './process.ts';
import type { SessionMessage } from './session-message.ts';

export interface LauncherHandlers {
  /** Answers over the channel; resolves when the command may start, or may not. */
  open(request: OpenSessionRequest, channel: Channel): Promise<void>;
  /** What to tell people once the end is on record. */
  end(session: string, end: EndSessionRequest): Promise<readonly string[]>;
  /** The command is about to run. */
  started?(session: string): void;
  /** What the command uses, once a second where that is limited. */
  used?(session: string, usage: UsageReport): void;
  report(error: unknown): void;
}

/** Until a launcher that was told to kill its tree is killed itself, and its tree with it, milliseconds. */
const killPatience = 400;

/** Of what is said at the end of a command. */
const mostNoticeLines = 12;

export function launcherServer(handlers: LauncherHandlers): Server {
  return createServer((socket) => new Connection(socket, handlers));
}

class Connection {
  readonly #socket: Socket;
  readonly #handlers: LauncherHandlers;
  readonly #gone = new AbortController();
  #fields: readonly Buffer[] | null = null;
  #opened = false;
  /** Whether the guard is done with opening, and it came to no fault. */
  #opening: Promise<boolean> = Promise.resolve(false);
  #session: string | null = null;
  #launcher: LauncherProcess | null = null;
  readonly #notices: string[] = [];

  constructor(socket: Socket, handlers: LauncherHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    const reader = new BlockReader();
    socket.on('error', () => {});
    socket.on('close', () => this.#gone.abort());
    socket.on('data', (chunk) => {
      try {
        for (const block of reader.read(chunk)) this.#receive(block);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #receive(block: readonly Buffer[]): void {
    const type = this.#opened ? block[0]?.toString('utf8') : undefined;
    if (this.#fields === null) this.#fields = block;
    else if (!this.#opened) this.#open(this.#fields, block);
    else if (type === 'ended' && this.#session !== null) void this.#end(this.#session, block);
    else if (type === 'started' && this.#session !== null) this.#handlers.started?.(this.#session);
    else if (type === 'used' && this.#session !== null)
      this.#handlers.used?.(this.#session, decodeUsage(block));
  }

  #open(fields: readonly Buffer[], argv: readonly Buffer[]): void {
    this.#opened = true;
    const request = decodeRequest(fields, argv);
    this.#launcher = launcherProcess(request.process);
    const channel = {
      send: (message: SessionMessage) => this.#send(message),
      launcher: this.#socket,
      closed: this.#gone.signal,
    };
    this.#opening = this.#handlers.open(request, channel).then(
      () => true,
      (error: unknown) => {
        this.#fail(error);
        return false;
      },
    );
  }

  /** A sandbox may fail before its start is on record; its end comes after. */
  async #end(session: string, block: readonly Buffer[]): Promise<void> {
    this.#session = null;
    this.#launcher = null;
    try {
      const end = decodeEnd(block);
      if (!(await this.#opening)) return;
      const lines = await this.#handlers.end(session, end);
      this.#send({ type: 'recorded', lines: [...this.#toldAtTheEnd(), ...lines] });
    } catch (error) {
      this.#handlers.report(error);
      this.#socket.end();
    }
  }

  #send(message: SessionMessage): void {
    if (this.#gone.signal.aborted) return;
    if (message.type === 'notice') {
      this.#notices.push(...message.text);
      return;
    }
    if (message.type === 'launch') this.#session = message.session;
    if (message.type === 'kill') this.#insist();
    this.#socket.write(encodeMessage(message));
  }

  #toldAtTheEnd(): string[] {
    const told = this.#notices.slice(0, mostNoticeLines);
    return told.length === this.#notices.length
      ? told
      : [...told, 'there is more on the log: writ log search --type egress.refused'];
  }

  /** A launcher that was stopped, or that does not heed us, must not keep its tree alive. */
  #insist(): void {
    setTimeout(() => {
      if (!this.#gone.signal.aborted) this.#launcher?.kill();
    }, killPatience).unref();
  }

  #fail(error: unknown): void {
    this.#send(faultMessage(error, (fault) => this.#handlers.report(fault)));
    this.#socket.end();
  }
}

function faultMessage(error: unknown, report: (error: unknown) => void): SessionMessage {
  if (error instanceof WritError) {
    return { type: 'fault', code: error.code, message: error.message, hint: error.hint };
  }
  if (error instanceof ZodError) {
    const [issue] = error.issues;
    const message = `${issue?.path.join('.') || 'the request'}: ${issue?.message ?? 'is not as it must be'}`;
    return { type: 'fault', code: 'request_invalid', message, hint: null };
  }
  report(error);
  return {
    type: 'fault',
    code: 'unexpected',
    message: 'the guard failed; the command was not started',
    hint: 'See: writ status',
  };
}
