/** Public keys on P-256 as JSON Web Keys (RFC 7518 section 6.2), and their names (RFC 7638). */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');

export const ecPublicJwk = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: coordinate,
  y: coordinate,
});
export type EcPublicJwk = z.output<typeof ecPublicJwk>;

/** Reading a key takes longer than verifying with it. */
const known = new WeakMap<EcPublicJwk, KeyObject>();

/** @throws Error for a point that is not on the curve */
export function publicKeyOf(jwk: EcPublicJwk): KeyObject {
  const { kty, crv, x, y } = jwk;
  const key = known.get(jwk) ?? createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  known.set(jwk, key);
  return key;
}

export function jwkOf(key: KeyObject): EcPublicJwk {
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  return ecPublicJwk.parse({ kty, crv, x, y });
}

/** RFC 7638 with SHA-256, base64url. */
export function ecThumbprint({ crv, kty, x, y }: EcPublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
