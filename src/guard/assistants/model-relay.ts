/**
 * The assistant's only way out: its model's API, over a Unix socket of its session. The assistant knows a
 * placeholder; the real credential is put in here and never enters the sandbox.
 */
import { chmod } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { isSameSecret } from '../../core/identity/same-secret.ts';
import { WritError } from '../../core/model/errors.ts';
import { Masking, maskText } from '../injection/mask.ts';
import { secretForms } from '../injection/secret-forms.ts';

export interface ModelUpstream {
  /** Origin and path prefix of the API; https, or http on loopback. */
  readonly base: URL;
  readonly credential: { readonly header: 'x-api-key' | 'authorization'; readonly value: string };
}

export interface ModelRelayOptions {
  /** Path of the socket to make. It is the caller's to put where only the session can reach it. */
  readonly socket: string;
  readonly upstream: ModelUpstream;
  /** What the assistant has for a key, in either header. */
  readonly placeholder: string;
}

export interface ModelRelay extends AsyncDisposable {
  /** Ends every connection and removes the socket. */
  close(): Promise<void>;
}

const maxHeaderBytes = 64 * 1024;

/** RFC 9110 section 7.6.1, and what would tell the upstream about this machine. */
const notForwarded = names(`
  connection proxy-connection keep-alive te trailer transfer-encoding upgrade http2-settings expect
  proxy-authenticate proxy-authorization x-api-key authorization cookie host
  forwarded via x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip accept-encoding`);
const notReturned = names(`
  connection proxy-connection keep-alive te trailer transfer-encoding upgrade
  proxy-authenticate set-cookie alt-svc`);

/** @throws WritError `model_relay_failed` when the socket cannot be made */
export async function startModelRelay(options: ModelRelayOptions): Promise<ModelRelay> {
  const { upstream } = options;
  const agent =
    upstream.base.protocol === 'https:'
      ? new https.Agent({ keepAlive: true, maxSockets: 64 })
      : new http.Agent({ keepAlive: true, maxSockets: 64 });
  const server = http.createServer(
    { maxHeaderSize: maxHeaderBytes, requestTimeout: 0 },
    (request, response) => {
      forward(options, agent, request, response).catch(() => response.destroy());
    },
  );
  server.maxHeadersCount = 200;
  server.maxConnections = 256;
  server.headersTimeout = 30_000;
  // A listener for either would be an open door; without one node destroys CONNECT and ignores upgrades.
  server.on('clientError', (_error, socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause) => {
    reject(new WritError('model_relay_failed', `cannot listen on ${options.socket}`, { cause }));
  });
  server.listen(options.socket, resolve);
  await promise;
  await chmod(options.socket, 0o600);

  const close = async (): Promise<void> => {
    agent.destroy();
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  };
  return { close, [Symbol.asyncDispose]: close };
}

async function forward(
  { upstream, placeholder }: ModelRelayOptions,
  agent: http.Agent | https.Agent,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const target = targetOf(upstream.base, request.url ?? '');
  if (target === null) return refuse(response, 400, 'only the Messages and Models API can be asked for');
  if (request.headers.upgrade !== undefined) return refuse(response, 400, 'connections cannot be upgraded');
  if (!isKnown(request, placeholder)) return refuse(response, 401, 'this session has another key');

  const headers = passed(request.rawHeaders, notForwarded, listed(request.headers.connection));
  headers.push('host', upstream.base.host, upstream.credential.header, upstream.credential.value);
  headers.push('accept-encoding', 'identity'); // what is compressed cannot be looked through
  // Whole bodies keep their length, anything else is chunked anew: no ambiguity of framing gets through.
  if (request.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked');
  const send = upstream.base.protocol === 'https:' ? https.request : http.request;
  const outgoing = send({
    agent,
    protocol: upstream.base.protocol,
    hostname: upstream.base.hostname.replace(/^\[|\]$/g, ''),
    port: upstream.base.port,
    method: request.method,
    path: target,
    headers,
  });
  response.once('close', () => outgoing.destroy());
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.once('upgrade', (_incoming, socket) => {
      socket.destroy();
      reject(new Error('the upstream upgraded'));
    });
  });
  pipeline(request, outgoing).catch(() => outgoing.destroy());
  let incoming: http.IncomingMessage;
  try {
    incoming = await answered;
  } catch {
    return refuse(response, 502, "the model's API cannot be reached");
  }
  if (!/^identity$/i.test(incoming.headers['content-encoding'] ?? 'identity')) {
    incoming.destroy();
    return refuse(response, 502, "the model's API answers in a coding that cannot be looked through");
  }
  const forms = secretForms(upstream.credential.value.replace(/^Bearer /, ''));
  const fields = passed(incoming.rawHeaders, notReturned, listed(incoming.headers.connection));
  response.writeHead(
    incoming.statusCode ?? 502,
    fields.map((text) => maskText(text, forms)),
  );
  response.flushHeaders();
  await pipeline(incoming, new Masking(forms), response);
}

/** What a conversation needs of the API. Batches, files and administration are not for the assistant. */
const conversationPath = /^\/v1\/(messages(\/count_tokens)?|models(\/[A-Za-z0-9][\w.:-]*)?)$/;

/** Path and query below the upstream's own prefix; null for everything else, whatever its form. */
function targetOf(base: URL, url: string): string | null {
  const [, path = '', query = ''] = /^([^?]*)(\?[!"$-~]*)?$/.exec(url) ?? [];
  return conversationPath.test(path) ? base.pathname.replace(/\/+$/, '') + path + query : null;
}

function isKnown(request: http.IncomingMessage, placeholder: string): boolean {
  const key = request.headers['x-api-key'];
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const given = [typeof key === 'string' ? key : undefined, bearer].filter((value) => value !== undefined);
  return given.length > 0 && given.every((value) => isSameSecret(value, placeholder));
}

function passed(raw: readonly string[], without: ReadonlySet<string>, also: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (!without.has(lower) && !also.has(lower)) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

/** Names that a Connection header declares hop-by-hop. */
function listed(connection: string | undefined): Set<string> {
  return names((connection ?? '').replaceAll(',', ' ').toLowerCase());
}

function names(text: string): Set<string> {
  return new Set(text.split(/\s+/));
}

/** In the shape of the API's own errors, so that the assistant shows the reason. */
function refuse(response: http.ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({
    type: 'error',
    error: { type: 'permission_error', message: `writ: ${message}` },
  });
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(body);
}
