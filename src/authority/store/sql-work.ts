/** One work within a group's transaction: its unit, and its end. */
import { sql, type Kysely } from 'kysely';
import { encodeFitted } from '../../core/log/fit-entry.ts';
import type { Entry } from '../../core/model/entry.ts';
import { storeError } from './errors.ts';
import type { Unit } from './port.ts';
import {
  approvalRow,
  leaseRow,
  modeRow,
  policyRow,
  searchable,
  sqlReader,
  svidKeyRow,
  writRow,
  type RunQuery,
} from './sql-reader.ts';
import type { Tables } from './tables.ts';

/** An entry that waits for its index. */
export interface PendingEntry {
  readonly entry: Entry;
  readonly body: Uint8Array;
}

export class SqlWork {
  readonly unit: Unit;
  readonly entries: PendingEntry[] = [];
  readonly #transaction: Kysely<Tables>;
  readonly #pending = new Set<Promise<unknown>>();
  #savepoint: Promise<unknown> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #ended = false;

  constructor(transaction: Kysely<Tables>) {
    this.#transaction = transaction;
    this.unit = { ...sqlReader(this.#run), ...sqlWriter(this.#run), append: (entry) => this.#append(entry) };
  }

  /** What the database threw at it first. */
  get failure(): unknown {
    return this.#failure?.error ?? null;
  }

  /** Keeps what the work did. An operation that failed makes all of it fail, even if the work went on. */
  async keep(): Promise<void> {
    await this.#settle();
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#savepoint !== null) await sql`release savepoint work`.execute(this.#transaction);
  }

  /** Undoes all that the work did, and nothing else. */
  async undo(): Promise<void> {
    await this.#settle();
    if (this.#savepoint === null) return;
    await sql`rollback to savepoint work`.execute(this.#transaction);
    await sql`release savepoint work`.execute(this.#transaction);
  }

  async #settle(): Promise<void> {
    this.#ended = true;
    await Promise.allSettled(this.#pending);
  }

  #append(entry: Entry): void {
    this.#assertOpen();
    const { entry: fitted, bytes } = encodeFitted(entry);
    this.entries.push({ entry: fitted, body: bytes });
  }

  readonly #run: RunQuery = (query) => {
    this.#assertOpen();
    const result = this.#execute(query);
    this.#pending.add(result);
    return result;
  };

  async #execute<T>(query: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    try {
      // Works that only append need none.
      await (this.#savepoint ??= sql`savepoint work`.execute(this.#transaction));
      return await query(this.#transaction);
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  #assertOpen(): void {
    if (this.#ended) throw storeError('unit_ended', 'the unit was used after its work had ended');
  }
}

function sqlWriter(run: RunQuery): Omit<Unit, keyof ReturnType<typeof sqlReader> | 'append'> {
  return {
    insertWrit: async (writ) => {
      await run((db) => db.insertInto('writs').values(writRow(writ)).execute());
    },
    updateWrit: async (writ, from) => {
      const { id, ...row } = writRow(writ);
      const result = await run((db) =>
        db.updateTable('writs').set(row).where('id', '=', id).where('state', '=', from).executeTakeFirst(),
      );
      return result.numUpdatedRows === 1n;
    },
    setAssistantMode: async (mode) => {
      const row = modeRow(mode);
      await run((db) =>
        db
          .insertInto('assistant_modes')
          .values(row)
          .onConflict((conflict) => conflict.column('assistant').doUpdateSet(row))
          .execute(),
      );
    },
    insertApproval: async (approval) => {
      await run((db) => db.insertInto('approvals').values(approvalRow(approval)).execute());
    },
    updateApproval: async (approval, from) => {
      const { id, ...row } = approvalRow(approval);
      const result = await run((db) =>
        db
          .updateTable('approvals')
          .set(row)
          .where('id', '=', id)
          .where('state', '=', from)
          .executeTakeFirst(),
      );
      return result.numUpdatedRows === 1n;
    },
    insertLease: async (lease) => {
      await run((db) => db.insertInto('leases').values(leaseRow(lease)).execute());
    },
    updateLease: async (lease, from) => {
      const { id, ...row } = leaseRow(lease);
      const result = await run((db) =>
        db.updateTable('leases').set(row).where('id', '=', id).where('state', '=', from).executeTakeFirst(),
      );
      return result.numUpdatedRows === 1n;
    },
    setCurrentPolicy: async (policy) => {
      const row = policyRow(policy);
      await run((db) =>
        db
          .insertInto('policies')
          .values(row)
          .onConflict((conflict) => conflict.column('version').doUpdateSet(row))
          .execute(),
      );
      const current = { version: searchable(policy.version) };
      await run((db) =>
        db
          .insertInto('current_policy')
          .values({ id: 1, ...current })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(current))
          .execute(),
      );
    },
    insertSvidKey: async (key) => {
      await run((db) => db.insertInto('svid_keys').values(svidKeyRow(key)).execute());
    },
    removeSvidKey: async (kid) => {
      await run((db) => db.deleteFrom('svid_keys').where('kid', '=', kid).execute());
    },
    spend: async (token, expiresAt) => {
      const row = { id: searchable(token), expires_at: expiresAt };
      const result = await run((db) =>
        db
          .insertInto('spent_tokens')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doNothing())
          .executeTakeFirst(),
      );
      return result.numInsertedOrUpdatedRows === 1n;
    },
    forgetSpent: async (now) => {
      await run((db) => db.deleteFrom('spent_tokens').where('expires_at', '<=', now).execute());
    },
  };
}
