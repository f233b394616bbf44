/** Plain HTTP: each request is read, decided and written anew, so that both ends see the same one. */
import { request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { connectOut, refuse, stopOutcome, type Connected, type Way } from './connect.ts';
import { httpAnswer } from './answers.ts';
import type { Outcome, Refusal } from './connection.ts';
import { parseAuthority, type Endpoint } from './endpoint.ts';
import { keptFields, plainPath } from './http-message.ts';
import type { Patience } from './tunnel.ts';

interface Asked {
  readonly endpoint: Endpoint;
  readonly method: string;
  /** For the server: path and query as they came. */
  readonly target: string;
  /** For policy. */
  readonly path: string;
}

export async function forward(
  way: Way,
  request: IncomingMessage,
  response: ServerResponse,
  patience: Patience,
): Promise<void> {
  const asked = readRequest(request);
  if ('malformed' in asked) {
    const refusal: Refusal = {
      kind: 'malformed',
      decision: 'deny',
      target: asked.target,
      reason: asked.malformed,
      missing: [],
      advice: null,
    };
    return answer(response, await refuse(way, 'http', refusal, []));
  }
  const { endpoint, method, path } = asked;
  const connected = await connectOut(way, { protocol: 'http', endpoint, request: { method, path } });
  if (!('upstream' in connected)) return answer(response, connected);
  const { upstream, entry, address, stop } = connected;
  let outcome: Outcome = 'broken';
  stop.addEventListener('abort', () => {
    outcome = stopOutcome(way);
    upstream.destroy();
  });
  if (stop.aborted) upstream.destroy();
  upstream.setTimeout(patience.idle, () => {
    outcome = 'idle';
    upstream.destroy();
  });
  response.once('close', () => upstream.destroy());
  try {
    await exchange(asked, request, response, connected);
    outcome = 'closed';
  } catch {
    const reason = 'the server broke off';
    const refusal = {
      kind: 'unreachable',
      decision: 'deny',
      target: asked.endpoint.host,
      reason,
      missing: [],
      advice: null,
    } as const;
    if (response.headersSent) response.destroy();
    else answer(response, refusal);
  } finally {
    const bytes = { address, up: upstream.bytesWritten, down: upstream.bytesRead };
    upstream.destroy();
    await entry.closed(outcome, bytes);
  }
}

async function exchange(
  { endpoint, method, target }: Asked,
  request: IncomingMessage,
  response: ServerResponse,
  { upstream }: Connected,
): Promise<void> {
  const headers = keptFields(request.rawHeaders, request.headers.connection);
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  headers.push('Host', endpoint.port === 80 ? host : `${host}:${endpoint.port}`, 'Via', '1.1 writ');
  // Whole bodies keep their length, anything else is chunked anew: no ambiguity of framing gets through.
  if (request.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  headers.push('Connection', 'close');
  const outgoing = send({ createConnection: () => upstream, method, path: target, headers, setHost: false });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', resolve).once('error', reject);
  outgoing.once('upgrade', () => reject(new Error('the server changed the protocol unasked')));
  outgoing.once('close', () => reject(new Error('closed')));
  // A server may answer before it has read all; what it then does not read is nobody's fault.
  pipeline(request, outgoing).catch(() => {});
  const incoming = await promise;
  outgoing.on('error', () => {});
  response.writeHead(
    incoming.statusCode ?? 502,
    incoming.statusMessage ?? '',
    keptFields(incoming.rawHeaders, incoming.headers.connection),
  );
  await pipeline(incoming, response);
}

/** RFC 9112 section 3.2.2: absolute-form, and a Host field that says the same. */
function readRequest({
  url = '',
  method = '',
  headers,
  rawHeaders,
}: IncomingMessage): Asked | { readonly malformed: string; readonly target: string } {
  const [, authority = '', path = '/', query = ''] =
    /^http:\/\/([^/?#]*)(\/[^?#]*)?(\?[^#]*)?$/i.exec(url) ?? [];
  const bad = (malformed: string) => ({ malformed, target: authority || url });
  if (authority === '') return bad('this is a proxy: it takes http://host/path and CONNECT');
  const endpoint = parseAuthority(authority, 80);
  if ('malformed' in endpoint) return bad(endpoint.malformed);
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  const named = parseAuthority(headers.host ?? '', 80);
  const same = 'host' in named && named.host === endpoint.host && named.port === endpoint.port;
  if (hosts.length !== 1 || !same) return bad('its Host field names another host than its address');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return bad('its body is coded in an unknown way');
  const plain = plainPath(path);
  if (plain === null) return bad('its path can be read in more than one way');
  return { endpoint, method, target: `${path}${query}`, path: plain };
}

function answer(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, phrase, body } = httpAnswer(refusal);
  response.writeHead(status, phrase, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(body);
}
