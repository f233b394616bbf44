/** The issuer as relying parties meet it over HTTP: other people's OpenID Connect and OAuth clients. */
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { rotateNow } from '../../src/authority/services/signing-keys.ts';
import { remote, type World } from '../authority/world.ts';
import { exchangeGrant, form, idOf, Issuer, oldAudience, shopAudience, tokenTypes } from './issuer.ts';
import { startTask } from './world.ts';

let issuer: Issuer;
let world: World;
let shop: client.Configuration;

beforeAll(async () => {
  issuer = await Issuer.open();
  world = issuer.world;
  shop = await issuer.shop();
});
afterAll(() => issuer.close());
beforeEach(() => {
  world.clock.now = Date.now();
  issuer.faults.length = 0;
});

describe('an identity that a cloud federates', () => {
  test('is verified by its issuer, found by discovery, with keys fetched over HTTP', async () => {
    const task = await startTask(world, 'SHOP-142');
    const token = await issuer.svid(task, 'sts.amazonaws.example');
    const metadata = shop.serverMetadata();
    expect(metadata.issuer).toBe(issuer.address);
    const keys = createRemoteJWKSet(new URL(metadata.jwks_uri ?? ''));
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.address,
      audience: 'sts.amazonaws.example',
      algorithms: ['ES256'],
    });
    expect(payload).toMatchObject({
      iss: issuer.address,
      sub: idOf(task),
      job: 'SHOP-142',
      on_behalf_of: 'ada',
      repository: remote,
    });
  });

  test('the SPIFFE bundle is offered beside it', async () => {
    const response = await fetch(`${issuer.address}/.well-known/spiffe-bundle`);
    expect(response.headers.get('content-type')).toMatch('application/json');
    const bundle = (await response.json()) as {
      spiffe_sequence: number;
      spiffe_refresh_hint: number;
      keys: { use: string; kid?: string; x5c?: string[] }[];
    };
    expect(bundle.keys.map(({ use }) => use).sort()).toEqual(['jwt-svid', 'x509-svid']);
    expect(
      bundle.keys.every(({ use, kid, x5c }) =>
        use === 'x509-svid' ? x5c?.length === 1 && kid === undefined : kid !== undefined && x5c === undefined,
      ),
    ).toBe(true);
    expect(bundle.spiffe_refresh_hint).toBe(300);
    await rotateNow(world.context, 'x509-svid', 'ada');
    const later = (await (
      await fetch(`${issuer.address}/.well-known/spiffe-bundle`)
    ).json()) as typeof bundle;
    expect(later.keys).toHaveLength(3);
    expect(later.spiffe_sequence).toBeGreaterThan(bundle.spiffe_sequence);
  });
});

