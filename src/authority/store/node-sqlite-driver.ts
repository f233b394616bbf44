/** A Kysely driver over Node's own SQLite. One connection; it is synchronous, so queries never interleave. */
import { setTimeout } from 'node:timers/promises';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';

const maxPrepared = 100;
const busyRetryMs = 2;
const busyRetries = 2500;

export class NodeSqliteDriver implements Driver {
  readonly #connect: () => DatabaseSync;
  #connection: NodeSqliteConnection | null = null;

  constructor(connect: () => DatabaseSync) {
    this.#connect = connect;
  }

  async init(): Promise<void> {
    this.#connection = new NodeSqliteConnection(await whenFree(this.#connect));
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#connection === null) throw new Error('the database is closed');
    return this.#connection;
  }

  async beginTransaction(): Promise<void> {
    await whenFree(() => this.#connection?.database.exec('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk and other faults have rolled back already.
    if (this.#connection?.database.isTransaction !== true) return;
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection?.database.close();
    this.#connection = null;
  }
}

/** SQLite's own waiting would stop the whole process, and with it whoever holds the lock if they are in it. */
async function whenFree<T>(act: () => T): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return act();
    } catch (error) {
      const isBusy = ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
      if (!isBusy || attempt >= busyRetries) throw error;
      await setTimeout(busyRetryMs);
    }
  }
}

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, returnsRows } = this.#prepare(sql);
    const values = parameters as readonly SQLInputValue[];
    if (returnsRows) return { rows: statement.all(...values) as Row[] };
    return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) };
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.database.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size >= maxPrepared && oldest !== undefined) this.#prepared.delete(oldest);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}
