/**
 * What services may ask of the store. One implementation over SQL, for SQLite and PostgreSQL.
 *
 * Contract: `commit` runs the work in one transaction together with the entries it appends, extends the
 * Merkle tree, signs the new checkpoint, and resolves only when all of it is durable (fsync). Concurrent
 * commits share one fsync; a work that throws rolls back alone, its entries with it. Nothing is ever
 * half-written: after a crash an acknowledged commit is there whole, any other whole or not at all.
 *
 * A work that takes more than 10 seconds fails (`work_overdue`), since others wait for it: it must await
 * nothing but its unit, and never another commit. If an operation of its unit fails, all of it fails.
 */
import type { SvidKey } from '../../core/identity/svid-keys.ts';
import type { Approval, ApprovalState } from '../../core/model/approval.ts';
import type { Entry, EntryType } from '../../core/model/entry.ts';
import type { Lease, LeaseState } from '../../core/model/lease.ts';
import type { Writ, WritState } from '../../core/model/writ.ts';

/** Execution mode of an assistant. Registered ones without a row were never enabled. */
export interface AssistantMode {
  readonly assistant: string;
  readonly mode: 'enabled' | 'suspended';
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

export interface PolicyVersion {
  /** Hex SHA-256 over the bundle's files. */
  readonly version: string;
  /** File name (relative, `/`-separated) to text. */
  readonly files: Readonly<Record<string, string>>;
  readonly publishedAt: number;
}

export interface Reader {
  writ(id: string): Promise<Writ | null>;
  /** Newest first, then by id. All that fit, unless limited. */
  writs(filter?: {
    readonly states?: readonly WritState[];
    readonly assistant?: string;
    readonly repository?: string;
    readonly limit?: number;
  }): Promise<readonly Writ[]>;
  assistantMode(assistant: string): Promise<AssistantMode | null>;
  approval(id: string): Promise<Approval | null>;
  /** Newest first, then by id. All that fit, unless limited. */
  approvals(filter?: {
    readonly states?: readonly ApprovalState[];
    readonly writ?: string;
    readonly digest?: string;
    readonly limit?: number;
  }): Promise<readonly Approval[]>;
  lease(id: string): Promise<Lease | null>;
  /** Newest first, or with `due` what is due first; then by id. All that fit, unless limited. */
  leases(filter?: LeaseFilter): Promise<readonly Lease[]>;
  currentPolicy(): Promise<PolicyVersion | null>;
  /** Public halves of the keys that sign SVIDs, oldest first. */
  svidKeys(): Promise<readonly SvidKey[]>;
  /** Whether a token serves no more, though its time is not over. */
  isSpent(token: string): Promise<boolean>;
}

export interface LeaseFilter {
  readonly states?: readonly LeaseState[];
  readonly writ?: string;
  readonly session?: string;
  /** Only those that something has to be done about by then: the next attempt, or the expiry. */
  readonly due?: number;
  readonly limit?: number;
}

/** Inside one transaction; sees its own writes. */
export interface Unit extends Reader {
  /** Appends to the log, shortened if over-long (`fitEntry`). The index is known after the commit. */
  append(entry: Entry): void;
  insertWrit(writ: Writ): Promise<void>;
  /** Replaces the writ if it is still in `from`; false when somebody else changed its state first. */
  updateWrit(writ: Writ, from: WritState): Promise<boolean>;
  setAssistantMode(mode: AssistantMode): Promise<void>;
  insertApproval(approval: Approval): Promise<void>;
  /** Replaces the approval if it is still in `from`: this is what makes it serve once. */
  updateApproval(approval: Approval, from: ApprovalState): Promise<boolean>;
  insertLease(lease: Lease): Promise<void>;
  /** Replaces the lease if it is still in `from`; false when somebody else changed its state first. */
  updateLease(lease: Lease, from: LeaseState): Promise<boolean>;
  setCurrentPolicy(policy: PolicyVersion): Promise<void>;
  insertSvidKey(key: SvidKey): Promise<void>;
  removeSvidKey(kid: string): Promise<void>;
  /** False when it was spent before: this is what makes a token serve once. @param expiresAt ms since the epoch */
  spend(token: string, expiresAt: number): Promise<boolean>;
  /** Those that have expired by then need no remembering. @param now ms since the epoch */
  forgetSpent(now: number): Promise<void>;
}

export interface Committed<T> {
  readonly value: T;
  /** Log indexes of the entries that the work appended, in order. */
  readonly indexes: readonly number[];
}

export interface StoredEntry {
  readonly index: number;
  readonly entry: Entry;
}

export interface EntryQuery {
  readonly types?: readonly EntryType[];
  readonly assistant?: string;
  readonly repository?: string;
  readonly writ?: string;
  readonly session?: string;
  readonly decision?: 'allow' | 'deny' | 'step-up';
  /** Substring of the command, case-sensitive. */
  readonly command?: string;
  /** ms since the epoch, inclusive. */
  readonly since?: number;
  readonly until?: number;
  /** Only entries from this index on. */
  readonly from?: number;
  readonly order?: 'oldest-first' | 'newest-first';
  /** 1,000 unless given, never more than 10,000. */
  readonly limit?: number;
}

export interface LogReader {
  /** The latest signed checkpoint (C2SP signed note), covering every acknowledged entry. */
  checkpoint(): Promise<string>;
  size(): Promise<number>;
  entries(query?: EntryQuery): Promise<readonly StoredEntry[]>;
  /** Encoded entry exactly as hashed into the tree. */
  leaf(index: number): Promise<Uint8Array | null>;
  /** Raw encoded entries `[from, to)`. */
  leaves(from: number, to: number): Promise<readonly Uint8Array[]>;
  /** Hashes of a Merkle tile, `width` of 256, C2SP tlog-tiles. */
  tile(level: number, index: number, width: number): Promise<Uint8Array>;
}

export interface Store extends Reader {
  readonly log: LogReader;
  commit<T>(work: (unit: Unit) => T | Promise<T>): Promise<Committed<T>>;
  close(): Promise<void>;
}
