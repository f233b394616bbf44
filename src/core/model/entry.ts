/** What is written on the log. Entries are immutable; state and its entry are committed together. */

export const entryTypes = [
  'log.opened',
  'policy.published',
  'policy.rejected',
  'assistant.registered',
  'assistant.enabled',
  'assistant.suspended',
  'assistant.refused', // somebody not entitled tried to enable or suspend
  'writ.requested',
  'writ.refused',
  'writ.issued',
  'writ.activated',
  'writ.renewed',
  'writ.closed',
  'writ.expired',
  'writ.revoked',
  'decision',
  'execution.started',
  'execution.process', // a program was about to start within a command, and was decided
  'execution.killed', // somebody ended it, before its end is known
  'execution.ended',
  'egress.opened', // a connection out of the sandbox was allowed, before it is made
  'egress.refused',
  'egress.closed',
  'egress.request', // one request to a host whose TLS ends at the proxy, before it goes on
  'egress.answered',
  'approval.requested',
  'approval.granted',
  'approval.denied',
  'approval.refused', // somebody who may not, tried to decide it
  'approval.used',
  'approval.expired',
  'key.created', // signs SVIDs from the time it names
  'key.removed',
  'identity.issued',
  'token.exchanged',
  'token.revoked',
  'lease.requested', // before the upstream is asked for the credential
  'lease.refused', // by policy, or by the upstream
  'lease.issued',
  'lease.used',
  'lease.renewed',
  'lease.revoking', // queued until the upstream confirms
  'lease.revoked',
  'lease.expired',
  'enforcement.probed', // writ doctor: what was fired at each layer, and what it did
  'alert',
] as const;
export type EntryType = (typeof entryTypes)[number];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Largest encoded entry, bytes (C2SP tlog-tiles: entry length is a uint16). */
export const maxEntryBytes = 65_535;

export interface Entry {
  readonly v: 1;
  readonly type: EntryType;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly assistant: string | null;
  /** Canonical remote. */
  readonly repository: string | null;
  readonly writ: string | null;
  readonly session: string | null;
  /** Person on whose behalf or by whom. */
  readonly person: string | null;
  /** Command text or joined argv, for search; shortened with a digest in `data` when long. */
  readonly command: string | null;
  readonly decision: 'allow' | 'deny' | 'step-up' | null;
  readonly data: { readonly [key: string]: Json };
}
