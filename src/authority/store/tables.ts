/** Rows as Kysely sees them; `migrations.ts` makes the tables. */
import type { ApprovalState } from '../../core/model/approval.ts';
import type { EntryType } from '../../core/model/entry.ts';
import type { LeaseState } from '../../core/model/lease.ts';
import type { WritState } from '../../core/model/writ.ts';

export interface Tables {
  entries: EntryRow;
  tiles: TileRow;
  log_head: HeadRow;
  writs: WritRow;
  approvals: ApprovalRow;
  leases: LeaseRow;
  assistant_modes: AssistantModeRow;
  policies: PolicyRow;
  current_policy: { id: 1; version: string };
  svid_keys: SvidKeyRow;
  spent_tokens: SpentTokenRow;
}

/** `body` is what was hashed; the other columns repeat it for search. */
export interface EntryRow {
  seq: number;
  type: EntryType;
  time: number;
  assistant: string | null;
  repository: string | null;
  writ: string | null;
  session: string | null;
  decision: 'allow' | 'deny' | 'step-up' | null;
  command: string | null;
  body: Uint8Array;
}

/** Full tiles only; partial ones follow from the rows beneath them. */
interface TileRow {
  level: number;
  seq: number;
  /** 256 hashes. */
  hashes: Uint8Array;
  /** Their root: the element of the tile above. */
  root: Uint8Array;
}

interface HeadRow {
  id: 1;
  size: number;
  /** Signed note. */
  checkpoint: string;
}

export interface WritRow {
  id: string;
  state: WritState;
  assistant: string;
  repository: string;
  issued_at: number;
  /** JSON of the writ. */
  body: string;
}

export interface ApprovalRow {
  id: string;
  state: ApprovalState;
  writ: string;
  digest: string;
  requested_at: number;
  /** JSON of the approval. */
  body: string;
}

export interface LeaseRow {
  id: string;
  state: LeaseState;
  writ: string;
  session: string;
  requested_at: number;
  /** When something is to be done about it: the next attempt to revoke it, else its expiry. */
  due_at: number;
  /** JSON of the lease. */
  body: string;
}

export interface AssistantModeRow {
  assistant: string;
  mode: 'enabled' | 'suspended';
  decided_by: string;
  reason: string;
  decided_at: number;
}

export interface PolicyRow {
  version: string;
  /** JSON, file name to text. */
  files: string;
  published_at: number;
}

export interface SvidKeyRow {
  kid: string;
  created_at: number;
  /** JSON of the public half. */
  body: string;
}

/** Tokens that serve no more, though their time is not over: shown before, or revoked. */
interface SpentTokenRow {
  id: string;
  /** ms since the epoch; from then on it is refused as expired. */
  expires_at: number;
}
