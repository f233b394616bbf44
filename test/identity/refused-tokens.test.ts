/** Every token here is refused wherever tokens are read: at validation, at exchange and at introspection. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import * as client from 'openid-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { closeWrit } from '../../src/authority/services/end-writ.ts';
import { issueJwtSvid } from '../../src/authority/services/issue-svid.ts';
import { keysInForce } from '../../src/authority/services/signing-keys.ts';
import { verifyJwtSvid } from '../../src/core/identity/jwt-svid.ts';
import { WritError } from '../../src/core/model/errors.ts';
import { canonical, encode, es256, Forge, read, type Good } from './forgery.ts';
import { exchangeGrant, form, Issuer, shopAudience, tokenTypes } from './issuer.ts';
import { startTask, type Task } from './world.ts';

let issuer: Issuer;
let shop: client.Configuration;
let task: Task;

beforeAll(async () => {
  issuer = await Issuer.open();
  shop = await issuer.shop();
});
afterAll(() => issuer.close());
beforeEach(async () => {
  issuer.world.clock.now = Date.now();
  task ??= await startTask(issuer.world, 'SHOP-1');
  issuer.faults.length = 0;
});

const seconds = () => Math.floor(issuer.world.clock.now / 1000);

/** Meant for all three places at once. */
async function fresh(): Promise<Good> {
  const audience = [issuer.address, shopAudience];
  const { svid } = await issueJwtSvid(issuer.world.context, {
    writ: task.writ.claims.id,
    audience,
    workload: null,
  });
  return read(svid);
}

function validation(token: string): string {
  const { context, clock } = issuer.world;
  try {
    verifyJwtSvid(token, 'acme.example', issuer.address, keysInForce(context), clock.now);
    return 'accepted';
  } catch (error) {
    if (error instanceof WritError && error.code.startsWith('token_')) return 'refused';
    throw error;
  }
}

async function exchange(token: string): Promise<string> {
  const fields = {
    grant_type: exchangeGrant,
    subject_token: token,
    subject_token_type: tokenTypes.jwt,
    audience: 'a',
  };
  const response = await issuer.post('/token', form(fields));
  const body = (await response.json()) as { error?: string };
  if (response.status === 200) return 'accepted';
  return response.status === 400 && body.error === 'invalid_request' ? 'refused' : JSON.stringify(body);
}

async function introspection(token: string): Promise<string> {
  const answer = await client.tokenIntrospection(shop, token);
  if (answer.active) return 'accepted';
  return Object.keys(answer).length === 1 ? 'refused' : JSON.stringify(answer);
}

const everywhere = async (token: string) => [
  validation(token),
  await introspection(token),
  await exchange(token),
];

test('the token that all of them start from is good everywhere', async () => {
  const good = await fresh();
  const forge = new Forge(issuer.world, good);
  expect(await everywhere(await forge.claims({}))).toEqual(['accepted', 'accepted', 'accepted']);
});

type Bend = (good: Good, forge: Forge) => Promise<string> | string;
const parts = ({ token }: Good) => token.split('.') as [string, string, string];
const elsewhere = 'https://elsewhere.example';

