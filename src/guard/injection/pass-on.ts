/** A request to the server, written anew, and its answer to the program, without any secret. */
import { request as send, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { httpAnswer } from '../egress/answers.ts';
import type { Refusal } from '../egress/connection.ts';
import type { Endpoint } from '../egress/endpoint.ts';
import { keptFields } from '../egress/http-message.ts';
import { Masking, maskText } from './mask.ts';

export interface Passing {
  readonly outgoing: Pick<RequestOptions, 'agent' | 'method' | 'path'> & { readonly headers: string[] };
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What must not come back. */
  readonly forms: readonly Buffer[];
  readonly withSecret: boolean;
}

/** For the log. */
interface Passed {
  readonly [fact: string]: number;
  /** 0 where the server did not answer. */
  readonly status: number;
  /** Bytes of the bodies. */
  readonly up: number;
  readonly down: number;
  /** Secrets that the answer's body held. */
  readonly masked: number;
}

/** Never rejects: whatever goes wrong is answered. */
export async function passOn({ outgoing, request, response, forms, withSecret }: Passing): Promise<Passed> {
  const masking = new Masking(forms);
  let [status, up] = [0, 0];
  try {
    const sent = send({ ...outgoing, setHost: false });
    response.once('close', () => sent.destroy());
    const answered = answerTo(sent);
    request.on('data', (chunk: Buffer) => (up += chunk.length));
    // A server may answer before it has read all; what it then does not read is nobody's fault.
    pipeline(request, sent).catch(() => {});
    const incoming = await answered;
    status = incoming.statusCode ?? 0;
    if (!sent.shouldKeepAlive) response.shouldKeepAlive = false;
    if (isCoded(incoming) && outgoing.method !== 'HEAD') {
      incoming.destroy();
      answer(response, broken('the server answers in a coding that cannot be looked through'));
    } else {
      const fields = answerFields(incoming, forms, withSecret);
      response.writeHead(status, maskText(incoming.statusMessage ?? '', forms), fields);
      // Events may be long in coming; a body of known length comes with its head.
      if (incoming.headers['content-length'] === undefined) response.flushHeaders();
      await pipeline(incoming, masking, response);
    }
  } catch {
    answer(response, broken('the server broke off'));
  }
  return { status, up, down: masking.bytes, masked: masking.found };
}

/**
 * As they came, but for what would let an answer come coded or in pieces.
 * @param replaced names of fields that are put in anew
 */
export function requestFields(
  { rawHeaders, headers }: IncomingMessage,
  to: Endpoint,
  replaced: readonly string[],
): string[] {
  const dropped = new Set(['accept-encoding', 'range', 'if-range', ...replaced]);
  const kept = without(keptFields(rawHeaders, headers.connection), dropped);
  kept.push('Host', authorityOf(to), 'Accept-Encoding', 'identity');
  // Whole bodies keep their length, anything else is chunked anew: no ambiguity of framing gets through.
  if (headers['transfer-encoding'] !== undefined) kept.push('Transfer-Encoding', 'chunked');
  return kept;
}

/** A cookie that was given for the secret would be a login of its own. */
function answerFields(incoming: IncomingMessage, forms: readonly Buffer[], withSecret: boolean): string[] {
  const dropped = new Set(['alt-svc', ...(withSecret ? ['set-cookie'] : [])]);
  const kept = without(keptFields(incoming.rawHeaders, incoming.headers.connection), dropped);
  return kept.map((text) => maskText(text, forms));
}

function without(fields: readonly string[], dropped: ReadonlySet<string>): string[] {
  return fields.filter((_, at) => !dropped.has((fields[at - (at % 2)] ?? '').toLowerCase()));
}

function isCoded({ headers }: IncomingMessage): boolean {
  const codings = [headers['content-encoding'], headers['transfer-encoding']];
  return codings.some((one) => one !== undefined && !/^(identity|chunked)$/i.test(one));
}

/** For people and the log: no query. */
export function urlOf({ method = '', url = '' }: IncomingMessage, to: Endpoint): string {
  return `${method} https://${authorityOf(to)}${url.replace(/[?#].*$/s, '')}`;
}

/** As addresses have it, without the usual port. */
function authorityOf({ host, port }: Endpoint): string {
  return port === 443 ? host : `${host}:${port}`;
}

function answerTo(sent: ReturnType<typeof send>): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sent.once('response', resolve).on('error', reject);
  sent.once('upgrade', (_incoming, socket) => {
    socket.destroy();
    reject(new Error('the server changed the protocol unasked'));
  });
  sent.once('close', () => reject(new Error('closed')));
  return promise;
}

function broken(reason: string): Refusal {
  return { kind: 'unreachable', decision: 'deny', target: 'the server', reason, missing: [], advice: null };
}

export function answer(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, phrase, body } = httpAnswer(refusal);
  response.writeHead(status, phrase, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(body);
}
