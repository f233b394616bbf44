/** Tokens of a GitHub App, from a server of the published shape: narrowed, short, and deleted with the task. */
import { generateKeyPairSync, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { brokers } from '../../src/authority/brokers/all.ts';
import { sealingKey } from '../../src/authority/brokers/seal.ts';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { issueLease } from '../../src/authority/services/issue-lease.ts';
import { settleLeases } from '../../src/authority/services/settle-leases.ts';
import type { Lease } from '../../src/core/model/lease.ts';
import { governance, openWorld, outcomeOf, type World } from '../authority/world.ts';
import { startHttpUpstream, type Asked, type HttpUpstream } from './http-upstream.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();

let github: HttpUpstream;
let world: World;
let alive: Set<string>;
let broken: 'no' | 'before' | 'after' | 'refuses' = 'no';

/** GitHub's REST API, of which the two calls matter here. */
function answer({ what, headers }: Asked): readonly [number, unknown?] | null {
  const bearer = (headers['authorization'] ?? '').replace('Bearer ', '');
  if (what === 'DELETE /installation/token') {
    if (broken === 'before') return null;
    return alive.delete(bearer) ? [204] : [401, { message: 'Bad credentials' }];
  }
  if (what !== 'POST /app/installations/77/access_tokens' || !isOfApp(bearer)) return [404, {}];
  if (broken === 'refuses') return [422, { message: 'The permissions requested are not granted' }];
  const token = `ghs_${alive.size}_${Math.random().toString(36).slice(2)}`;
  alive.add(token);
  if (broken === 'after') return null;
  return [
    201,
    { token, expires_at: new Date(world.clock.now + 3_600_000).toISOString().replace(/\.\d+/, '') },
  ];
}

function isOfApp(jwt: string): boolean {
  const [header = '', claims = '', signature = ''] = jwt.split('.');
  const { iss, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<
    string,
    unknown
  >;
  const now = world.clock.now / 1000;
  return (
    iss === '4711' &&
    Number(iat) <= now &&
    Number(exp) - Number(iat) <= 600 &&
    verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))
  );
}

beforeEach(async () => {
  alive = new Set();
  broken = 'no';
  github = await startHttpUpstream(answer);
  world = await openWorld({ brokers, sealingKey: sealingKey(Buffer.alloc(32, 1)), secret: async () => pem });
  await world.publish(
    governance(
      (text) => `${text.replace(/^profiles: \{\}$/m, 'profiles:\n  develop: { credentials: [shop] }')}
credentials:
  shop:
    broker: github-app
    description: The shop on GitHub
    api: ${github.url}
    app: 4711
    installation: 77
    key: { file: /etc/writ/app.pem }
    permissions: { contents: read, issues: write }
`,
    ),
  );
  await world.enable();
});
afterEach(async () => {
  await world.remove();
  await github.stop();
});

const request = async () => ({
  writ: (await world.issue()).claims.id,
  session: 's',
  credential: 'shop',
  parameters: {},
});
const settle = () => settleLeases(world.context, new Set());
const only = async (): Promise<Lease | undefined> => (await world.context.store.leases())[0];

test('a token is for the one repository and the named permissions, and dies with the writ', async () => {
  const asked = await request();
  const lent = await issueLease(world.context, asked);
  expect(github.asked[0]?.body).toEqual({
    repositories: ['shop'],
    permissions: { contents: 'read', issues: 'write' },
  });
  expect(lent).toMatchObject({
    secret: {
      url: 'https://github.com',
      username: 'x-access-token',
      access: 'read',
      password: [...alive][0],
    },
    lease: { reach: { scopes: ['contents:read', 'issues:write'] }, handle: { repository: 'shop' } },
  });
  await closeWrit(world.context, asked.writ, 'done');
  await settle();
  expect(alive.size).toBe(0);
  expect(await only()).toMatchObject({ state: 'revoked', sealed: null });
  const said = JSON.stringify([await world.entries(), await world.context.store.leases()]);
  expect(said).not.toMatch(/ghs_|BEGIN/);
});

test('one that GitHub has forgotten already counts as dead', async () => {
  const asked = await request();
  await issueLease(world.context, asked);
  alive.clear();
  await closeWrit(world.context, asked.writ, 'done');
  await settle();
  expect((await only())?.state).toBe('revoked');
});

test('while GitHub cannot be reached the token stays sealed in the queue', async () => {
  const asked = await request();
  await issueLease(world.context, asked);
  await closeWrit(world.context, asked.writ, 'done');
  broken = 'before';
  await settle();
  expect(await only()).toMatchObject({ state: 'revoking', sealed: expect.any(String) });
  broken = 'no';
  world.clock.now += 60_000;
  await settle();
  expect([alive.size, (await only())?.state]).toEqual([0, 'revoked']);
});

describe('when asking fails', () => {
  test('by a refusal, nothing was made and nothing waits', async () => {
    broken = 'refuses';
    expect(await outcomeOf(issueLease(world.context, await request()))).toBe('credential_unavailable');
    expect(await only()).toMatchObject({ state: 'revoked', issuedAt: null });
    expect((await world.entries(['lease.refused']))[0]?.data['reason']).toBe('GitHub refuses (422)');
  });

  test('without an answer, a token may exist that nobody holds: it counts as dead after GitHub’s hour', async () => {
    broken = 'after';
    expect(await outcomeOf(issueLease(world.context, await request()))).toBe('credential_unavailable');
    world.clock.now += 3_500_000;
    await settle();
    expect((await only())?.state).toBe('revoking');
    expect((await world.entries(['alert'])).map(({ data }) => data['kind'])).toEqual(['revocation-late']);
    world.clock.now += 200_000;
    await settle();
    expect((await only())?.state).toBe('revoked');
  });
});
