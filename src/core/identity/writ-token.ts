/** A writ as a compact JWS (RFC 7515) signed with EdDSA (RFC 8037): what is granted, readable and unforgeable. */
import { verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { WritError } from '../model/errors.ts';
import { repositoryProofs, type WritClaims } from '../model/writ.ts';
import { isId } from './ids.ts';
import { decodeBase64url, decodePart, encodePart } from './jws-part.ts';
import type { SigningKey } from './keys.ts';

export type WritTokenErrorCode =
  | 'token_malformed'
  | 'token_algorithm'
  | 'token_key_unknown'
  | 'token_signature'
  | 'token_claims'
  | 'token_not_yet_valid'
  | 'token_expired';

const largestToken = 16 * 1024;
const tokenType = 'writ+jwt';

/** Clocks of guard and authority may differ by this much, ms. */
const leewayMs = 5_000;

const header = z.strictObject({
  alg: z.string(),
  typ: z.literal(tokenType),
  kid: z.string().min(1).max(200),
});

const name = z.string().min(1).max(500);
const time = z.int().nonnegative();
const claims = z.strictObject({
  id: z.string().refine((text) => isId('writ', text)),
  assistant: name,
  requester: name,
  job: name.nullable(),
  profile: name,
  repository: z.strictObject({
    remote: name,
    commit: z
      .string()
      .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/)
      .nullable(),
    branch: name.nullable(),
    worktree: z.string().startsWith('/').max(4096),
    worktreeId: z.string().regex(/^\d+:\d+$/),
    proof: z.enum(repositoryProofs),
    proven: z.string().max(4096),
  }),
  enforcement: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  taskKey: name,
  policyVersion: name,
  issuedAt: time,
  expiresAt: time,
});

export function signWrit(content: WritClaims, key: SigningKey): string {
  const protectedHeader = encodePart({ alg: 'EdDSA', typ: tokenType, kid: key.keyId });
  const payload = encodePart(claims.parse(content));
  const signature = key.sign(Buffer.from(`${protectedHeader}.${payload}`, 'ascii'));
  return `${protectedHeader}.${payload}.${Buffer.from(signature).toString('base64url')}`;
}

/**
 * @param keys public keys by their id
 * @param now milliseconds since the epoch
 * @throws WritError<WritTokenErrorCode>
 */
export function verifyWrit(token: string, keys: ReadonlyMap<string, KeyObject>, now: number): WritClaims {
  const parts = token.length > largestToken ? [] : token.split('.');
  const [protectedHeader, payload, signature] = parts;
  if (parts.length !== 3 || !protectedHeader || !payload || !signature) {
    throw fault('token_malformed', 'a writ has three parts');
  }
  const { alg, kid } = parse(header, decode(protectedHeader), 'token_malformed');
  if (alg !== 'EdDSA') throw fault('token_algorithm', 'a writ is signed with EdDSA and nothing else');
  const key = keys.get(kid);
  if (key?.asymmetricKeyType !== 'ed25519')
    throw fault('token_key_unknown', 'the writ is signed by an unknown key');
  if (!verify(null, Buffer.from(`${protectedHeader}.${payload}`, 'ascii'), key, bytes(signature))) {
    throw fault('token_signature', "the writ's signature is wrong");
  }
  const content = parse(claims, decode(payload), 'token_claims');
  if (content.expiresAt <= content.issuedAt) throw fault('token_claims', 'the writ ends before it begins');
  if (content.issuedAt > now + leewayMs) throw fault('token_not_yet_valid', 'the writ is not valid yet');
  if (content.expiresAt <= now) throw fault('token_expired', 'the writ has expired');
  return content;
}

function decode(part: string): unknown {
  const value = decodePart(part);
  if (value === undefined) throw fault('token_malformed', 'a part of the writ is not canonical JSON');
  return value;
}

function bytes(part: string): Buffer {
  const decoded = decodeBase64url(part);
  if (decoded === null) throw fault('token_malformed', 'a part of the writ is not base64url');
  return decoded;
}

function parse<T>(schema: z.ZodType<T>, value: unknown, code: WritTokenErrorCode): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw fault(code, `the writ's ${issue?.path.join('.') || 'content'} is not as it must be`);
}

function fault(code: WritTokenErrorCode, message: string): WritError<WritTokenErrorCode> {
  return new WritError(code, message);
}
