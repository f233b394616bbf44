/** Roles lent on a real PostgreSQL: what they may do, and that nothing of them is left afterwards. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { brokers } from '../../src/authority/brokers/all.ts';
import { secretReader } from '../../src/authority/brokers/broker.ts';
import { sealingKey } from '../../src/authority/brokers/seal.ts';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { issueLease } from '../../src/authority/services/issue-lease.ts';
import { settleLeases } from '../../src/authority/services/settle-leases.ts';
import { renewLease } from '../../src/authority/services/use-lease.ts';
import type { Lease } from '../../src/core/model/lease.ts';
import { governance, openWorld, outcomeOf, type World } from '../authority/world.ts';
import { startShopDatabase, type ShopDatabase } from './database.ts';

let shop: ShopDatabase;
beforeAll(async () => {
  shop = await startShopDatabase();
});
afterAll(() => shop.stop());

let world: World;
beforeEach(async () => {
  world = await openWorld({
    brokers,
    sealingKey: sealingKey(Buffer.alloc(32, 1)),
    secret: secretReader({ SHOP_DB: shop.adminPassword }),
  });
  world.clock.now = Date.now(); // the server keeps its own time
  await world.publish(governance((text) => withShop(text)));
  await world.enable();
});
afterEach(() => world.remove());

const readingGrants = `
      - { schema: 'shop "s"', privileges: [usage] }
      - { schema: 'shop "s"', tables: ['Order lines'], privileges: [select] }`;

function withShop(text: string, grants = readingGrants, more = ''): string {
  return `${text.replace(/^profiles: \{\}$/m, 'profiles:\n  develop: { credentials: [shop-db] }')}
credentials:
  shop-db:
    broker: postgres
    description: The shop, reading orders
    host: ${shop.host}
    database: ${shop.database}
    tls: off
    admin: { user: writ_admin, password: { environment: SHOP_DB } }
    grants:${grants}
    ${more}
`;
}

interface LentRole {
  readonly lease: Lease;
  readonly user: string;
  readonly password: string;
}

async function lend(): Promise<LentRole> {
  const writ = (await world.issue()).claims.id;
  const lent = await issueLease(world.context, { writ, session: 's', credential: 'shop-db', parameters: {} });
  if ('refusal' in lent) throw new Error(lent.refusal.reason);
  const { user, password } = lent.secret as { user: string; password: string };
  return { lease: lent.lease, user, password };
}

async function end({ lease }: LentRole): Promise<Lease | null> {
  await closeWrit(world.context, lease.writ, 'done');
  await settleLeases(world.context, new Set());
  return world.context.store.lease(lease.id);
}

const sqlState = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'done',
    (error: unknown) => String((error as { code?: unknown }).code),
  );
const rolesLeft = async (): Promise<unknown> =>
  (await shop.query(`select count(*)::int as n from pg_roles where rolname ~ '^writ_[0-9]'`))[0]?.['n'];

describe('a lent role', () => {
  test('may do what is granted and nothing else, whatever its names look like', async () => {
    const lent = await lend();
    const client = await shop.connect(lent.user, lent.password);
    const lines = 'select what from "shop ""s"""."Order lines"';
    expect((await client.query(lines)).rows).toEqual([{ what: 'tea' }]);
    for (const forbidden of [
      `insert into "shop ""s"""."Order lines" values (2, 'x')`,
      'select from "shop ""s""".invoices',
      'create role more',
      'create schema more',
      "copy (select 1) to program 'true'",
      `set role writ_admin`,
    ]) {
      expect([forbidden, await sqlState(client.query(forbidden))]).toEqual([forbidden, '42501']);
    }
    await client.end();
    await end(lent);
  });

  test('is dead when its writ ends: sessions, role and what it owned', async () => {
    await world.publish(
      governance((text) =>
        withShop(text, `${readingGrants}\n      - { schema: 'shop "s"', privileges: [usage, create] }`),
      ),
    );
    const lent = await lend();
    const client = await shop.connect(lent.user, lent.password);
    await client.query('create table "shop ""s""".made_by_task (id int)');
    const cut = new Promise((resolve) => client.once('end', resolve));
    expect(await end(lent)).toMatchObject({ state: 'revoked', revocation: { attempts: 1, fault: null } });
    await cut;
    expect(await shop.login(lent.user, lent.password)).toBe('28P01');
    expect(await rolesLeft()).toBe(0);
    expect(await shop.query(`select from pg_class where relname = 'made_by_task'`)).toEqual([]);
    expect((await shop.query('select count(*)::int as n from "shop ""s"""."Order lines"'))[0]).toEqual({
      n: 1,
    });
  });

  test('is refused by the server itself at the end of its time, even if nobody revokes it; renewing moves that', async () => {
    const lent = await lend();
    const until = async () => {
      const [row] = await shop.query(
        `select rolvaliduntil as at from pg_roles where rolname = '${lent.user}'`,
      );
      return Number(row?.['at']);
    };
    expect(await until()).toBe(lent.lease.expiresAt);
    world.clock.now += 60_000;
    const { expiresAt } = await renewLease(world.context, lent.lease.id);
    expect(expiresAt).toBe(lent.lease.expiresAt + 60_000);
    expect(await until()).toBe(expiresAt);
    await shop.query(`alter role ${lent.user} valid until 'yesterday'`);
    expect(await shop.login(lent.user, lent.password)).toBe('28P01');
    await end(lent);
  });
});

test('revoking what was never made, or is gone already, is confirmed', async () => {
  const lent = await lend();
  await shop.query(`drop owned by ${lent.user}; drop role ${lent.user}`);
  expect(await end(lent)).toMatchObject({ state: 'revoked' });
});

test('a grant that the server refuses leaves no role behind, and no secret in what is said', async () => {
  await world.publish(governance((text) => withShop(text, '\n      - { role: nobody }')));
  const writ = (await world.issue()).claims.id;
  const request = { writ, session: 's', credential: 'shop-db', parameters: {} };
  expect(await outcomeOf(issueLease(world.context, request))).toBe('credential_unavailable');
  expect(await rolesLeft()).toBe(0);
  const [refused] = await world.entries(['lease.refused']);
  expect(refused?.data).toMatchObject({ reason: 'the upstream failed (42704)' });
});

test('the server is told a verifier in place of the password, and nobody keeps the password', async () => {
  const lent = await lend();
  const [row] = await shop.query(
    `select rolpassword as stored from pg_authid where rolname = '${lent.user}'`,
  );
  expect(row?.['stored']).toMatch(/^SCRAM-SHA-256\$4096:/);
  expect(JSON.stringify([await world.entries(), await world.context.store.leases()])).not.toContain(
    lent.password,
  );
  expect(await shop.login(lent.user, lent.password)).toBe('let in');
  await end(lent);
});

test('while the server is unreachable the revocation waits in its queue', async () => {
  const lent = await lend();
  await world.publish(governance((text) => withShop(text)));
  const { store } = world.context;
  await store.commit(async (unit) => {
    const lease = await unit.lease(lent.lease.id);
    if (lease !== null)
      await unit.updateLease({ ...lease, settings: { ...lease.settings, port: 1 } }, 'issued');
  });
  const waiting = await end(lent);
  expect(waiting).toMatchObject({ state: 'revoking', revocation: { fault: 'the upstream failed (ENOENT)' } });
  await store.commit(async (unit) => {
    if (waiting !== null) await unit.updateLease({ ...waiting, settings: lent.lease.settings }, 'revoking');
  });
  world.clock.now += 60_000;
  await settleLeases(world.context, new Set());
  expect((await store.lease(lent.lease.id))?.state).toBe('revoked');
  expect(await rolesLeft()).toBe(0);
});
