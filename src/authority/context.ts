/** What every use case stands on. */
import type { EventEmitter } from 'node:events';
import { idRandomBytes, newId, type IdPrefix } from '../core/identity/ids.ts';
import type { SigningKey } from '../core/identity/keys.ts';
import type { KeySchedule, SvidKey } from '../core/identity/svid-keys.ts';
import type { Entry, EntryType } from '../core/model/entry.ts';
import { WritError } from '../core/model/errors.ts';
import type { Bundle, StockGovernance } from '../core/policy/bundle.ts';
import type { KeyStore } from './keys/key-store.ts';
import type { Leasing } from './brokers/broker.ts';
import type { RecentNames } from './recent-names.ts';
import type { Store } from './store/port.ts';

export type AuthorityErrorCode =
  | 'policy_missing'
  | 'caller_unknown'
  | 'reason_missing'
  | 'assistant_unknown'
  | 'not_permitted'
  | 'writ_unknown'
  | 'writ_ended'
  | 'writ_changed'
  | 'writ_renewals_spent'
  | 'approval_unknown'
  | 'approval_not_waiting'
  | 'approval_not_granted'
  | 'approval_expired'
  | 'approval_other_act'
  | 'approval_not_of_writ'
  | 'approval_outdated'
  | 'approval_own_request'
  | 'approvals_too_many'
  | 'execution_ended'
  | 'session_unknown'
  | 'writ_not_active'
  | 'task_key_mismatch'
  | 'task_audience_refused'
  | 'key_missing'
  | 'guard_only'
  | 'lease_unknown'
  | 'lease_ended'
  | 'leases_too_many'
  | 'credential_unavailable'
  | 'entry_unknown';

export interface WritEnded {
  readonly writ: string;
  readonly state: 'closed' | 'expired' | 'revoked';
  readonly reason: string;
}

export interface SessionKilled {
  readonly session: string;
  readonly reason: string;
}

/** Told after the commit, never before. */
export interface AuthorityEvents {
  ended: [WritEnded];
  killed: [SessionKilled];
  policy: [version: string];
  approval: [id: string];
}

export interface AuthorityContext {
  readonly store: Store;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly writKey: SigningKey;
  readonly stock: StockGovernance;
  readonly events: EventEmitter<AuthorityEvents>;
  readonly policy: PolicyInForce;
  readonly identity: IdentityInForce;
  /** Sessions whose end is on record or about to be. */
  readonly endedSessions: RecentNames;
  readonly leasing: Leasing;
}

/** The one bundle that decides; replaced whole. */
export interface PolicyInForce {
  bundle: Bundle | null;
  files: Readonly<Record<string, string>>;
  /** Faults of the newest files, when those were refused. */
  problems: number;
  /** What was recorded about them. */
  rejected: string | null;
}

/** What identities are issued with. */
export interface IdentityInForce {
  readonly keyStore: KeyStore;
  /** Name of that key store, unlike that of any other on the same database. */
  readonly holder: string;
  readonly schedule: KeySchedule;
  /** Public halves, of every trust domain this authority ever was; replaced whole after the commit. */
  keys: readonly SvidKey[];
  /** The rotation that is under way, or the last one. */
  rotation: Promise<void>;
  /** Where the public endpoints are reached, when policy names no issuer; null while nobody listens. */
  listener: string | null;
}

/** The issuer of tokens (OpenID Connect Discovery section 3); null where none is configured. */
export function issuerOf(context: AuthorityContext): string | null {
  return currentBundle(context).organisation.issuer ?? context.identity.listener;
}

/** @throws WritError `policy_missing` */
export function currentBundle(context: AuthorityContext): Bundle {
  if (context.policy.bundle !== null) return context.policy.bundle;
  throw new WritError<AuthorityErrorCode>('policy_missing', 'no sound policy was ever published here', {
    hint: 'See what is wrong with: writ policy check',
  });
}

export function freshId(context: AuthorityContext, prefix: IdPrefix): string {
  return newId(prefix, context.clock(), context.random(idRandomBytes));
}

type Facts = Partial<Omit<Entry, 'v' | 'type' | 'time'>>;

export function entry(context: AuthorityContext, type: EntryType, facts: Facts): Entry {
  return {
    v: 1,
    type,
    time: context.clock(),
    assistant: null,
    repository: null,
    writ: null,
    session: null,
    person: null,
    command: null,
    decision: null,
    data: {},
    ...facts,
  };
}

/** @throws WritError `reason_missing` */
export function requireReason(reason: string): string {
  const text = reason.trim();
  if (text !== '') return text;
  throw new WritError<AuthorityErrorCode>('reason_missing', 'a reason is needed', {
    hint: 'Say why with --reason; it is recorded.',
  });
}
