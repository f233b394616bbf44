/** The store on PostgreSQL. Any number of processes may share one database. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Pool, TypeOverrides, types } from 'pg';
import { withTypedErrors, type Database } from './database.ts';
import { databaseError } from './errors.ts';
import type { Store } from './port.ts';
import { openSqlStore, type LogSigner } from './sql-store.ts';
import type { Tables } from './tables.ts';

export interface PostgresOptions {
  /** A URL or key words as libpq has them; may hold a password and is never shown. */
  readonly connectionString: string;
  readonly signer: LogSigner;
}

/** Any number will do that nobody else locks in this database. */
const writeLock = 7_798_420;

/** @throws WritError<StoreErrorCode> */
export function openPostgresStore({ connectionString, signer }: PostgresOptions): Promise<Store> {
  return openSqlStore(openPostgres(connectionString), signer);
}

function openPostgres(connectionString: string): Database {
  const parsers = new TypeOverrides();
  parsers.setTypeParser(types.builtins.INT8, safeInteger);
  const pool = new Pool({
    connectionString,
    max: 8,
    application_name: 'writ',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    // A process that hangs in a transaction must not stop the others.
    options: '-c lock_timeout=15s -c idle_in_transaction_session_timeout=30s',
    types: parsers,
  });
  // A connection that breaks fails the query under way and is replaced; its event besides must not end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: withTypedErrors(new PostgresDialect({ pool }), translate) });
  return {
    writer: db,
    reader: db,
    columns: { text: sql`text collate "C"`, integer: sql`bigint`, bytes: sql`bytea`, suffix: sql`` },
    contains: (column, text) => sql`strpos(${column}, ${text}) > 0`,
    lockForWriting: async (transaction) => {
      // Whatever the database's or the connection's defaults, a commit is durable.
      const durable = sql`set_config('synchronous_commit', 'on', true)`;
      await sql`select pg_advisory_xact_lock(${writeLock}), ${durable}`.execute(transaction);
    },
    close: () => db.destroy(),
  };
}

/** bigint comes as text by default; ours are sizes and times, which a double holds. */
function safeInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw databaseError('store_corrupt', 'the database holds a number that no store writes', null);
}

/** By SQLSTATE, or by the system's error when there was no answer. Messages may name hosts and users. */
function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  const state = typeof code === 'string' ? code : '';
  if (state === '53100') return databaseError('store_full', 'there is no space left for the database', error);
  if (state.startsWith('23')) {
    return databaseError('store_conflict', 'the row is already there, or lacks what it refers to', error);
  }
  if (state === '55P03' || state === '40P01' || state === '40001') {
    return databaseError('store_busy', 'another process is writing to the database', error);
  }
  if (state.startsWith('XX00')) return databaseError('store_corrupt', 'the database is damaged', error);
  return databaseError(
    'store_unavailable',
    `the database cannot be used${state === '' ? '' : ` (${state})`}`,
    error,
  );
}
