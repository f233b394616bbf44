import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../model/canonical-json.ts';
import type { Json } from '../model/entry.ts';
import { WritError } from '../model/errors.ts';
import type { WritClaims } from '../model/writ.ts';
import { publicJwk, signingKey, verificationKeys } from './keys.ts';
import { signWrit, verifyWrit } from './writ-token.ts';

const now = 1_790_000_000_000;
const key = signingKey(Buffer.alloc(32, 7));
const stranger = signingKey(Buffer.alloc(32, 8));
const keys = verificationKeys([publicJwk(key)]);

const claims: WritClaims = {
  id: 'writ_01k4m8c0z7x3v9q2t5w8y1b4d',
  assistant: 'claude',
  requester: 'maria',
  job: null,
  profile: 'develop',
  repository: {
    remote: 'github.com/acme/shop',
    commit: 'a'.repeat(40),
    branch: 'main',
    worktree: '/home/maria/shop',
    worktreeId: '64:1234',
    proof: 'claimed',
    proven: 'The clone says so — naïvely.',
  },
  enforcement: 2,
  taskKey: 'x'.repeat(43),
  policyVersion: 'f'.repeat(64),
  issuedAt: now,
  expiresAt: now + 900_000,
};
const good = signWrit(claims, key);
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.');

const base64url = (text: string | Uint8Array) => Buffer.from(text).toString('base64url');
const header = { alg: 'EdDSA', typ: 'writ+jwt', kid: key.keyId };
const canonical = (value: unknown) => canonicalJson(value as Json);

/** Header and payload as given, truly signed by the authority's key: what is wrong is only their content. */
function signed(headerText: string, payload: string | Uint8Array, by = key): string {
  return seal(`${base64url(headerText)}.${base64url(payload)}`, by);
}
function seal(content: string, by = key): string {
  return `${content}.${base64url(by.sign(Buffer.from(content)))}`;
}
const withHeader = (change: object) => signed(canonical({ ...header, ...change }), canonical(claims));
const withClaims = (change: object) => signed(canonical(header), canonical({ ...claims, ...change }));
const withRepository = (change: object) => withClaims({ repository: { ...claims.repository, ...change } });

function without<T extends object>(value: T, member: keyof T): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== member));
}

/** HS256 with the public key's bytes as the secret: the classic confusion. */
function hmacWith(secret: string | Buffer): string {
  const content = `${base64url(canonical({ ...header, alg: 'HS256' }))}.${goodPayload}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
function es256(alg: string): string {
  const content = `${base64url(canonical({ ...header, alg }))}.${goodPayload}`;
  const signature = sign('sha256', Buffer.from(content), {
    key: p256.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${content}.${base64url(signature)}`;
}

/** S + L: the same point equation, another spelling (RFC 8032 section 5.1.7 forbids it). */
function malleated(): string {
  const bytes = Buffer.from(goodSignature, 'base64url');
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
  for (let i = 32; i < 64; i += 1, s >>= 8n) bytes[i] = Number(s & 255n);
  return `${goodHeader}.${goodPayload}.${base64url(bytes)}`;
}

/** The last character of 64 bytes carries four spare bits. */
function spareBits(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(goodSignature.slice(-1));
  return `${goodHeader}.${goodPayload}.${goodSignature.slice(0, -1)}${alphabet.charAt(last ^ 1)}`;
}

function flipped(part: 'payload' | 'signature', at: number): string {
  const bytes = Buffer.from(part === 'payload' ? goodPayload : goodSignature, 'base64url');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  const changed = base64url(bytes);
  return part === 'payload'
    ? `${goodHeader}.${changed}.${goodSignature}`
    : `${goodHeader}.${goodPayload}.${changed}`;
}

const invalidUtf8 = Buffer.from(canonical({ ...claims, job: 'X' }));
invalidUtf8[invalidUtf8.indexOf('"X"') + 1] = 0xff;