const shape: Readonly<Record<string, Bend>> = {
  'no token': () => 'x',
  'two parts': (good) => parts(good).slice(0, 2).join('.'),
  'four parts': ({ token }) => `${token}.x`,
  'five parts, as encrypted ones have': ({ token }) => `${token}.x.y`,
  'no header': (good) => `.${parts(good).slice(1).join('.')}`,
  'no claims': (good) => `${parts(good)[0]}..${parts(good)[2]}`,
  'no signature': (good) => `${parts(good).slice(0, 2).join('.')}.`,
  'JSON serialisation': (good) => {
    const [header, payload, signature] = parts(good);
    return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
  },
  'a space before it': ({ token }) => ` ${token}`,
  'a line break after it': ({ token }) => `${token}\n`,
  'a padded part': ({ token }) => `${token}==`,
  'another alphabet': (good) =>
    parts(good)
      .map((part) => part.replaceAll('-', '+').replaceAll('_', '/'))
      .join('.') + '/',
  'spare bits set': ({ token }) =>
    `${token.slice(0, -1)}${{ A: 'B', Q: 'R', g: 'h', w: 'x' }[token.slice(-1)] ?? '!'}`,
  'longer than any token': (_, forge) => forge.claims({ job: 'x'.repeat(20_000) }),
  'claims that are a list': (_, forge) => forge.signed('[]'),
  'claims that are null': (_, forge) => forge.signed('null'),
  'claims that are no JSON': (_, forge) => forge.signed('{sub:1}'),
  'claims that are no text': (_, forge) => forge.signed(Buffer.from([0x7b, 0xff, 0x7d])),
  'claims of which more follows': ({ claims }, forge) => forge.signed(`${canonical(claims)}{}`),
  'a subject twice': ({ claims }, forge) => forge.signed(canonical(claims).replace('{', `{"sub":"x",`)),
  'an expiry twice': ({ claims }, forge) =>
    forge.signed(canonical(claims).replace('"exp":', '"exp":1,"exp":')),
  'a subject twice, once spelled otherwise': ({ claims }, forge) =>
    forge.signed(canonical(claims).replace('"sub":', String.raw`"s\u0075b":"x","sub":`)),
  'another order of members': ({ claims }, forge) =>
    forge.signed(
      `{"sub":${JSON.stringify(claims['sub'])},${canonical({ ...claims, sub: undefined }).slice(1)}`,
    ),
  'spaces between members': ({ claims }, forge) =>
    forge.signed(JSON.stringify(JSON.parse(canonical(claims)), null, 1)),
  'an algorithm twice': ({ header }, forge) =>
    forge.rawHeader(canonical(header).replace('{', '{"alg":"none",')),
};

const signature: Readonly<Record<string, Bend>> = {
  'a changed claim': (good) => {
    const [header, , tail] = parts(good);
    return `${header}.${encode(canonical({ ...good.claims, assistant: 'other' }))}.${tail}`;
  },
  'a changed header': (good) =>
    `${encode(canonical({ ...good.header, typ: 'JOSE' }))}.${parts(good).slice(1).join('.')}`,
  "another token's signature": async (good) =>
    `${parts(good).slice(0, 2).join('.')}.${parts(await fresh())[2]}`,
  'a shortened signature': (good) =>
    `${parts(good).slice(0, 2).join('.')}.${encode(Buffer.from(parts(good)[2], 'base64url').subarray(0, 63))}`,
  'a signature of zeros': (_, forge) => forge.elsewhere(() => Buffer.alloc(64)),
  'an empty signature with zeros missing': (_, forge) => forge.elsewhere(() => Buffer.alloc(0)),
  'the signature as X.509 has it': (_, forge) => forge.elsewhere(forge.oursInDer),
  "a stranger's key under our name": (_, forge) => forge.elsewhere(forge.strangeKey),
  "the CA's key under our name": (_, forge) => forge.elsewhere(forge.caKey),
  "the CA's key under its own name": (_, forge) => forge.elsewhere(forge.caKey, { kid: forge.caKid }),
  "the task's own key": (_, forge) =>
    forge.elsewhere((input) => es256(input, createPrivateKey(task.privateKeyPem))),
};

