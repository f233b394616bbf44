/** What only PostgreSQL has: a server that may go away, and come back. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Client } from 'pg';
import { readLayout } from '../../src/authority/store/layout.ts';
import type { Store } from '../../src/authority/store/port.ts';
import { openPostgresStore } from '../../src/authority/store/postgres.ts';
import { decodeEntry } from '../../src/core/log/entry-codec.ts';
import { verifyLog } from '../../src/core/log/verify.ts';
import { startPostgres, type PostgresServer } from './postgres-server.ts';
import { sampleEntry, sampleWrit } from './samples.ts';
import { signer } from './signer.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

const withCode = (code: string): unknown => expect.objectContaining({ code });

interface Outcome {
  /** Log index of each acknowledged commit. */
  readonly kept: ReadonlyMap<string, number>;
  readonly refusals: readonly unknown[];
}

/** Commits from several places at once until it is enough. */
async function commitUntil(store: Store, enough: (outcome: Outcome) => boolean): Promise<Outcome> {
  const outcome = { kept: new Map<string, number>(), refusals: [] as unknown[] };
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let at = 0; !enough(outcome); at += 1) {
      const id = `${Math.random()}.${lane}.${at}`;
      try {
        const { indexes } = await store.commit(async (unit) => {
          await unit.insertWrit(sampleWrit(id));
          unit.append(sampleEntry({ writ: id }));
        });
        outcome.kept.set(id, indexes[0] ?? -1);
      } catch (error) {
        outcome.refusals.push(error);
      }
    }
  });
  await Promise.all(lanes);
  return outcome;
}

async function expectKept(store: Store, kept: ReadonlyMap<string, number>): Promise<void> {
  for (const [id, index] of kept) {
    expect(decodeEntry((await store.log.leaf(index)) as Uint8Array).writ).toBe(id);
    expect(await store.writ(id)).not.toBeNull();
  }
  const read = (path: string): Promise<Uint8Array | null> => readLayout(store.log, path);
  const { checkpoint, failures } = await verifyLog({ read, vkey: signer.vkey });
  expect(failures).toEqual([]);
  // What was refused may be there whole, when only the answer was lost; never by half.
  expect(await store.writs()).toHaveLength(checkpoint?.size ?? -1);
}

test('a crash of the server loses nothing acknowledged, and the same store goes on afterwards', async () => {
  const store = await openPostgresStore({ connectionString: await server.createDatabase(), signer });
  for (let round = 0; round < 3; round += 1) {
    const running = commitUntil(store, ({ refusals }) => refusals.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await server.crash();
    const { kept, refusals } = await running;
    expect(kept.size).toBeGreaterThan(8);
    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals) expect(refusal).toEqual(withCode('store_unavailable'));
    await expect(store.commit((unit) => unit.append(sampleEntry()))).rejects.toEqual(
      withCode('store_unavailable'),
    );
    await expect(store.log.size()).rejects.toEqual(withCode('store_unavailable'));
    await server.start();
    await expectKept(store, kept);
  }
  await store.close();
});

test('connections that are cut fail their groups alone', async () => {
  const connectionString = await server.createDatabase();
  const store = await openPostgresStore({ connectionString, signer });
  let done = false;
  const running = commitUntil(store, () => done);
  const admin = new Client({ connectionString });
  await admin.connect();
  for (let cut = 0; cut < 20; cut += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 20));
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'writ'`,
    );
  }
  await admin.end();
  done = true;
  const { kept, refusals } = await running;
  expect(kept.size).toBeGreaterThan(20);
  for (const refusal of refusals) expect(refusal).toEqual(withCode('store_unavailable'));
  await vi.waitFor(() => store.log.size()); // that an idle connection was cut may show only at its next use
  await expectKept(store, kept);
  expect((await store.commit((unit) => unit.append(sampleEntry()))).indexes).toHaveLength(1);
  await store.close();
});

test('commits are durable, whatever the defaults of the database', async () => {
  const connectionString = await server.createDatabase();
  const admin = new Client({ connectionString });
  await admin.connect();
  const { rows: own } = await admin.query<{ name: string }>('select current_database() as name');
  await admin.query(`alter database ${own[0]?.name} set synchronous_commit = off`);
  const store = await openPostgresStore({ connectionString, signer });
  await admin.query(`
    create table seen (setting text);
    create function look() returns trigger language plpgsql as
      'begin insert into seen values (current_setting(''synchronous_commit'')); return new; end';
    create trigger look before update on log_head for each row execute function look()`);
  await store.commit((unit) => unit.append(sampleEntry()));
  await store.commit((unit) => unit.append(sampleEntry()));
  expect((await admin.query('select setting from seen')).rows).toEqual([
    { setting: 'on' },
    { setting: 'on' },
  ]);
  await admin.end();
  await store.close();
});

test('every column of text compares by bytes', async () => {
  const connectionString = await server.createDatabase();
  await (await openPostgresStore({ connectionString, signer })).close();
  const admin = new Client({ connectionString });
  await admin.connect();
  const { rows } = await admin.query(
    `select table_name, column_name from information_schema.columns
     where table_schema = 'public' and data_type = 'text' and collation_name is distinct from 'C'`,
  );
  await admin.end();
  expect(rows).toEqual([]);
});

test('a server that is not there is told, without the connection’s secrets', async () => {
  const connectionString = 'postgres://writ:hunter2@localhost/none?host=%2Fnonexistent';
  const failure: unknown = await openPostgresStore({ connectionString, signer }).catch(
    (error: unknown) => error,
  );
  expect(failure).toEqual(withCode('store_unavailable'));
  expect(String(failure)).not.toContain('hunter2');
});