const refused: readonly (readonly [what: string, code: string, token: string])[] = [
  ['nothing', 'token_malformed', ''],
  ['dots only', 'token_malformed', '..'],
  ['two parts', 'token_malformed', `${goodHeader}.${goodPayload}`],
  ['no signature', 'token_malformed', `${goodHeader}.${goodPayload}.`],
  ['a part too many', 'token_malformed', `${good}.${goodSignature}`],
  ['an empty part too many', 'token_malformed', `${good}.`],
  ['a JWE of five parts', 'token_malformed', `${good}.a.b`],
  ['larger than any writ', 'token_malformed', `${goodHeader}.${'A'.repeat(1 << 20)}.${goodSignature}`],
  ['space before', 'token_malformed', ` ${good}`],
  ['a line break after', 'token_malformed', `${good}\n`],
  [
    'a line break within, truly signed',
    'token_malformed',
    seal(`${goodHeader}.${goodPayload.slice(0, 60)}\n${goodPayload.slice(60)}`),
  ],
  ['padded base64', 'token_malformed', `${goodHeader}.${goodPayload}.${goodSignature}==`],
  ['base64 of the other alphabet', 'token_malformed', `${goodHeader}.${goodPayload}.${'+/'.repeat(43)}`],
  ['spare bits set in the signature', 'token_malformed', spareBits()],
  ['a header that is no JSON', 'token_malformed', signed('alg=EdDSA', canonical(claims))],
  ['a header that is an array', 'token_malformed', signed('[]', canonical(claims))],
  ['a header with a space', 'token_malformed', signed(JSON.stringify(header, null, 1), canonical(claims))],
  ['a header in another order', 'token_malformed', signed(JSON.stringify(header), canonical(claims))],
  [
    'a doubled algorithm',
    'token_malformed',
    signed(`{"alg":"none",${canonical(header).slice(1)}`, canonical(claims)),
  ],
  ['an unknown header member', 'token_malformed', withHeader({ crit: ['b64'], b64: false })],
  ['a key brought along', 'token_malformed', withHeader({ jwk: publicJwk(stranger) })],
  ['a key address brought along', 'token_malformed', withHeader({ jku: 'https://evil.example/keys' })],
  ['another type', 'token_malformed', withHeader({ typ: 'JWT' })],
  ['the type in capitals', 'token_malformed', withHeader({ typ: 'WRIT+JWT' })],
  ['no type', 'token_malformed', signed(canonical(without(header, 'typ')), canonical(claims))],
  ['no key id', 'token_malformed', signed(canonical(without(header, 'kid')), canonical(claims))],
  ['an empty key id', 'token_malformed', withHeader({ kid: '' })],
  ['a key id that is no text', 'token_malformed', withHeader({ kid: 1 })],
  ['an algorithm that is no text', 'token_malformed', withHeader({ alg: ['EdDSA'] })],
  ['no algorithm', 'token_algorithm', withHeader({ alg: 'none' })],
  ['no algorithm, other case', 'token_algorithm', withHeader({ alg: 'nOnE' })],
  ['the algorithm in other case', 'token_algorithm', withHeader({ alg: 'EDDSA' })],
  ['the name of RFC 9864', 'token_algorithm', withHeader({ alg: 'Ed25519' })],
  ['HS256 with the raw public key', 'token_algorithm', hmacWith(Buffer.from(publicJwk(key).x, 'base64url'))],
  [
    'HS256 with the public key as PEM',
    'token_algorithm',
    hmacWith(key.publicKey.export({ type: 'spki', format: 'pem' })),
  ],
  ['ES256', 'token_algorithm', es256('ES256')],
  ['an unknown key', 'token_key_unknown', withHeader({ kid: stranger.keyId })],
  ['a key named like an object member', 'token_key_unknown', withHeader({ kid: '__proto__' })],
  ["a stranger's, under their own id", 'token_key_unknown', signWrit(claims, stranger)],
  ["a stranger's, under our id", 'token_signature', signed(canonical(header), canonical(claims), stranger)],
  ['ES256 that calls itself EdDSA', 'token_signature', es256('EdDSA')],
  [
    'a changed payload',
    'token_signature',
    `${goodHeader}.${base64url(canonical({ ...claims, profile: 'maintain' }))}.${goodSignature}`,
  ],
  ['one bit of the payload changed', 'token_signature', flipped('payload', 12)],
  ['one bit of R changed', 'token_signature', flipped('signature', 0)],
  ['one bit of S changed', 'token_signature', flipped('signature', 63)],
  [
    "another writ's signature",
    'token_signature',
    `${goodHeader}.${goodPayload}.${withClaims({ job: 'other' }).split('.')[2] ?? ''}`,
  ],
  ['header and payload swapped', 'token_malformed', `${goodPayload}.${goodHeader}.${goodSignature}`],
  [
    'a signature cut short',
    'token_signature',
    `${goodHeader}.${goodPayload}.${base64url(Buffer.from(goodSignature, 'base64url').subarray(0, 63))}`,
  ],
  ['a signature of zeros', 'token_signature', `${goodHeader}.${goodPayload}.${base64url(Buffer.alloc(64))}`],
  ['a signature respelled with S + L', 'token_signature', malleated()],
  ['a payload with a space', 'token_malformed', signed(canonical(header), JSON.stringify(claims, null, 1))],
  ['a payload in another order', 'token_malformed', signed(canonical(header), JSON.stringify(claims))],
  [
    'a doubled claim',
    'token_malformed',
    signed(canonical(header), `{"assistant":"root",${canonical(claims).slice(1)}`),
  ],
  [
    'a needless escape',
    'token_malformed',
    signed(canonical(header), canonical(claims).replace('claude', 'cl\\u0061ude')),
  ],
  [
    'a number with a needless fraction',
    'token_malformed',
    signed(canonical(header), canonical(claims).replace('"enforcement":2', '"enforcement":2.0')),
  ],
  ['bytes that are no UTF-8', 'token_malformed', signed(canonical(header), invalidUtf8)],
  ['a byte order mark', 'token_malformed', signed(canonical(header), `\uFEFF${canonical(claims)}`)],
  [
    'half a surrogate pair',
    'token_malformed',
    signed(canonical(header), canonical(claims).replace('claude', '\\ud800')),
  ],
  ['nested without end', 'token_malformed', signed(canonical(header), '['.repeat(9000))],
  ['a payload that is text', 'token_claims', signed(canonical(header), '"writ"')],
  ['a payload that is null', 'token_claims', signed(canonical(header), 'null')],
  ['nested very deep', 'token_claims', signed(canonical(header), '['.repeat(1000) + ']'.repeat(1000))],
  ['an unknown claim', 'token_claims', withClaims({ admin: true })],
  [
    'a claim named __proto__',
    'token_claims',
    signed(canonical(header), `{"__proto__":{"profile":"maintain"},${canonical(claims).slice(1)}`),
  ],
  ['an unknown claim about the repository', 'token_claims', withRepository({ trusted: true })],
  ['a missing claim', 'token_claims', signed(canonical(header), canonical(without(claims, 'requester')))],
  ['no repository', 'token_claims', withClaims({ repository: null })],
  ["another thing's id", 'token_claims', withClaims({ id: claims.id.replace('writ_', 'apr_') })],
  ['an empty assistant', 'token_claims', withClaims({ assistant: '' })],
  ['an enforcement level that there is not', 'token_claims', withClaims({ enforcement: 4 })],
  ['an enforcement level as text', 'token_claims', withClaims({ enforcement: '2' })],
  ['an unknown proof', 'token_claims', withRepository({ proof: 'trust-me' })],
  ['a short commit', 'token_claims', withRepository({ commit: 'abc1234' })],
  ['a worktree that is relative', 'token_claims', withRepository({ worktree: '../shop' })],
  ['a time that is text', 'token_claims', withClaims({ expiresAt: String(now + 900_000) })],
  ['a time that is not whole', 'token_claims', withClaims({ expiresAt: now + 0.5 })],
  ['an end in the far future beyond whole numbers', 'token_claims', withClaims({ expiresAt: 1e300 })],
  ['an end before the beginning', 'token_claims', withClaims({ expiresAt: now - 1 })],
  ['no life at all', 'token_claims', withClaims({ expiresAt: now })],
  ['not valid yet', 'token_not_yet_valid', withClaims({ issuedAt: now + 5001 })],
  ['expired', 'token_expired', withClaims({ issuedAt: now - 900_000, expiresAt: now - 1 })],
  ['expiring at this millisecond', 'token_expired', withClaims({ issuedAt: now - 900_000, expiresAt: now })],
];

