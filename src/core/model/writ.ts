/** The writ: a signed grant of bounded authority for one task, and its life. Times are ms since the epoch. */
import type { EnforcementLevel } from './decision.ts';

export const writStates = ['requested', 'issued', 'active', 'closed', 'expired', 'revoked'] as const;
export type WritState = (typeof writStates)[number];

const successors: Readonly<Record<WritState, readonly WritState[]>> = {
  requested: ['issued', 'closed'],
  issued: ['active', 'closed', 'expired', 'revoked'],
  active: ['closed', 'expired', 'revoked'],
  closed: [],
  expired: [],
  revoked: [],
};

export function canBecome(from: WritState, to: WritState): boolean {
  return successors[from].includes(to);
}

/** How far a repository's claim to be what it says was checked. Ordered from weakest. */
export const repositoryProofs = [
  'claimed', // the clone's own configuration says so
  'fetched-ref', // HEAD is contained in a ref that was fetched from the registered remote
  'signed-commit', // HEAD is signed by an allowed signer of that repository
] as const;
export type RepositoryProof = (typeof repositoryProofs)[number];

export interface RepositoryIdentity {
  /** Canonical remote, `host/path` in lower case without `.git`: `github.com/acme/shop`. */
  readonly remote: string;
  /** Full object id of HEAD; null before the first commit. */
  readonly commit: string | null;
  readonly branch: string | null;
  /** Real path of the worktree's root. */
  readonly worktree: string;
  /** Device and inode of the worktree's root, `dev:ino`, so that a replaced folder is noticed. */
  readonly worktreeId: string;
  readonly proof: RepositoryProof;
  /** One sentence on what was proven and how, shown to people. */
  readonly proven: string;
}

/** The signed content. */
export interface WritClaims {
  readonly id: string;
  readonly assistant: string;
  readonly requester: string;
  readonly job: string | null;
  readonly profile: string;
  readonly repository: RepositoryIdentity;
  readonly enforcement: EnforcementLevel;
  /** RFC 7638 thumbprint of the task's public key. */
  readonly taskKey: string;
  readonly policyVersion: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface Writ {
  readonly claims: WritClaims;
  readonly state: WritState;
  /** Compact JWS over the claims, EdDSA. */
  readonly signature: string;
  readonly renewals: number;
  /** Why it ended: who revoked it and their reason. */
  readonly ended: { readonly by: string; readonly reason: string; readonly at: number } | null;
}
