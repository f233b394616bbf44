/** Ed25519 keys (RFC 8032) from their seeds, and their names (RFC 7638 thumbprints). */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';

/** PKCS #8 (RFC 8410 section 7) up to the 32 bytes of the seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface SigningKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  sign(message: Uint8Array): Uint8Array;
}

export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** base64url. */
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** @param seed 32 secret bytes */
export function signingKey(seed: Uint8Array): SigningKey {
  if (seed.length !== 32) throw new RangeError('an Ed25519 seed has 32 bytes');
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  return { keyId: thumbprint(publicKey), publicKey, sign: (message) => sign(null, message, privateKey) };
}

/** As a JSON Web Key (RFC 8037), for whoever must verify. */
export function publicJwk(key: SigningKey): PublicJwk {
  const { x = '' } = key.publicKey.export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x, kid: key.keyId, alg: 'EdDSA', use: 'sig' };
}

/** Verification keys by their id. A key whose id is not its own thumbprint is left out. */
export function verificationKeys(keys: readonly PublicJwk[]): ReadonlyMap<string, KeyObject> {
  return new Map(
    keys.flatMap(({ kty, crv, x, kid }) => {
      const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
      return thumbprint(key) === kid ? [[kid, key] as const] : [];
    }),
  );
}

/** RFC 7638 with SHA-256, base64url, of an Ed25519 key as RFC 8037 writes it. */
function thumbprint(publicKey: KeyObject): string {
  const { crv, kty, x } = publicKey.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
