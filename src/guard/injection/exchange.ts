/** One request inside a tunnel whose TLS ends here: decided, given its secrets, on record, and then passed on. */
import type { Agent, IncomingMessage, ServerResponse } from 'node:http';
import { WritError } from '../../core/model/errors.ts';
import { refuse, type Connected, type Way } from '../egress/connect.ts';
import type { Refusal, Ruled } from '../egress/connection.ts';
import { readAsked, type Asked } from './asked.ts';
import { answer, passOn, requestFields, urlOf } from './pass-on.ts';
import { fillings, type Filling, type Placed } from './placing.ts';
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
  const turnDown = async (why: Partial<Ruled> & Pick<Ruled, 'reason'>): Promise<void> => {
    const { reason, missing = [], advice = null, policies = [] } = why;
    const decision = why.decision === 'step-up' ? why.decision : 'deny';
    const target = urlOf(request, endpoint);
    const refusal: Refusal = { kind: 'request', decision, target, reason, missing, advice };
    answer(response, await refuse(way, 'https', refusal, policies));
  };
  const asked = readAsked(request, endpoint);
  if ('malformed' in asked) return turnDown({ reason: asked.malformed });
  const { method, path } = asked;
  const ruled = await way.decide({ ...connected.wanted, request: { method, path } });
  if (ruled.decision !== 'allow') return turnDown(ruled);
  const filled = fillings(request, endpoint, asked, await hall.placed());
  if ('refused' in filled) return turnDown({ reason: filled.refused });
  try {
    await carryOut(hall, asked, filled, request, response);
  } catch (error) {
    if (response.headersSent || !(error instanceof WritError)) throw error;
    await turnDown({ reason: error.message, advice: error.hint });
  }
}

/** @throws WritError where the server cannot be trusted, or nothing is lent */
async function carryOut(
  { way, connected, agent, seen }: Hall,
  asked: Asked,
  filled: readonly Filling[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, path, target } = asked;
  await way.pace.turn(way.ended);
  const server = await agent;
  const lent = await Promise.all(filled.map((one) => lend(one, seen)));
  const answered = await connected.entry.request({
    method,
    path: target.includes('?') ? `${path}?…` : path,
    leases: lent.map(({ lease }) => lease),
  });
  const replaced = filled.map(({ header }) => header);
  const outgoing = {
    agent: server,
    method,
    path: target,
    headers: [
      ...requestFields(request, connected.wanted.endpoint, replaced),
      ...lent.flatMap(({ field }) => field),
    ],
  };
  const forms = seen.forms();
  await answered(await passOn({ outgoing, request, response, forms, withSecret: filled.length > 0 }));
}

async function lend({ from, header, value }: Filling, seen: SeenSecrets) {
  const { lease, secret } = await from.holder.use();
  return { lease: lease.id, field: [header, value(seen.note(secret))] };
}