const header: Readonly<Record<string, Bend>> = {
  'algorithm none': (_, forge) => forge.elsewhere(() => Buffer.alloc(0), { alg: 'none' }),
  'algorithm None, with our signature': (_, forge) => forge.header({ alg: 'None' }),
  'algorithm nOnE': (_, forge) => forge.elsewhere(() => Buffer.from('x'), { alg: 'nOnE' }),
  'no algorithm': (_, forge) => forge.header({ alg: undefined }),
  'a list of algorithms': (_, forge) => forge.header({ alg: ['ES256'] }),
  'algorithm in lower case': (_, forge) => forge.header({ alg: 'es256' }),
  'another curve': (_, forge) => forge.header({ alg: 'ES384' }),
  secp256k1: (_, forge) => forge.header({ alg: 'ES256K' }),
  EdDSA: (_, forge) => forge.header({ alg: 'EdDSA' }),
  'RSA, with a key of its own': (_, forge) => forge.elsewhere(forge.rsaKey, { alg: 'RS256' }),
  'RSA-PSS': (_, forge) => forge.header({ alg: 'PS256' }),
  'HS256 with the public key in PEM': (_, forge) => forge.elsewhere(forge.hmac('pem'), { alg: 'HS256' }),
  'HS256 with the public key in DER': (_, forge) => forge.elsewhere(forge.hmac('der'), { alg: 'HS256' }),
  'HS256 with the public key as JWK': (_, forge) => forge.elsewhere(forge.hmac('jwk'), { alg: 'HS256' }),
  'HS256 with the public point': (_, forge) => forge.elsewhere(forge.hmac('point'), { alg: 'HS256' }),
  'HS512 with the public key in PEM': (_, forge) =>
    forge.elsewhere(forge.hmac('pem', 'sha512'), { alg: 'HS512' }),
  'ES256 by name, HMAC by nature': (_, forge) => forge.elsewhere(forge.hmac('pem')),
  'no type': (_, forge) => forge.header({ typ: undefined }),
  'the type of an access token': (_, forge) => forge.header({ typ: 'at+jwt' }),
  'the type of a writ': (_, forge) => forge.header({ typ: 'writ+jwt' }),
  'the type of a logout token': (_, forge) => forge.header({ typ: 'logout+jwt' }),
  'the type in lower case': (_, forge) => forge.header({ typ: 'jwt' }),
  'no key id': (_, forge) => forge.header({ kid: undefined }),
  'an unknown key id': (_, forge) => forge.header({ kid: 'x'.repeat(43) }),
  'a key id that is a path': (_, forge) => forge.header({ kid: '../../../dev/null' }),
  'a key id that objects inherit': (_, forge) => forge.header({ kid: '__proto__' }),
  'a key of its own in the header': (_, forge) =>
    forge.elsewhere(forge.strangeKey, { jwk: forge.strangeJwk }),
  'an address for keys': (_, forge) => forge.header({ jku: elsewhere }),
  'an address for certificates': (_, forge) => forge.header({ x5u: elsewhere }),
  'a certificate of its own': (_, forge) => forge.header({ x5c: ['MIIB'] }),
  'an extension that must be understood': (_, forge) => forge.header({ crit: ['b64'], b64: false }),
  compression: (_, forge) => forge.header({ zip: 'DEF' }),
  'a nested token': (_, forge) => forge.header({ cty: 'JWT' }),
};

