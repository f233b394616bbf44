/** HTTP to the running Writ over its Unix socket. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WritError } from '../core/model/errors.ts';
import { socketAddress, type Home } from './home.ts';

type ConnectionErrorCode = 'not_running' | 'connection_lost';
export const socketName = 'writ.sock';
/** Also in native/conversation.c. */
export const launchSocketName = 'launch.sock';

// An import statement would evaluate every export of node:http, its WebSocket client included: 40 ms of each start.
// For the same reason answers are no `Response`.
const { request } = process.getBuiltinModule('node:http');

export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly body: Buffer;
  json(): unknown;
}

export type SocketFetch = (path: string, options?: { method?: string; body?: unknown }) => Promise<Answer>;

/** @throws WritError `not_running` when nothing listens, `connection_lost` when it goes away meanwhile. */
export function socketFetch(home: Home): SocketFetch {
  return async (path, options = {}) => {
    const message = await send(home, path, options);
    const status = message.statusCode ?? 502;
    const body = await readAll(message);
    return {
      status,
      ok: status >= 200 && status < 300,
      body,
      json: () => JSON.parse(body.toString('utf8')) as unknown,
    };
  };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    throw connectionError(error);
  }
}

/** One exchange; its answer is still to be read. */
async function send(
  home: Home,
  path: string,
  options: { method?: string; body?: unknown } = {},
): Promise<IncomingMessage> {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const address = openAddress(home);
  const outgoing = request({
    socketPath: address.path,
    path,
    method: options.method ?? (body === undefined ? 'GET' : 'POST'),
    agent: false,
    headers: {
      host: 'writ',
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  });
  try {
    outgoing.end(body);
    const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
    return message;
  } catch (error) {
    throw connectionError(error);
  } finally {
    address.release();
  }
}

function openAddress(home: Home): ReturnType<typeof socketAddress> {
  try {
    return socketAddress(home, socketName);
  } catch (error) {
    throw connectionError(error);
  }
}

function connectionError(error: unknown): WritError<ConnectionErrorCode> {
  const code = (error as NodeJS.ErrnoException).code;
  const nobody = code === 'ENOENT' || code === 'ECONNREFUSED';
  return nobody
    ? new WritError('not_running', 'no Writ is running here', {
        hint: 'Start it with: writ up',
        cause: error,
      })
    : new WritError('connection_lost', `the connection to Writ failed (${code ?? String(error)})`, {
        hint: 'See what it last said with: writ status',
        cause: error,
      });
}
