/** What differs between SQLite and PostgreSQL; all else is written once. */
import type {
  DatabaseConnection,
  Dialect,
  Driver,
  Expression,
  Kysely,
  RawBuilder,
  SqlBool,
  TransactionSettings,
} from 'kysely';
import { WritError } from '../../core/model/errors.ts';
import type { Tables } from './tables.ts';

export interface Database {
  /** For transactions: one at a time. */
  readonly writer: Kysely<Tables>;
  /** Sees committed rows only. */
  readonly reader: Kysely<Tables>;
  readonly columns: ColumnTypes;
  /** Case-sensitive search for a substring. */
  readonly contains: (column: Expression<string | null>, text: string) => RawBuilder<SqlBool>;
  /** Makes the transaction wait until it is the only one that writes; SQLite's already is. */
  readonly lockForWriting: (transaction: Kysely<Tables>) => Promise<void>;
  close(): Promise<void>;
}

export interface ColumnTypes {
  /** Compares and orders by bytes, whatever the locale. */
  readonly text: RawBuilder<unknown>;
  readonly integer: RawBuilder<unknown>;
  readonly bytes: RawBuilder<unknown>;
  /** After a table's columns. */
  readonly suffix: RawBuilder<unknown>;
}

export type Translate = (error: unknown) => unknown;

/** The dialect with its database's errors turned into ours, wherever they arise. */
export function withTypedErrors(dialect: Dialect, translate: Translate): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => new TypedErrorDriver(dialect.createDriver(), translate),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

class TypedErrorDriver implements Driver {
  readonly #driver: Driver;
  readonly #translate: Translate;
  readonly #known = new WeakSet<DatabaseConnection>();

  constructor(driver: Driver, translate: Translate) {
    this.#driver = driver;
    this.#translate = translate;
  }

  init(): Promise<void> {
    return this.#typed(() => this.#driver.init());
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await this.#typed(() => this.#driver.acquireConnection());
    if (!this.#known.has(connection)) {
      // The drivers know their connections by identity, so they cannot be wrapped.
      const execute = connection.executeQuery.bind(connection);
      connection.executeQuery = (query) => this.#typed(() => execute(query));
      this.#known.add(connection);
    }
    return connection;
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return this.#typed(() => this.#driver.beginTransaction(connection, settings));
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#driver.commitTransaction(connection);
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#driver.rollbackTransaction(connection);
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return this.#driver.releaseConnection(connection);
  }

  destroy(): Promise<void> {
    return this.#driver.destroy();
  }

  async #typed<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw error instanceof WritError ? error : this.#translate(error);
    }
  }
}
