/** What the use cases of a lease share: finding it, who asks, what its entries say, and how long upstreams have. */
import type { Entry, EntryType, Json } from '../../core/model/entry.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Lease } from '../../core/model/lease.ts';
import type { Writ } from '../../core/model/writ.ts';
import type { Credential } from '../../core/policy/credentials.ts';
import type { Task } from '../../core/policy/decide.ts';
import type { Broker, Upstream } from '../brokers/broker.ts';
import { entry, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import type { Reader } from '../store/port.ts';
import { issueJwtSvid } from './issue-svid.ts';

/** @throws WritError `lease_unknown` */
export async function existingLease(reader: Pick<Reader, 'lease'>, id: string): Promise<Lease> {
  const lease = await reader.lease(id);
  if (lease !== null) return lease;
  throw new WritError<AuthorityErrorCode>('lease_unknown', 'there is no such lease', {
    hint: 'List them with: writ lease list --all',
  });
}

/** @throws WritError `lease_unknown`, `lease_ended` */
export async function liveLease(
  context: AuthorityContext,
  reader: Pick<Reader, 'lease'>,
  id: string,
): Promise<Lease> {
  const lease = await existingLease(reader, id);
  if (lease.state === 'issued' && lease.expiresAt > context.clock()) return lease;
  const how =
    lease.revocation === null
      ? 'over'
      : `${lease.state} by ${lease.revocation.by}: ${lease.revocation.reason}`;
  throw new WritError<AuthorityErrorCode>('lease_ended', `the lease ${id} is ${how}`);
}

/** As whom policy sees the holder of a writ. */
export function taskOf({ claims }: Writ): Task {
  const { remote, branch, proof } = claims.repository;
  return { ...claims, repository: remote, branch, proof };
}

export function brokerOf(context: AuthorityContext, { broker }: Pick<Lease, 'broker'>): Broker {
  return context.leasing.brokers[broker] as Broker;
}

export function settingsOf(lease: Lease): Credential {
  return lease.settings as unknown as Credential;
}

export function leaseEntry(
  context: AuthorityContext,
  type: Extract<EntryType, `lease.${string}`> | 'alert',
  lease: Lease,
  data: { readonly [key: string]: Json },
): Entry {
  const { id, assistant, repository, writ, session, requester: person, credential, broker, reach } = lease;
  const what = { lease: id, credential, broker, reach: reach.description, scopes: reach.scopes };
  return entry(context, type, { assistant, repository, writ, session, person, data: { ...what, ...data } });
}

/** Whatever the broker does, the answer is there in time or refused. */
export async function askUpstream<T>(
  context: AuthorityContext,
  writ: string,
  withinMs: number,
  act: (upstream: Upstream) => Promise<T>,
): Promise<T> {
  const { clock, random, leasing } = context;
  const overdue = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    overdue.abort();
    reject(new WritError('upstream_overdue', `the upstream did not answer within ${withinMs / 1000} s`));
  }, withinMs);
  try {
    const identity: Upstream['identity'] = async (audience, subject) =>
      (await issueJwtSvid(context, { writ, audience: [audience], workload: null, subject })).svid;
    const upstream = { clock, random, secret: leasing.secret, identity, signal: overdue.signal };
    return await Promise.race([act(upstream), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why an upstream failed: its own words might repeat a secret, its codes do not. */
export function upstreamFault(error: unknown): string {
  if (error instanceof WritError) return error.message.slice(0, 300).toWellFormed();
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code)
    ? `the upstream failed (${code})`
    : 'the upstream failed';
}
