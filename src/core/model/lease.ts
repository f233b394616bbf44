/**
 * A lease is one credential, issued under a writ for one session, with its way to be revoked. Times are ms since the
 * epoch. It never holds a secret in clear: what revocation needs is a handle (an upstream's id), or sealed.
 */
import type { Json } from './entry.ts';

export type BrokerKind =
  | 'postgres'
  | 'git-https'
  | 'ssh'
  | 'github-app'
  | 'vault'
  | 'kubernetes'
  | 'aws'
  | 'gcp'
  | 'azure'
  | 'inject'
  | 'static';

export const leaseStates = [
  'requested', // on record, and the upstream is being asked
  'issued',
  'revoking', // queued until the upstream confirms that the credential is dead
  'revoked',
  'expired', // died upstream of its own accord
] as const;
export type LeaseState = (typeof leaseStates)[number];

const successors: Readonly<Record<LeaseState, readonly LeaseState[]>> = {
  requested: ['issued', 'revoking', 'revoked'], // revoked where the upstream itself said that it made nothing
  issued: ['revoking', 'expired'],
  revoking: ['revoked', 'expired'],
  revoked: [],
  expired: [],
};

export function leaseCanBecome(from: LeaseState, to: LeaseState): boolean {
  return successors[from].includes(to);
}

/** What the credential opens, in words for people and as data for policy. */
export interface Reach {
  readonly description: string;
  readonly scopes: readonly string[];
}

/** What the upstream knows a credential by. */
export type Handle = Readonly<Record<string, string>>;

export interface Lease {
  readonly id: string;
  readonly writ: string;
  readonly session: string;
  readonly assistant: string;
  /** Person on whose behalf. */
  readonly requester: string;
  /** Canonical remote. */
  readonly repository: string;
  /** Name under `credentials` in organisation.yaml. */
  readonly credential: string;
  readonly broker: BrokerKind;
  readonly reach: Reach;
  /** What was approved for it, under the policy version that was in force. */
  readonly evidence: readonly { readonly key: string; readonly by: string; readonly reference: string }[];
  /** The broker's settings as they were at issue: the credential may have left the organisation since. */
  readonly settings: { readonly [key: string]: Json };
  readonly state: LeaseState;
  readonly requestedAt: number;
  /** Null until the upstream's answer is on record, which may be never. */
  readonly issuedAt: number | null;
  readonly expiresAt: number;
  /** What the upstream knows it by; known before the upstream is asked wherever that is possible. */
  readonly handle: Handle;
  /** What only the secret itself can revoke, encrypted with a key outside of the database; base64. */
  readonly sealed: string | null;
  readonly revocation: Revocation | null;
}

export interface Revocation {
  readonly by: string;
  readonly reason: string;
  readonly since: number;
  readonly attempts: number;
  readonly nextAttemptAt: number;
  /** Why the last attempt did not succeed, without secrets; null before. */
  readonly fault: string | null;
  /** An alert on its lateness is on record. */
  readonly late: boolean;
  /** When the upstream confirmed, or its own expiry was over. */
  readonly confirmedAt: number | null;
}

/** The upstream is asked no longer than this for a new credential; later answers are refused. */
export const issueWithinMs = 20_000;

/** From this moment on nothing that was asked of the upstream before can still come into being. */
export function settledAt(lease: Lease): number {
  return lease.issuedAt ?? lease.requestedAt + issueWithinMs + 10_000;
}

const firstRetryMs = 200;
const longestRetryMs = 30_000;

/** @param attempts that failed, from 1 @param spread 0 to 1, so that many do not come back at once */
export function retryAfterMs(attempts: number, spread: number): number {
  const wait = Math.min(firstRetryMs * 2 ** Math.min(attempts - 1, 20), longestRetryMs);
  return Math.round(wait * (0.75 + spread / 2));
}

/** Queues the lease; what is on its way to its end already, or there, stays as it is. */
export function revoking(lease: Lease, by: string, reason: string, now: number): Lease {
  if (!leaseCanBecome(lease.state, 'revoking')) return lease;
  const revocation = {
    by,
    reason,
    since: now,
    attempts: 0,
    nextAttemptAt: now,
    fault: null,
    late: false,
    confirmedAt: null,
  };
  return { ...lease, state: 'revoking', revocation };
}
