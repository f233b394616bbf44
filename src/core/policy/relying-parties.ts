/** `issuer` and `resources` of organisation.yaml: under which address tokens are issued, and who takes them. */
import { z } from 'zod';

const base64url = z.string().regex(/^[A-Za-z0-9_-]{1,2000}$/, 'must be base64url');
const kid = z.string().min(1).max(200).optional();

/** Public keys as JWKs (RFC 7517), without a private member. */
const publicJwk = z.union([
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: base64url, y: base64url, kid }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: base64url, kid }),
  z.strictObject({ kty: z.literal('RSA'), n: base64url, e: base64url, kid }),
]);

/** OpenID Connect Discovery section 4.3 compares it as text, so it has one spelling. */
export const issuer = z
  .string()
  .max(500)
  .refine(
    isIssuer,
    'must be an https address without query, fragment or final slash; http for 127.0.0.1 alone',
  );

export const resource = z.strictObject({
  /** What tokens for it name as their audience. */
  audience: z.string().min(1).max(500),
  /** It heeds `act`: tokens that name the person as subject and the task as actor may be issued for it. */
  delegation: z.boolean().default(false),
  /** Public keys that it proves itself with when it asks about a token. */
  keys: z.array(publicJwk).max(20).default([]),
});
export type Resource = z.output<typeof resource>;

function isIssuer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || text.endsWith('/')) return false;
  const oneSpelling = text === url.origin || text === url.origin + url.pathname;
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1');
  return oneSpelling && safe;
}
