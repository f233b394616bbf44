/** Where an assistant's hook asks: one Unix socket a session, in view of that session only, with its own token. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { isSameSecret } from '../core/identity/same-secret.ts';
import { boundedText } from '../core/model/bounded-text.ts';
import { WritError } from '../core/model/errors.ts';
import { denial, type HookReply } from './assistants/hook.ts';
import { listenPrivately } from './private-socket.ts';

const largestPayload = 4 * 1024 * 1024;
/** Of one session, each with a payload of its own: descriptors and memory are all sessions' together. */
const mostConnections = 64;

/** Shorter than the hook's own patience: an answer that comes too late would be taken for none. */
const answerWithinMs = 20_000;

export interface HookServerOptions {
  readonly socket: string;
  readonly token: string;
  readonly decide: (body: string) => Promise<HookReply>;
  readonly report: (error: unknown) => void;
}

export async function startHookServer(options: HookServerOptions): Promise<Server> {
  const server = createServer({ requestTimeout: 30_000 }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.report(error);
      response.destroy();
    });
  });
  server.maxConnections = mostConnections;
  await listenPrivately(server, options.socket);
  return server;
}

async function answer(
  options: HookServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isBearer(request.headers.authorization, options.token)) {
    response.writeHead(401).end();
    return;
  }
  const late = AbortSignal.timeout(answerWithinMs);
  const reply = await Promise.race([
    decideBody(options, request),
    once(late, 'abort').then(() => denial('the decision took too long')),
  ]);
  const body = JSON.stringify(reply);
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

/** Whatever goes wrong on the way is a denial. */
async function decideBody(options: HookServerOptions, request: IncomingMessage): Promise<HookReply> {
  try {
    return await options.decide(await readBody(request));
  } catch (error) {
    if (error instanceof WritError) return denial(error.message);
    options.report(error);
    return denial('the guard failed to decide');
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const body = await boundedText(request, largestPayload);
  if (body === null) throw new WritError('hook_payload_too_large', 'the tool call is larger than 4 MiB');
  return body;
}

function isBearer(header: string | undefined, token: string): boolean {
  return isSameSecret(header ?? '', `Bearer ${token}`);
}
