/**
 * What the guard asks of the authority. The authority's client implements it, over HTTP or in one process;
 * every promise resolves only when what it records is durable.
 */
import type { reportedTypes } from '../core/api/authority.ts';
import type { EcPublicJwk } from '../core/identity/ec-key.ts';
import type { SvidKey } from '../core/identity/svid-keys.ts';
import type { TrustBundle } from '../core/identity/trust-bundle.ts';
import type { JwtSvid, Workload, X509Svid } from '../core/model/svid.ts';
import type { PublicJwk } from '../core/identity/keys.ts';
import type { Approval, ApprovalSubject } from '../core/model/approval.ts';
import type { Decision } from '../core/model/decision.ts';
import type { Json } from '../core/model/entry.ts';
import type { RepositoryIdentity, Writ, WritClaims } from '../core/model/writ.ts';
import type { LeaseShown, LentAnswer } from '../core/api/lease.ts';
import type { WritRefusal } from '../core/api/session.ts';
import type { EnforcementLevel } from '../core/model/decision.ts';

export interface WritRequest {
  readonly assistant: string;
  readonly profile: string;
  readonly job: string | null;
  readonly repository: RepositoryIdentity;
  readonly enforcement: EnforcementLevel;
  readonly taskKey: string;
  /** Something is about to run under it: it is active from the start. */
  readonly activate: boolean;
}

export interface GuardRecord {
  readonly type: (typeof reportedTypes)[number];
  readonly writ: string;
  readonly session: string;
  readonly command: string | null;
  readonly decision: Decision['decision'] | null;
  readonly data: { readonly [key: string]: Json };
}

export interface TrustAnchors {
  readonly trustDomain: string;
  readonly bundle: TrustBundle;
  readonly keys: readonly SvidKey[];
}

export interface AuthorityPort {
  /** The version in force, with its files unless that version is the known one. */
  policy(
    known: string | null,
  ): Promise<{ readonly version: string; readonly files: Readonly<Record<string, string>> | null }>;
  /** Public keys that writs are signed with (RFC 7517). */
  keys(): Promise<{ readonly keys: readonly PublicJwk[] }>;
  issueWrit(request: WritRequest): Promise<{ readonly writ: Writ } | { readonly refusal: WritRefusal }>;
  /** What would be granted now; nothing is on record of it. */
  draftWrit(
    request: WritRequest,
  ): Promise<{ readonly claims: WritClaims } | { readonly refusal: WritRefusal }>;
  /** Issues what was drafted, together with what happens first under it. A refusal is all that is on record then. */
  issueDrafted(
    request: WritRequest & Pick<WritClaims, 'id' | 'requester' | 'policyVersion'>,
    reports: readonly GuardRecord[],
  ): Promise<{ readonly writ: Writ } | { readonly refusal: WritRefusal }>;
  writ(id: string): Promise<Writ>;
  activateWrit(id: string): Promise<Writ>;
  renewWrit(id: string): Promise<Writ>;
  closeWrit(id: string, reason: string): Promise<void>;
  /** Refused when the writ has ended. */
  record(
    records: readonly GuardRecord[],
    /** A writ that is over with this, in the same transaction. */
    close?: { readonly writ: string; readonly reason: string } | null,
  ): Promise<void>;
  requestApproval(request: { writ: string; subject: ApprovalSubject; reason: string }): Promise<Approval>;
  /** Marks it used and records the decision that it permits in one transaction. */
  useApproval(id: string, digest: string, record: GuardRecord): Promise<void>;
  /** Resolves when the approval is no longer waiting, or after a while with its state as it is. */
  awaitApproval(id: string): Promise<Approval>;
  /** Resolves when the lease is on record. */
  requestLease(request: {
    writ: string;
    session: string;
    credential: string;
    parameters: Readonly<Record<string, string>>;
  }): Promise<LentAnswer>;
  /** Before each further use of it. */
  useLease(id: string): Promise<void>;
  renewLease(id: string): Promise<LeaseShown>;
  releaseLeases(session: string, reason: string): Promise<void>;
  /** A token that says which task its holder is. Refused unless the writ is active. */
  issueJwtSvid(request: {
    writ: string;
    audience: readonly string[];
    workload: Workload | null;
  }): Promise<JwtSvid>;
  /** A certificate for the key that the writ was issued for. Refused unless the writ is active. */
  issueX509Svid(request: {
    writ: string;
    publicKey: EcPublicJwk;
    workload: Workload | null;
  }): Promise<X509Svid>;
  /** What SVIDs of this trust domain are verified with. */
  trustAnchors(): Promise<TrustAnchors>;
}
