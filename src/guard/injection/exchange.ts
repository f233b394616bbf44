/** One request inside a tunnel whose TLS ends here: decided, on record, filled in; and its answer, without the secret. */
import {
  request as send,
  type Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';
import { WritError } from '../../core/model/errors.ts';
import { httpAnswer } from '../egress/answers.ts';
import { refuse, type Connected, type Way } from '../egress/connect.ts';
import type { Refusal, Ruled } from '../egress/connection.ts';
import type { Endpoint } from '../egress/endpoint.ts';
import { keptFields } from '../egress/http-message.ts';
import { readAsked, type Asked } from './asked.ts';
import { Masking, maskText } from './mask.ts';
import { fillings, headerOf, type Filling, type Placed } from './placing.ts';
import type { SeenSecrets } from './seen-secrets.ts';

/** What the requests of one tunnel share. */
export interface Hall {
  readonly way: Way;
  readonly connected: Connected;
  /** Of the one connection to the server; rejects where it cannot be trusted. */
  readonly agent: Promise<Agent>;
  readonly placed: () => Promise<readonly Placed[]>;
  readonly seen: SeenSecrets;
}

export async function exchange(
  hall: Hall,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { way, connected } = hall;
  const { endpoint } = connected.wanted;
  const target = `${request.method} https://${authorityOf(endpoint)}${(request.url ?? '').replace(/[?#].*$/s, '')}`;
  const turnDown = async (why: Partial<Ruled> & Pick<Ruled, 'reason'>): Promise<void> => {
    const { decision, reason, missing = [], advice = null, policies = [] } = why;
    const verdict = decision === 'step-up' ? decision : 'deny';
    const refusal: Refusal = { kind: 'request', decision: verdict, target, reason, missing, advice };
    answer(response, await refuse(way, 'https', refusal, policies));
  };
  const asked = readAsked(request, endpoint);
  if ('malformed' in asked) return turnDown({ reason: asked.malformed });
  const { method, path } = asked;
  const ruled = await way.decide({ ...connected.wanted, request: { method, path } });
  if (ruled.decision !== 'allow') return turnDown(ruled);
  const placed = await hall.placed();
  const filled = fillings(request, endpoint, asked, placed);
  if ('refused' in filled) return turnDown({ reason: filled.refused });
  try {
    await carryOn(hall, asked, filled, placed, request, response);
  } catch (error) {
    if (response.headersSent || !(error instanceof WritError)) throw error;
    await turnDown({ reason: error.message, advice: error.hint });
  }
}

async function carryOn(
  { way, connected, agent, seen }: Hall,
  { method, path, target }: Asked,
  filled: readonly Filling[],
  placed: readonly Placed[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await way.pace.turn(way.ended);
  const server = await agent;
  const lent = await Promise.all(
    filled.map(async ({ from, header, value }) => {
      const { lease, secret } = await from.holder.use();
      return { lease: lease.id, field: [header, value(seen.note(secret))] };
    }),
  );
  const facts = {
    method,
    path: target.includes('?') ? `${path}?…` : path,
    leases: lent.map(({ lease }) => lease),
  };
  const answered = await connected.entry.request(facts);
  const fields = requestFields(request, connected, placed);
  const outgoing = send({
    agent: server,
    method,
    path: target,
    headers: [...fields, ...lent.flatMap(({ field }) => field)],
    setHost: false,
  });
  let up = 0;
  const masking = new Masking(seen.forms());
  let status = 0;
  try {
    response.once('close', () => outgoing.destroy());
    const incoming = answerTo(outgoing);
    request.on('data', (chunk: Buffer) => (up += chunk.length));
    pipeline(request, outgoing).catch(() => {});
    const come = await incoming;
    status = come.statusCode ?? 502;
    if (!outgoing.shouldKeepAlive) response.shouldKeepAlive = false;
    const coding = [come.headers['content-encoding'], come.headers['transfer-encoding']];
    if (method !== 'HEAD' && coding.some((one) => one !== undefined && !/^(identity|chunked)$/i.test(one))) {
      come.destroy();
      return answer(response, broken('the server answers in a coding that cannot be looked through'));
    }
    response.writeHead(
      status,
      maskText(come.statusMessage ?? '', seen.forms()),
      answerFields(come, seen, filled),
    );
    // Events may be long in coming; a body of known length comes with its head.
    if (come.headers['content-length'] === undefined) response.flushHeaders();
    await pipeline(come, masking, response);
  } catch {
    answer(response, broken('the server broke off'));
  } finally {
    await answered({ status, up, down: masking.bytes, masked: masking.found });
  }
}

/** As it came, but for what is a secret's place, and for what would let an answer come coded or in pieces. */
function requestFields(request: IncomingMessage, { wanted }: Connected, placed: readonly Placed[]): string[] {
  const replaced = new Set(['accept-encoding', 'range', 'if-range', 'te']);
  for (const { injection } of placed) replaced.add(headerOf(injection));
  const kept = without(keptFields(request.rawHeaders, request.headers.connection), replaced);
  kept.push('Host', authorityOf(wanted.endpoint), 'Accept-Encoding', 'identity');
  // Whole bodies keep their length, anything else is chunked anew: no ambiguity of framing gets through.
  if (request.headers['transfer-encoding'] !== undefined) kept.push('Transfer-Encoding', 'chunked');
  return kept;
}

/** As addresses have it, without the usual port. */
function authorityOf({ host, port }: Endpoint): string {
  return port === 443 ? host : `${host}:${port}`;
}

/** A cookie that was given for the secret would be a login of its own. */
function answerFields(incoming: IncomingMessage, seen: SeenSecrets, filled: readonly Filling[]): string[] {
  const dropped = new Set(['alt-svc', ...(filled.length > 0 ? ['set-cookie'] : [])]);
  const kept = without(keptFields(incoming.rawHeaders, incoming.headers.connection), dropped);
  return kept.map((text) => maskText(text, seen.forms()));
}

function without(fields: readonly string[], dropped: ReadonlySet<string>): string[] {
  return fields.filter((_, at) => !dropped.has((fields[at - (at % 2)] ?? '').toLowerCase()));
}

function answerTo(outgoing: ReturnType<typeof send>): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', resolve).on('error', reject);
  outgoing.once('upgrade', (_incoming, socket) => {
    socket.destroy();
    reject(new Error('the server changed the protocol unasked'));
  });
  outgoing.once('close', () => reject(new Error('closed')));
  return promise;
}

function broken(reason: string): Refusal {
  return { kind: 'unreachable', decision: 'deny', target: 'the server', reason, missing: [], advice: null };
}

function answer(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, phrase, body } = httpAnswer(refusal);
  const headers: OutgoingHttpHeaders = { 'content-type': 'text/plain; charset=utf-8', connection: 'close' };
  response.writeHead(status, phrase, headers).end(body);
}
