/** The databases that every test of the store runs on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import type { Store } from '../../src/authority/store/port.ts';
import { openPostgresStore } from '../../src/authority/store/postgres.ts';
import { openSqliteStore } from '../../src/authority/store/sqlite.ts';
import { startPostgres, type PostgresServer } from './postgres-server.ts';
import { signer } from './signer.ts';

export interface Place {
  /** Any number of stores may be open on one place. */
  open(by?: typeof signer): Promise<Store>;
  /** Behind the store's back. */
  execute(sql: string): Promise<void>;
}

export interface Backend {
  readonly name: 'SQLite' | 'PostgreSQL';
  start(): Promise<void>;
  newPlace(): Promise<Place>;
  stop(): Promise<void>;
}

export function backends(): readonly Backend[] {
  return [sqliteBackend(), postgresBackend()];
}

function sqliteBackend(): Backend {
  let folder = '';
  let places = 0;
  return {
    name: 'SQLite',
    start: async () => {
      folder = mkdtempSync(join(tmpdir(), 'writ-store-'));
    },
    newPlace: async () => {
      places += 1;
      const path = join(folder, `${places}`, 'store.db');
      return {
        open: (by = signer) => openSqliteStore({ path, signer: by }),
        execute: async (sql) => {
          const database = new DatabaseSync(path, { timeout: 5000 });
          database.exec(sql);
          database.close();
        },
      };
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

function postgresBackend(): Backend {
  let server: PostgresServer | null = null;
  return {
    name: 'PostgreSQL',
    start: async () => {
      server = await startPostgres();
    },
    newPlace: async () => {
      if (server === null) throw new Error('PostgreSQL was not started');
      const connectionString = await server.createDatabase();
      return {
        open: (by = signer) => openPostgresStore({ connectionString, signer: by }),
        execute: async (sql) => {
          const client = new Client({ connectionString });
          await client.connect();
          await client.query(sql);
          await client.end();
        },
      };
    },
    stop: async () => server?.remove(),
  };
}
