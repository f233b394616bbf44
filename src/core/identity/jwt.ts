/** JSON Web Tokens that this authority signs and reads back: ES256 (RFC 7518), one key and one type each, one spelling. */
import { verify } from 'node:crypto';
import { z } from 'zod';
import { WritError } from '../model/errors.ts';
import { publicKeyOf } from './ec-key.ts';
import type { Es256 } from './certificate.ts';
import { decodeBase64url, decodePart, encodePart } from './jws-part.ts';
import type { SvidKey } from './svid-keys.ts';

export type JwtErrorCode =
  | 'token_malformed'
  | 'token_algorithm'
  | 'token_type'
  | 'token_key_unknown'
  | 'token_signature'
  | 'token_claims'
  | 'token_not_yet_valid'
  | 'token_expired'
  | 'token_audience'
  | 'token_subject';

const largestToken = 16 * 1024;
/** Clocks may differ by this much, seconds. */
const leeway = 5;

/** JWT-SVID section 2: no other member may stand in the header. */
const header = z.strictObject({ alg: z.string(), kid: z.string().min(1).max(200), typ: z.string() });

const seconds = z.int().nonnegative();
/** Claims that every token of ours has. */
export const registeredClaims = z.strictObject({
  iss: z.string().min(1).max(2000).optional(),
  sub: z.string().min(1).max(2048),
  aud: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(10)]),
  iat: seconds,
  nbf: seconds,
  exp: seconds,
  jti: z.string().min(1).max(200),
});
type RegisteredClaims = z.output<typeof registeredClaims>;

export async function signJwt(
  type: string,
  claims: RegisteredClaims,
  kid: string,
  sign: Es256,
): Promise<string> {
  const input = `${encodePart({ alg: 'ES256', kid, typ: type })}.${encodePart(claims)}`;
  const signature = await sign(Buffer.from(input, 'ascii'));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

export interface VerifyOptions<T> {
  readonly type: string;
  readonly schema: z.ZodType<T>;
  /** Of any use; only those for JWTs are looked at. */
  readonly keys: readonly SvidKey[];
  /** ms since the epoch. */
  readonly now: number;
}

/** @throws WritError<JwtErrorCode> */
export function verifyJwt<T extends RegisteredClaims>(
  token: string,
  { type, schema, keys, now }: VerifyOptions<T>,
): T {
  const parts = token.length > largestToken ? [] : token.split('.');
  const [head = '', payload = '', tail = ''] = parts;
  const protectedHeader = header.safeParse(decodePart(head));
  const signature = decodeBase64url(tail);
  if (parts.length !== 3 || !protectedHeader.success || signature === null) {
    throw jwtFault('token_malformed', 'it is not a compact token with a header of alg, kid and typ');
  }
  const { alg, kid, typ } = protectedHeader.data;
  if (alg !== 'ES256') throw jwtFault('token_algorithm', 'it is not signed with ES256');
  if (typ !== type) throw jwtFault('token_type', `its type is not ${type}`);
  const key = keys.find((one) => one.use === 'jwt-svid' && one.kid === kid);
  if (key === undefined) throw jwtFault('token_key_unknown', 'it is signed by an unknown key');
  const input = Buffer.from(`${head}.${payload}`, 'ascii');
  const publicKey = { key: publicKeyOf(key.publicKey), dsaEncoding: 'ieee-p1363' } as const;
  if (!verify('sha256', input, publicKey, signature)) {
    throw jwtFault('token_signature', 'its signature is wrong');
  }
  const content = schema.safeParse(decodePart(payload));
  if (!content.success) throw jwtFault('token_claims', 'its claims are not as they must be');
  const { nbf, exp } = content.data;
  if (nbf > now / 1000 + leeway) throw jwtFault('token_not_yet_valid', 'it is not valid yet');
  if (exp <= now / 1000) throw jwtFault('token_expired', 'it has expired');
  return content.data;
}

export function audiencesOf({ aud }: Pick<RegisteredClaims, 'aud'>): readonly string[] {
  return typeof aud === 'string' ? [aud] : aud;
}

export function jwtFault(code: JwtErrorCode, what: string): WritError<JwtErrorCode> {
  return new WritError(code, `the token is refused: ${what}`);
}