function codeOf(token: string, known: ReadonlyMap<string, KeyObject> = keys): string {
  try {
    verifyWrit(token, known, now);
    return 'verified';
  } catch (error) {
    return error instanceof WritError ? error.code : String(error);
  }
}

describe('a writ', () => {
  test('that the authority signed verifies, with every claim as it was', () => {
    expect(verifyWrit(good, keys, now)).toEqual(claims);
  });

  test('verifies to its last millisecond, and a little before its beginning', () => {
    expect(verifyWrit(good, keys, claims.expiresAt - 1)).toEqual(claims);
    expect(verifyWrit(good, keys, now - 5000)).toEqual(claims);
  });

  test.each(refused)('%s: %s', (_, code, token) => {
    expect(codeOf(token)).toBe(code);
  });

  test('is refused where a key under its id is not Ed25519', () => {
    expect(codeOf(es256('EdDSA'), new Map([[key.keyId, p256.publicKey]]))).toBe('token_key_unknown');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(
      codeOf(
        good,
        new Map([[key.keyId, createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))]]),
      ),
    ).toBe('token_key_unknown');
  });

  test('that is cut anywhere, or has any one character changed, is refused', () => {
    for (let at = 0; at < good.length; at += 1) {
      expect(codeOf(good.slice(0, at))).not.toBe('verified');
      const other = good.charAt(at) === 'A' ? 'B' : 'A';
      expect(codeOf(good.slice(0, at) + other + good.slice(at + 1))).not.toBe('verified');
    }
  });

  test('cannot be signed with content that would not verify', () => {
    expect(() => signWrit({ ...claims, assistant: '' }, key)).toThrow('assistant');
    expect(() => signWrit({ ...claims, expiresAt: 0.5 }, key)).toThrow('expiresAt');
  });
});

describe('keys', () => {
  test('have the name that RFC 8037 computes for its example (appendix A.1 and A.3)', () => {
    const seed = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url');
    expect(publicJwk(signingKey(seed))).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      alg: 'EdDSA',
      use: 'sig',
    });
  });

  test('under a name that is not their own do not count', () => {
    const renamed = { ...publicJwk(stranger), kid: key.keyId };
    expect(verificationKeys([renamed]).size).toBe(0);
    expect([...verificationKeys([renamed, publicJwk(key)]).keys()]).toEqual([key.keyId]);
  });

  test.each([0, 31, 33, 64])('are not made from %i bytes', (length) => {
    expect(() => signingKey(Buffer.alloc(length))).toThrow(RangeError);
  });
});
