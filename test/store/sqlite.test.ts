/** What only SQLite has: a file, its rights, and its query plans. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/authority/store/sqlite.ts';
import { sampleEntry } from './samples.ts';
import { signer } from './signer.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const withCode = (code: string): unknown => expect.objectContaining({ code });

test('files and folder are the owner’s alone, whatever the umask and the file’s rights before', async () => {
  const umask = process.umask(0);
  try {
    mkdirSync(join(folder, 'old'));
    writeFileSync(join(folder, 'old', 'store.db'), '', { mode: 0o666 });
    for (const place of ['new/deep', 'old']) {
      const path = join(folder, place, 'store.db');
      const store = await openSqliteStore({ path, signer });
      await store.commit((unit) => unit.append(sampleEntry()));
      const files = readdirSync(join(folder, place));
      expect(files.toSorted()).toEqual(['store.db', 'store.db-shm', 'store.db-wal']);
      for (const file of files) expect(statSync(join(folder, place, file)).mode & 0o777).toBe(0o600);
      await store.close();
    }
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'new', 'deep')).mode & 0o777).toBe(0o700);
  } finally {
    process.umask(umask);
  }
});

test('what cannot be opened is told', async () => {
  writeFileSync(join(folder, 'text'), 'not a database at all, but long enough to look at '.repeat(100));
  await expect(openSqliteStore({ path: join(folder, 'text'), signer })).rejects.toEqual(
    withCode('store_corrupt'),
  );
  const under = join(folder, 'text', 'store.db');
  await expect(openSqliteStore({ path: under, signer })).rejects.toEqual(withCode('store_unavailable'));
  await expect(openSqliteStore({ path: folder, signer })).rejects.toEqual(withCode('store_unavailable'));
});

test('another writer is waited for', async () => {
  const path = join(folder, 'store.db');
  const store = await openSqliteStore({ path, signer });
  const other = new DatabaseSync(path);
  other.exec('begin immediate');
  const waiting = store.commit((unit) => unit.append(sampleEntry()));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await store.log.size()).toBe(0);
  other.exec('commit');
  expect((await waiting).indexes).toEqual([0]);
  other.close();
  await store.close();
});

test('the database is in WAL mode, so that readers and the writer do not wait for each other', async () => {
  const path = join(folder, 'store.db');
  const store = await openSqliteStore({ path, signer });
  const other = new DatabaseSync(path);
  expect(other.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
  other.close();
  await store.close();
});

test.each(['assistant', 'repository', 'writ', 'session', 'decision', 'type'])(
  'search by %s uses an index',
  async (column) => {
    const path = join(folder, 'store.db');
    await (await openSqliteStore({ path, signer })).close();
    const database = new DatabaseSync(path);
    for (const order of ['asc', 'desc']) {
      const sql = `select seq, body from entries where ${column} = ? order by seq ${order} limit 10`;
      const [plan, ...more] = database.prepare(`explain query plan ${sql}`).all('x');
      expect(plan?.['detail']).toBe(`SEARCH entries USING INDEX entries_${column} (${column}=?)`);
      expect(more).toEqual([]); // and needs no sorting
    }
    const [plan] = database
      .prepare('explain query plan select * from entries where time >= 1 and time <= 2')
      .all();
    expect(plan?.['detail']).toMatch(/USING INDEX entries_time/);
    database.close();
  },
);
