/** The store on SQLite, durable: WAL with an fsync for each commit. */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql, type Dialect } from 'kysely';
import { withTypedErrors, type Database } from './database.ts';
import { databaseError } from './errors.ts';
import { NodeSqliteDriver } from './node-sqlite-driver.ts';
import { openSqlStore, type LogSigner } from './sql-store.ts';
import type { Store } from './port.ts';
import type { Tables } from './tables.ts';

export interface SqliteOptions {
  /** Of the database file. It and its folder are made when missing, for the owner alone. */
  readonly path: string;
  readonly signer: LogSigner;
}

/** Readers hardly ever wait under WAL. The writer waits in the driver, without stopping the process. */
const readerTimeoutMs = 5000;

/** @throws WritError<StoreErrorCode> */
export function openSqliteStore({ path, signer }: SqliteOptions): Promise<Store> {
  return openSqlStore(openSqlite(path), signer);
}

/** Two connections, so that readers never see a transaction that is under way. */
function openSqlite(path: string): Database {
  const writer = new Kysely<Tables>({ dialect: dialect(() => connectWriter(path)) });
  const reader = new Kysely<Tables>({
    dialect: dialect(() => new DatabaseSync(path, { readOnly: true, timeout: readerTimeoutMs })),
  });
  return {
    writer,
    reader,
    columns: { text: sql`text`, integer: sql`integer`, bytes: sql`blob`, suffix: sql`strict` },
    contains: (column, text) => sql`instr(${column}, ${text}) > 0`,
    lockForWriting: async () => {}, // "begin immediate" did
    close: async () => {
      await reader.destroy();
      await writer.destroy();
    },
  };
}

function connectWriter(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600); // SQLite gives its other files the mode of this one
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    configure(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function configure(database: DatabaseSync): void {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
  `);
}

function dialect(connect: () => DatabaseSync): Dialect {
  const plain: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new NodeSqliteDriver(connect),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return withTypedErrors(plain, translate);
}

/** By SQLite's primary result code. */
function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode !== 'number') {
    return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? fileError(code, error) : error;
  }
  switch (errcode & 0xff) {
    case 5: // BUSY
    case 6: // LOCKED
      return databaseError('store_busy', 'another process is writing to the database', error);
    case 11: // CORRUPT
    case 26: // NOTADB
      return databaseError('store_corrupt', 'the database file is damaged', error);
    case 13: // FULL
      return databaseError('store_full', 'there is no space left for the database', error);
    case 19: // CONSTRAINT
      return databaseError('store_conflict', 'the row is already there, or lacks what it refers to', error);
    default:
      return databaseError('store_unavailable', 'the database cannot be read or written', error);
  }
}

function fileError(code: string, error: Error): Error {
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? databaseError('store_full', 'there is no space left for the database', error)
    : databaseError('store_unavailable', `the database file cannot be opened (${code})`, error);
}