describe('token exchange', () => {
  test('gives a service that heeds delegation the person as subject and the task as actor', async () => {
    const task = await startTask(world);
    const answer = await issuer.exchange(task, {
      requested_token_type: tokenTypes.access,
      audience: shopAudience,
    });
    expect(answer).toMatchObject({ issued_token_type: tokenTypes.access, token_type: 'bearer' });
    expect(answer.expires_in).toBeGreaterThan(290);
    const keys = createRemoteJWKSet(new URL(`${issuer.address}/keys`));
    const { payload } = await jwtVerify(answer.access_token, keys, {
      issuer: issuer.address,
      audience: shopAudience,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({
      sub: 'ada',
      act: { sub: idOf(task) },
      client_id: idOf(task),
      writ: task.writ.claims.id,
    });
  });

  test("gives anybody else the identity of the task and nobody else's", async () => {
    const task = await startTask(world);
    const { access_token: token, issued_token_type: type } = await issuer.exchange(task, {
      audience: 'https://anything.example',
    });
    expect(type).toBe(tokenTypes.jwt);
    expect(decodeJwt(token)).toMatchObject({ sub: idOf(task), aud: 'https://anything.example' });
    for (const audience of [oldAudience, 'https://anything.example']) {
      await expect(
        issuer.exchange(task, { requested_token_type: tokenTypes.access, audience }),
      ).rejects.toMatchObject({
        error: 'invalid_target',
      });
    }
  });

  test('takes a token once, and none of a task that is over', async () => {
    const task = await startTask(world);
    const subject_token = await issuer.svid(task, issuer.address);
    await issuer.exchange(task, { subject_token, audience: 'a' });
    await expect(issuer.exchange(task, { subject_token, audience: 'a' })).rejects.toMatchObject({
      error: 'invalid_request',
    });
    const unused = await issuer.svid(task, issuer.address);
    await closeWrit(world.context, task.writ.claims.id, 'done');
    const form = new URLSearchParams({
      grant_type: exchangeGrant,
      subject_token: unused,
      subject_token_type: tokenTypes.jwt,
      audience: 'a',
    });
    const response = await fetch(`${issuer.address}/token`, { method: 'POST', body: form });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('introspection', () => {
  test('says what a token is worth, and at once that it is worth nothing', async () => {
    const task = await startTask(world);
    const { access_token: token } = await issuer.exchange(task, {
      requested_token_type: tokenTypes.access,
      audience: shopAudience,
    });
    const svid = await issuer.svid(task, shopAudience);
    expect(await client.tokenIntrospection(shop, token)).toMatchObject({
      active: true,
      sub: 'ada',
      act: { sub: idOf(task) },
      token_type: 'Bearer',
    });
    expect(await client.tokenIntrospection(shop, svid)).toMatchObject({
      active: true,
      sub: idOf(task),
    });
    await closeWrit(world.context, task.writ.claims.id, 'done');
    expect(await client.tokenIntrospection(shop, token)).toEqual({ active: false });
    expect(await client.tokenIntrospection(shop, svid)).toEqual({ active: false });
  });

  test('tells a service nothing about tokens for others', async () => {
    const task = await startTask(world);
    expect(await client.tokenIntrospection(shop, await issuer.svid(task, 'https://other.example'))).toEqual({
      active: false,
    });
  });
});

describe('revocation', () => {
  test('by whoever holds the token, and by the service that it is for', async () => {
    const task = await startTask(world);
    const holder = await issuer.holder(task);
    for (const config of [holder, shop]) {
      const token = await issuer.svid(task, shopAudience);
      expect(await client.tokenIntrospection(shop, token)).toMatchObject({ active: true });
      await client.tokenRevocation(config, token);
      expect(await client.tokenIntrospection(shop, token)).toEqual({ active: false });
      await client.tokenRevocation(config, token);
    }
    const revoked = (await world.entries(['token.revoked'])).map(({ data }) => data['by']);
    expect(revoked).toEqual([null, shopAudience]);
    await client.tokenRevocation(holder, 'of somebody else');
  });

  test('not by a service that it is not for', async () => {
    const task = await startTask(world);
    const token = await issuer.svid(task, issuer.address);
    await client.tokenRevocation(shop, token);
    expect((await issuer.exchange(task, { subject_token: token, audience: 'a' })).access_token).toMatch(
      /^ey/,
    );
  });
});

describe("who asks without right, or nonsense, is told in OAuth's own words", () => {
  const good = {
    grant_type: exchangeGrant,
    subject_token: 'x',
    subject_token_type: tokenTypes.jwt,
    audience: 'a',
  };
  const cases: readonly (readonly [string, string, string, string, number])[] = [
    ['no client', '/introspect', form({ token: 'x' }), 'invalid_client', 401],
    [
      'another kind of assertion',
      '/introspect',
      form({ token: 'x', client_assertion_type: 'saml', client_assertion: 'x' }),
      'invalid_client',
      401,
    ],
    [
      'a secret',
      '/introspect',
      form({ token: 'x', client_id: 'shop-api', client_secret: 'x' }),
      'invalid_client',
      401,
    ],
    ['nothing to revoke', '/revoke', '', 'invalid_request', 400],
    ['half a client', '/revoke', form({ token: 'x', client_assertion_type: 'x' }), 'invalid_client', 401],
    ['no grant type', '/token', form({ audience: 'a' }), 'invalid_request', 400],
    [
      'another grant',
      '/token',
      form({ ...good, grant_type: 'client_credentials' }),
      'unsupported_grant_type',
      400,
    ],
    [
      'another type of subject',
      '/token',
      form({ ...good, subject_token_type: tokenTypes.access }),
      'invalid_request',
      400,
    ],
    [
      'an unknown type of result',
      '/token',
      form({ ...good, requested_token_type: 'urn:x' }),
      'invalid_request',
      400,
    ],
    ['an actor beside', '/token', form({ ...good, actor_token: 'x' }), 'invalid_request', 400],
    ['a scope', '/token', form({ ...good, scope: 'all' }), 'invalid_scope', 400],
    ['no audience', '/token', form({ ...good, audience: '' }), 'invalid_request', 400],
    [
      'audience and resource',
      '/token',
      form({ ...good, resource: 'https://a.example' }),
      'invalid_request',
      400,
    ],
    ['a doubled parameter', '/token', `${form(good)}&audience=b`, 'invalid_request', 400],
    ['a broken escape', '/token', `${form(good)}&x=%zz`, 'invalid_request', 400],
    ['bytes that are no text', '/token', `${form(good)}&x=%ff`, 'invalid_request', 400],
    [
      'more parameters than anybody needs',
      '/token',
      Array.from({ length: 60 }, (_, n) => `p${n}=1`).join('&'),
      'invalid_request',
      400,
    ],
  ];
  test.each(cases)('%s', async (_, path, body, error, status) => {
    const response = await fetch(`${issuer.address}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([response.status, await response.json()]).toMatchObject([status, { error }]);
    expect(issuer.faults).toEqual([]);
  });

  test('another encoding, too much, another method, another place', async () => {
    const json = await fetch(`${issuer.address}/token`, {
      method: 'POST',
      body: JSON.stringify(good),
      headers: { 'content-type': 'application/json' },
    });
    const large = await fetch(`${issuer.address}/token`, {
      method: 'POST',
      body: form({ ...good, x: 'x'.repeat(70_000) }),
    });
    const query = await fetch(`${issuer.address}/token?${form(good)}`);
    const guards = await fetch(`${issuer.address}/svids/jwt`, { method: 'POST', body: '{}' });
    expect([json.status, large.status, query.status, guards.status]).toEqual([400, 413, 404, 404]);
  });
});
