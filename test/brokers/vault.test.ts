/** Database logins from a server of Vault's published shape: lent by the task's identity, ended by its token. */
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { brokers } from '../../src/authority/brokers/all.ts';
import { sealingKey } from '../../src/authority/brokers/seal.ts';
import { activateWrit } from '../../src/authority/services/activate-writ.ts';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { issueLease } from '../../src/authority/services/issue-lease.ts';
import { settleLeases } from '../../src/authority/services/settle-leases.ts';
import type { Lease } from '../../src/core/model/lease.ts';
import { governance, openWorld, outcomeOf, type World } from '../authority/world.ts';
import { startHttpUpstream, type Asked, type HttpUpstream } from './http-upstream.ts';

let vault: HttpUpstream;
let world: World;
/** Live tokens, each with the logins that were read with it. */
let tokens: Map<string, string[]>;
let broken: 'no' | 'reading' | 'after reading' = 'no';

function answer({ what, headers, body }: Asked): readonly [number, unknown?] | null {
  const token = headers['x-vault-token'] ?? '';
  if (what === 'POST /v1/auth/writ/login') {
    const { role, jwt } = body as Record<string, string>;
    const { aud } = decodeJwt(jwt ?? '');
    if (role !== 'shop' || String(aud) !== 'vault.acme.example') return [400, { errors: ['no'] }];
    const made = `hvs.token${tokens.size}`;
    tokens.set(made, []);
    return [200, { auth: { client_token: made, accessor: `accessor${tokens.size}`, lease_duration: 3600 } }];
  }
  if (!tokens.has(token)) return [403, { errors: ['permission denied'] }];
  if (what === 'POST /v1/auth/token/revoke-self') {
    tokens.delete(token);
    return [204];
  }
  if (what !== 'GET /v1/database/creds/shop' || broken === 'reading') return [404, { errors: [] }];
  tokens.get(token)?.push('v-shop-1');
  if (broken === 'after reading') return null;
  const data = { username: 'v-shop-1', password: 'A1a-not-to-be-seen' };
  return [200, { lease_id: 'database/creds/shop/abc', lease_duration: 600, data }];
}

beforeEach(async () => {
  tokens = new Map();
  broken = 'no';
  vault = await startHttpUpstream(answer);
  world = await openWorld({ brokers, sealingKey: sealingKey(Buffer.alloc(32, 1)), secret: async () => '' });
  await world.publish(
    governance(
      (text) => `${text.replace(/^profiles: \{\}$/m, 'profiles:\n  develop: { credentials: [shop] }')}
credentials:
  shop:
    broker: vault
    description: The shop by Vault
    address: ${vault.url}
    login: { mount: writ, role: shop, jwt: { audience: vault.acme.example } }
    path: database/creds/shop
    postgres: { host: db.example, database: shop }
`,
    ),
  );
  await world.enable();
});
afterEach(async () => {
  await world.remove();
  await vault.stop();
});

async function request() {
  const { id } = (await world.issue()).claims;
  await activateWrit(world.context, id);
  return { writ: id, session: 's', credential: 'shop', parameters: {} };
}
const settle = () => settleLeases(world.context, new Set());
const only = async (): Promise<Lease | undefined> => (await world.context.store.leases())[0];

test('the login comes by the identity of the task, and ends with its writ', async () => {
  const asked = await request();
  expect(await issueLease(world.context, asked)).toMatchObject({
    secret: { host: 'db.example', database: 'shop', user: 'v-shop-1', password: 'A1a-not-to-be-seen' },
    lease: {
      handle: { accessor: 'accessor1', lease: 'database/creds/shop/abc' },
      expiresAt: world.clock.now + 600_000,
    },
  });
  await closeWrit(world.context, asked.writ, 'done');
  await settle();
  expect([tokens.size, (await only())?.state]).toEqual([0, 'revoked']);
  const said = JSON.stringify([await world.entries(), await world.context.store.leases()]);
  expect(said).not.toMatch(/hvs\.|not-to-be-seen|eyJ/);
});

test.each(['reading', 'after reading'] as const)('a failure when %s leaves no token alive', async (when) => {
  broken = when;
  expect(await outcomeOf(issueLease(world.context, await request()))).toBe('credential_unavailable');
  expect(tokens.size).toBe(1);
  expect(await only()).toMatchObject({ state: 'revoking', handle: { accessor: 'accessor1' } });
  await settle();
  expect(tokens.size).toBe(0);
});

test('a token that is gone already is awaited until Vault’s own end of it', async () => {
  const asked = await request();
  await issueLease(world.context, asked);
  tokens.clear();
  await closeWrit(world.context, asked.writ, 'done');
  await settle();
  expect((await only())?.state).toBe('revoking');
  world.clock.now += 600_000;
  await settle();
  expect((await only())?.state).toBe('expired');
});