const claims: Readonly<Record<string, Bend>> = {
  expired: (_, forge) => forge.claims({ exp: seconds() - 1 }),
  'expired at this very second': (_, forge) => forge.claims({ exp: seconds() }),
  'not valid yet': (_, forge) => forge.claims({ nbf: seconds() + 60 }),
  'no expiry': (_, forge) => forge.claims({ exp: undefined }),
  'an expiry in words': (_, forge) => forge.claims({ exp: `${seconds() + 60}` }),
  'an expiry with a fraction': (_, forge) => forge.claims({ exp: seconds() + 60.5 }),
  'an expiry before time began': (_, forge) => forge.claims({ exp: -1 }),
  'no start': (_, forge) => forge.claims({ nbf: undefined }),
  'no time of issue': (_, forge) => forge.claims({ iat: undefined }),
  'no id': (_, forge) => forge.claims({ jti: undefined }),
  'no audience': (_, forge) => forge.claims({ aud: undefined }),
  'an empty list of audiences': (_, forge) => forge.claims({ aud: [] }),
  'an audience that is no text': (_, forge) => forge.claims({ aud: [1] }),
  'somebody else for an audience': (_, forge) => forge.claims({ aud: elsewhere }),
  'an audience that begins like ours': (_, forge) =>
    forge.claims({ aud: [`${issuer.address}/`, `${shopAudience}/`] }),
  'ours within another audience': (_, forge) => forge.claims({ aud: [`${issuer.address} ${shopAudience}`] }),
  'no subject': (_, forge) => forge.claims({ sub: undefined }),
  'the person for a subject': (_, forge) => forge.claims({ sub: 'ada' }),
  'two subjects': ({ claims: { sub } }, forge) => forge.claims({ sub: [sub, sub] }),
  'another trust domain': ({ claims: { sub } }, forge) =>
    forge.claims({ sub: String(sub).replace('acme.', 'evil.') }),
  'our trust domain as a part of another': ({ claims: { sub } }, forge) =>
    forge.claims({ sub: String(sub).replace('acme.example', 'acme.example.evil') }),
  'the trust domain with a port': ({ claims: { sub } }, forge) =>
    forge.claims({ sub: String(sub).replace('.example', '.example:443') }),
  'the trust domain in capitals': ({ claims: { sub } }, forge) =>
    forge.claims({ sub: String(sub).replace('acme', 'ACME') }),
  'a way round through dots': ({ claims: { sub } }, forge) =>
    forge.claims({ sub: String(sub).replace('/task/', '/../local/task/') }),
  'a final slash': ({ claims: { sub } }, forge) => forge.claims({ sub: `${String(sub)}/` }),
  'an escaped slash': ({ claims: { sub } }, forge) =>
    forge.claims({ sub: String(sub).replace('/task/', '%2Ftask/') }),
  'a query': ({ claims: { sub } }, forge) => forge.claims({ sub: `${String(sub)}?x` }),
  'the trust domain itself': (_, forge) => forge.claims({ sub: 'spiffe://acme.example' }),
  'an assistant that the subject is not': (_, forge) => forge.claims({ assistant: 'claude' }),
  'a writ that the subject is not': (_, forge) => forge.claims({ writ: `writ_${'0'.repeat(25)}` }),
  'a claim that we do not make': (_, forge) => forge.claims({ admin: true }),
  'an actor smuggled in': (_, forge) => forge.claims({ act: { sub: 'ada' } }),
  'nobody on whose behalf': (_, forge) => forge.claims({ on_behalf_of: undefined }),
};

const groups = { shape, signature, header, claims };
for (const [group, bends] of Object.entries(groups)) {
  describe(`${group} of a token`, () => {
    test.each(Object.entries(bends))('%s', async (_, bend) => {
      const good = await fresh();
      const token = await bend(good, new Forge(issuer.world, good));
      expect(await everywhere(token)).toEqual(['refused', 'refused', 'refused']);
      expect(issuer.faults).toEqual([]);
    });
  });
}

describe('good tokens in the wrong place or at the wrong time', () => {
  test('an access token is no identity', async () => {
    const { access_token: token } = await issuer.exchange(task, {
      requested_token_type: tokenTypes.access,
      audience: shopAudience,
    });
    expect([validation(token), await introspection(token), await exchange(token)]).toEqual([
      'refused',
      'accepted',
      'refused',
    ]);
  });

  test('neither is a writ', async () => {
    expect(await everywhere(task.writ.signature)).toEqual(['refused', 'refused', 'refused']);
  });

  test('a token that was shown once is spent; revoked, it is worth nothing', async () => {
    const [shown, revoked] = [(await fresh()).token, (await fresh()).token];
    expect([await exchange(shown), await exchange(shown), await introspection(shown)]).toEqual([
      'accepted',
      'refused',
      'refused',
    ]);
    await issuer.post('/revoke', form({ token: revoked }));
    expect([await introspection(revoked), await exchange(revoked)]).toEqual(['refused', 'refused']);
  });

  test('of many who show one token at once, one gets something for it', async () => {
    const { token } = await fresh();
    const results = await Promise.all(Array.from({ length: 20 }, () => exchange(token)));
    expect(results.filter((one) => one === 'accepted')).toHaveLength(1);
  });

  test('of a task that has ended', async () => {
    const other = await startTask(issuer.world);
    const { svid } = await issueJwtSvid(issuer.world.context, {
      writ: other.writ.claims.id,
      audience: [issuer.address, shopAudience],
      workload: null,
    });
    expect(await introspection(svid)).toBe('accepted');
    await closeWrit(issuer.world.context, other.writ.claims.id, 'done');
    expect([await introspection(svid), await exchange(svid)]).toEqual(['refused', 'refused']);
  });
});

