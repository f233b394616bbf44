/**
 * A credential is lent: decided and put on record before the upstream is asked, and again before it is handed out, so
 * that no crash in between leaves one behind that nobody revokes.
 */
import type { Json } from '../../core/model/entry.ts';
import { WritError } from '../../core/model/errors.ts';
import { issueWithinMs, revoking, type Lease } from '../../core/model/lease.ts';
import type { WritClaims } from '../../core/model/writ.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { PersonRuling } from '../../core/policy/person-ruling.ts';
import type { Issued, Order } from '../brokers/broker.ts';
import { seal } from '../brokers/seal.ts';
import { currentBundle, entry, freshId, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { askUpstream, brokerOf, existingLease, leaseEntry, settingsOf, upstreamFault } from './lease.ts';
import { decideLease } from './lease-approval.ts';
import { existingWrit, isOver, liveStates, liveWrit, writFacts } from './writ.ts';

export interface LeaseRequest {
  readonly writ: string;
  readonly session: string;
  /** Name under `credentials` in organisation.yaml. */
  readonly credential: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export type Lent =
  { readonly lease: Lease; readonly secret: Issued['secret'] } | { readonly refusal: PersonRuling };

/** A task that asks without end must not fill the upstream. */
const mostLive = 100;

/**
 * @throws WritError `writ_unknown`, `writ_ended`, `leases_too_many`, `credential_unavailable`
 */
export async function issueLease(context: AuthorityContext, request: LeaseRequest): Promise<Lent> {
  const asked = await requestLease(context, request);
  if ('refusal' in asked) return asked;
  const { lease, order } = asked;
  let issued: Issued;
  try {
    issued = await askUpstream(context, lease.writ, issueWithinMs, (upstream) =>
      brokerOf(context, lease).issue(settingsOf(lease), order, lease.handle, upstream, (known) =>
        note(context, lease.id, known),
      ),
    );
  } catch (error) {
    const fault = upstreamFault(error);
    const refused = error instanceof WritError && error.code === 'upstream_refused';
    await giveUp(context, lease.id, fault, refused);
    throw new WritError<AuthorityErrorCode>(
      'credential_unavailable',
      `the credential "${lease.credential}" cannot be lent: ${fault}`,
      { cause: error },
    );
  }
  return { lease: await recordIssued(context, lease, issued), secret: issued.secret };
}

async function requestLease(
  context: AuthorityContext,
  request: LeaseRequest,
): Promise<{ readonly lease: Lease; readonly order: Order } | { readonly refusal: PersonRuling }> {
  const { value } = await context.store.commit(async (unit) => {
    const bundle = currentBundle(context);
    const writ = await liveWrit(context, unit, request.writ);
    const settings = registered(bundle.organisation.credentials, request.credential);
    const { ruling, evidence } = await decideLease(context, unit, bundle, writ, request);
    if (settings === null || ruling.decision !== 'allow') {
      const { decision, policies, missing, reason } = ruling;
      const data = { credential: request.credential, asked: 'issue', policies, missing, reason };
      const facts = { ...writFacts(writ), session: request.session, decision };
      unit.append(entry(context, 'lease.refused', { ...facts, data }));
      return { refusal: ruling };
    }
    await assertRoom(unit, request.writ);
    const order: Order = {
      lease: freshId(context, 'lse'),
      claims: writ.claims,
      expiresAt: leaseEnd(context, writ.claims, settings.ttl),
      parameters: request.parameters,
    };
    const broker = brokerOf(context, settings);
    const lease = leaseOf(context, request, order, {
      broker: settings.broker,
      evidence,
      reach: broker.describe(settings, writ.claims),
      settings: settings as unknown as Lease['settings'],
      handle: broker.prepare(settings, order, context),
    });
    await unit.insertLease(lease);
    const data = { handle: lease.handle, expiresAt: lease.expiresAt, policies: ruling.policies };
    unit.append(leaseEntry(context, 'lease.requested', lease, data));
    return { lease, order };
  });
  return value;
}

function leaseOf(
  context: AuthorityContext,
  { writ, session, credential }: LeaseRequest,
  { lease: id, claims, expiresAt }: Order,
  facts: Pick<Lease, 'broker' | 'evidence' | 'reach' | 'settings' | 'handle'>,
): Lease {
  return {
    id,
    writ,
    session,
    assistant: claims.assistant,
    requester: claims.requester,
    repository: claims.repository.remote,
    credential,
    ...facts,
    state: 'requested',
    requestedAt: context.clock(),
    issuedAt: null,
    expiresAt,
    sealed: null,
    revocation: null,
  };
}

/** Where every Writ process dies, the upstream's own clock ends the credential with the writ. */
export function leaseEnd(context: AuthorityContext, claims: WritClaims, ttl: number): number {
  return Math.min(context.clock() + ttl, claims.expiresAt);
}

async function assertRoom(unit: Unit, writ: string): Promise<void> {
  const live = await unit.leases({ writ, states: ['requested', 'issued'], limit: mostLive });
  if (live.length < mostLive) return;
  throw new WritError<AuthorityErrorCode>(
    'leases_too_many',
    `${mostLive} credentials are lent under this writ already`,
  );
}

async function note(
  context: AuthorityContext,
  id: string,
  { handle, toSeal }: Pick<Issued, 'handle' | 'toSeal'>,
): Promise<void> {
  await context.store.commit(async (unit) => {
    const lease = await existingLease(unit, id);
    const noted: Lease = { ...lease, handle, sealed: sealedFor(context, id, toSeal) };
    // What has come into being must be known to whoever revokes it, whatever became of the lease meanwhile.
    await unit.updateLease(noted, lease.state);
    unit.append(leaseEntry(context, 'lease.requested', noted, { handle }));
  });
}

function sealedFor(context: AuthorityContext, id: string, secret: string | null): string | null {
  return secret === null ? null : seal(context.leasing.sealingKey, id, secret, context.random(12));
}

/** Nothing of it may be handed out before this is durable. @throws WritError `writ_ended`, `lease_ended` */
async function recordIssued(context: AuthorityContext, asked: Lease, issued: Issued): Promise<Lease> {
  const { handle, expiresAt, toSeal } = issued;
  const sealed = sealedFor(context, asked.id, toSeal);
  const { value: lease } = await context.store.commit(async (unit) => {
    const known = await existingLease(unit, asked.id);
    const writ = await existingWrit(unit, asked.writ);
    const inTime = context.clock() < asked.requestedAt + issueWithinMs;
    const live = liveStates.includes(writ.state) && !isOver(context, writ);
    const facts = { handle, sealed, expiresAt };
    if (known.state === 'requested' && live && inTime) {
      const lent: Lease = { ...known, ...facts, state: 'issued', issuedAt: context.clock() };
      await unit.updateLease(lent, 'requested');
      unit.append(leaseEntry(context, 'lease.issued', lent, { handle, expiresAt }));
      return lent;
    }
    // It ended while the upstream was asked. What has come into being meanwhile is what has to be revoked.
    const ended = queued(context, { ...known, ...facts }, 'authority', 'the writ ended while it was issued');
    if (known.state === 'requested' || known.state === 'revoking') {
      await unit.updateLease(ended, known.state);
      if (known.state === 'requested') unit.append(revokingEntry(context, ended));
    }
    return ended;
  });
  if (lease.state === 'issued') return lease;
  throw new WritError<AuthorityErrorCode>('lease_ended', `the lease ${lease.id} ended while it was issued`);
}

/**
 * Nobody knows how much of it came into being upstream, so that it is revoked like any other.
 * @param refused the upstream said that it made nothing
 */
async function giveUp(context: AuthorityContext, id: string, fault: string, refused: boolean): Promise<void> {
  await context.store.commit(async (unit) => {
    const lease = await existingLease(unit, id);
    if (lease.state !== 'requested') return;
    const queue = queued(context, lease, 'authority', fault);
    const ended = refused ? notMade(context, queue) : queue;
    await unit.updateLease(ended, 'requested');
    unit.append(leaseEntry(context, 'lease.refused', ended, { asked: 'issue', reason: fault }));
    if (!refused) unit.append(revokingEntry(context, ended));
  });
}

function notMade(context: AuthorityContext, lease: Lease): Lease {
  const { revocation } = lease;
  return {
    ...lease,
    state: 'revoked',
    revocation: revocation && { ...revocation, confirmedAt: context.clock() },
  };
}

function queued(context: AuthorityContext, lease: Lease, by: string, reason: string): Lease {
  const ended = revoking(lease, by, reason, context.clock());
  return ended.revocation === null
    ? ended
    : { ...ended, revocation: { ...ended.revocation, nextAttemptAt: context.clock() } };
}

function revokingEntry(context: AuthorityContext, lease: Lease) {
  const data: Record<string, Json> = {
    by: lease.revocation?.by ?? null,
    reason: lease.revocation?.reason ?? null,
  };
  return leaseEntry(context, 'lease.revoking', lease, data);
}
