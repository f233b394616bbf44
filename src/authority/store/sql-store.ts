/** The store over SQL: works grouped into transactions, each with one new signed head of the log. */
import type { ControlledTransaction } from 'kysely';
import type { NoteSigner } from '../../core/log/verifier-key.ts';
import type { Database } from './database.ts';
import { databaseError, storeError } from './errors.ts';
import { GroupCommit, type Job } from './group-commit.ts';
import { sqlLogReader } from './log-reader.ts';
import { createHead, extendLog, loadHead, type LogHead } from './log-tree.ts';
import { migrate } from './migrations.ts';
import type { Committed, Store, Unit } from './port.ts';
import { sqlReader } from './sql-reader.ts';
import { SqlWork, type PendingEntry } from './sql-work.ts';
import type { Tables } from './tables.ts';
import { WritError } from '../../core/model/errors.ts';

/** Signs the log's checkpoints; its name is the log's origin. See `signerFromSeed` in core/log. */
export type LogSigner = NoteSigner;

type AnyWork = (unit: Unit) => unknown;
type AnyJob = Job<AnyWork, Committed<unknown>>;

/** What one transaction takes at most, so that none grows without bound. */
const maxGroupWorks = 1024;
const maxGroupEntries = 4096;
const maxGroupBytes = 8_000_000;
const workDeadlineMs = 10_000;

/** Takes over the database and closes it. @throws WritError<StoreErrorCode> */
export async function openSqlStore(database: Database, signer: LogSigner): Promise<Store> {
  let cached: LogHead;
  try {
    cached = await prepare(database, signer);
  } catch (error) {
    await database.close();
    throw error;
  }
  const groups = new GroupCommit<AnyWork, Committed<unknown>>(async (take) => {
    cached = await commitGroup(database, signer, cached, take);
  });
  return {
    ...sqlReader((query) => query(database.reader)),
    log: sqlLogReader(database),
    commit: <T>(work: (unit: Unit) => T | Promise<T>) => groups.commit(work) as Promise<Committed<T>>,
    close: async () => {
      await groups.close();
      await database.close();
    },
  };
}

async function prepare(database: Database, signer: LogSigner): Promise<LogHead> {
  await migrate(database);
  return database.writer.transaction().execute(async (transaction) => {
    await database.lockForWriting(transaction);
    await createHead(transaction, signer);
    return loadHead(transaction, signer, null);
  });
}

/** A work that is done but not yet durable. */
interface Done {
  readonly job: AnyJob;
  readonly value: unknown;
  readonly indexes: readonly number[];
}

async function commitGroup(
  database: Database,
  signer: LogSigner,
  cached: LogHead,
  take: () => AnyJob | null,
): Promise<LogHead> {
  const transaction = await database.writer.startTransaction().execute();
  const done: Done[] = [];
  let next: LogHead;
  try {
    await database.lockForWriting(transaction);
    const head = await loadHead(transaction, signer, cached);
    const entries: PendingEntry[] = [];
    let bytes = 0;
    const hasRoom = (works: number): boolean =>
      works < maxGroupWorks && entries.length < maxGroupEntries && bytes < maxGroupBytes;
    for (let works = 0; hasRoom(works); works += 1) {
      const job = take();
      if (job === null) break;
      const first = head.size + entries.length;
      const result = await perform(transaction, job);
      if (result === null) continue;
      entries.push(...result.entries);
      for (const { body } of result.entries) bytes += body.length;
      done.push({ job, value: result.value, indexes: result.entries.map((_, at) => first + at) });
    }
    next = await extendLog(transaction, head, entries, signer);
    await transaction.commit().execute();
  } catch (error) {
    await rollBack(transaction);
    throw error instanceof WritError
      ? error
      : databaseError('store_unavailable', 'the commit did not succeed', error);
  }
  for (const { job, value, indexes } of done) job.resolve({ value, indexes });
  return next;
}

/** Null when the work failed: then nothing of it is left, and its caller knows. */
async function perform(
  transaction: ControlledTransaction<Tables>,
  job: AnyJob,
): Promise<{ readonly value: unknown; readonly entries: readonly PendingEntry[] } | null> {
  const work = new SqlWork(transaction);
  try {
    const value = await withinDeadline(job.work(work.unit));
    await work.keep();
    return { value, entries: work.entries };
  } catch (error) {
    await undo(work);
    job.reject(error);
    return null;
  }
}

/** Where that fails too, the database's own first error is the reason for which all of the group is lost. */
async function undo(work: SqlWork): Promise<void> {
  try {
    await work.undo();
  } catch (error) {
    throw work.failure ?? error;
  }
}

/** Others wait for this work: it must not wait for the network, nor for another commit. */
async function withinDeadline(value: unknown): Promise<unknown> {
  if (!(value instanceof Promise)) return value;
  const { promise: overdue, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      storeError('work_overdue', `the work of a commit took more than ${workDeadlineMs / 1000} seconds`),
    );
  }, workDeadlineMs);
  try {
    return await Promise.race([value, overdue]);
  } finally {
    clearTimeout(timer);
  }
}

async function rollBack(transaction: ControlledTransaction<Tables>): Promise<void> {
  try {
    await transaction.rollback().execute();
  } catch {
    // The connection is gone, and with it the transaction.
  }
}