describe('a service that asks about tokens must be itself', () => {
  const assertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  let count = 0;
  const base = () => ({
    iss: 'shop-api',
    sub: 'shop-api',
    aud: issuer.address,
    exp: seconds() + 60,
    iat: seconds(),
    jti: `j${(count += 1)}`,
  });
  const build = (
    content: object | string,
    head: object = {},
    sign = (input: string) => es256(input, issuer.shopKey),
  ) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const input = `${encode(JSON.stringify({ alg: 'ES256', ...head }))}.${encode(text)}`;
    return `${input}.${encode(sign(input))}`;
  };
  const ask = async (client_assertion: string, more: Readonly<Record<string, string>> = {}) => {
    const fields = { token: 'x', client_assertion_type: assertion, client_assertion, ...more };
    const response = await issuer.post('/introspect', form(fields));
    return `${response.status} ${JSON.stringify(await response.json()).slice(0, 25)}`;
  };
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const known = '200 {"active":false}';

  test('the assertion that all start from is taken', async () => {
    expect(await ask(build(base()))).toBe(known);
    expect(await ask(build(base()), { client_id: 'shop-api' })).toBe(known);
  });

  const bends: Readonly<Record<string, () => string>> = {
    'algorithm none': () => build(base(), { alg: 'none' }, () => Buffer.alloc(0)),
    'HS256 with the public key': () => build(base(), { alg: 'HS256' }),
    "a stranger's key": () => build(base(), {}, (input) => es256(input, stranger.privateKey)),
    "a stranger's key in the header": () =>
      build(base(), { jwk: stranger.publicKey.export({ format: 'jwk' }) }, (input) =>
        es256(input, stranger.privateKey),
      ),
    'an unknown client': () => build({ ...base(), iss: 'nobody', sub: 'nobody' }),
    'a client without keys': () => build({ ...base(), iss: 'old-api', sub: 'old-api' }),
    'what objects inherit': () => build({ ...base(), iss: 'constructor', sub: 'constructor' }),
    'another subject': () => build({ ...base(), sub: 'old-api' }),
    'another audience': () => build({ ...base(), aud: elsewhere }),
    expired: () => build({ ...base(), exp: seconds() - 60 }),
    'not valid yet': () => build({ ...base(), nbf: seconds() + 600 }),
    'issued in time to come': () => build({ ...base(), iat: seconds() + 600 }),
    'valid for a day': () => build({ ...base(), exp: seconds() + 86_400 }),
    'no expiry': () => build({ ...base(), exp: undefined }),
    'no id': () => build({ ...base(), jti: undefined }),
    'an issuer twice': () => build(JSON.stringify(base()).replace('{', '{"iss":"old-api",')),
    'no JSON': () => build('x'),
    'no token': () => 'x',
  };
  test.each(Object.entries(bends))('%s', async (_, bend) => {
    expect(await ask(bend())).toBe('401 {"error":"invalid_client"');
    expect(issuer.faults).toEqual([]);
  });

  test('and not twice with the same assertion, nor under another name', async () => {
    const once = build(base());
    expect([await ask(once), await ask(once)]).toEqual([known, '401 {"error":"invalid_client"']);
    expect(await ask(build(base()), { client_id: 'old-api' })).toBe('401 {"error":"invalid_client"');
  });
});
