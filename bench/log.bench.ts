/** Durable entries per second, beside bare SQLite with the same durability in the same run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '../src/authority/store/port.ts';
import { openPostgresStore } from '../src/authority/store/postgres.ts';
import { openSqliteStore } from '../src/authority/store/sqlite.ts';
import { encodeEntry } from '../src/core/log/entry-codec.ts';
import { signerFromSeed } from '../src/core/log/verifier-key.ts';
import type { Entry } from '../src/core/model/entry.ts';
import { startPostgres } from '../test/store/postgres-server.ts';

const secondsEach = 2;
const groups = [1, 64, 1000];
const signer = signerFromSeed('bench.example/log', new Uint8Array(32).fill(1));

/** As large as a decision's entry really is. */
function entry(at: number): Entry {
  const operation = { kind: 'exec', target: 'git', decision: 'allow', policies: ['stock.develop.reads'] };
  return {
    v: 1,
    type: 'decision',
    time: 1_790_000_000_000 + at,
    assistant: 'claude',
    repository: 'github.com/acme/shop',
    writ: `writ-${at % 50}`,
    session: `session-${at % 10}`,
    person: 'ann',
    command: `git log --oneline -n ${at}`,
    decision: 'allow',
    data: { policyVersion: 'ab'.repeat(32), operations: [operation, operation] },
  };
}

/** Entries per second of `act`, which commits so many at a time. */
async function rate(perAct: number, act: (at: number) => Promise<unknown>): Promise<number> {
  for (let at = 0; at < 3; at += 1) await act(at * perAct);
  const start = performance.now();
  let entries = 0;
  while (performance.now() - start < secondsEach * 1000) {
    await act(entries);
    entries += perAct;
  }
  return Math.round((entries / (performance.now() - start)) * 1000);
}

function storeRate(store: Store, group: number): Promise<number> {
  return rate(group, (at) =>
    Promise.all(Array.from({ length: group }, (_, n) => store.commit((unit) => unit.append(entry(at + n))))),
  );
}

/** One transaction a group into one plain table: no tree, no signature, no indexes. */
async function bareRate(folder: string, group: number): Promise<number> {
  const database = new DatabaseSync(join(folder, `bare-${group}.db`));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000');
  database.exec('CREATE TABLE entries (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT');
  const insert = database.prepare('INSERT INTO entries (body) VALUES (?)');
  const result = await rate(group, async (at) => {
    database.exec('BEGIN IMMEDIATE');
    for (let n = 0; n < group; n += 1) insert.run(encodeEntry(entry(at + n)));
    database.exec('COMMIT');
  });
  database.close();
  return result;
}

interface Row {
  readonly store: string;
  readonly group: number;
  readonly entriesPerSecond: number;
  readonly ratioToBareSqlite: number;
}

const folder = mkdtempSync(join(tmpdir(), 'writ-bench-log-'));
const rows: Row[] = [];
const bare = new Map<number, number>();
try {
  const sqlite = await openSqliteStore({ path: join(folder, 'store.db'), signer });
  for (const group of groups) {
    bare.set(group, await bareRate(folder, group));
    note('bare SQLite', group, bare.get(group) ?? 0);
    note('SQLite', group, await storeRate(sqlite, group));
  }
  await sqlite.close();
  const server = await startPostgres();
  const postgres = await openPostgresStore({ connectionString: await server.createDatabase(), signer });
  for (const group of groups) note('PostgreSQL', group, await storeRate(postgres, group));
  await postgres.close();
  await server.remove();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify({ bench: 'log', rows })}\n`);

function note(store: string, group: number, entriesPerSecond: number): void {
  const ratioToBareSqlite = Number((entriesPerSecond / (bare.get(group) ?? Number.NaN)).toFixed(2));
  rows.push({ store, group, entriesPerSecond, ratioToBareSqlite });
  const columns = [
    store.padEnd(12),
    `${group} at once`.padStart(13),
    `${entriesPerSecond.toLocaleString('en')} entries/s`.padStart(20),
    `${ratioToBareSqlite.toFixed(2)} of bare SQLite`.padStart(22),
  ];
  process.stdout.write(`${columns.join('')}\n`);
}
