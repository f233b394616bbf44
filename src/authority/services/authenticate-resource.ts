/** A registered service proves itself with a token that it signed (RFC 7523 section 2.2, `private_key_jwt`), once. */
import { decodeProtectedHeader, importJWK, jwtVerify, type JWK, type JWTPayload } from 'jose';
import { hasUniqueMembers } from '../../core/identity/unique-members.ts';
import { decodeBase64url } from '../../core/identity/jws-part.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { Resource } from '../../core/policy/relying-parties.ts';
import { currentBundle, type AuthorityContext } from '../context.ts';
import { oauthError } from './oauth-error.ts';
import { spentAssertion } from './spent-tokens.ts';

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** By kind of key: what it may be used with, and nothing else. */
const algorithms = { EC: ['ES256'], OKP: ['EdDSA', 'Ed25519'], RSA: ['PS256', 'RS256'] } as const;
export const assertionAlgorithms = Object.values(algorithms).flat();

const longestAssertion = 16 * 1024;
/** Seconds. */
const longestLife = 300;
const leeway = 5;

/**
 * @param clientId as named beside the assertion; null where it was not
 * @throws WritError `invalid_client`
 */
export async function authenticateResource(
  context: AuthorityContext,
  issuer: string,
  assertion: string,
  clientId: string | null,
): Promise<Resource> {
  const claimed = issuerOfAssertion(assertion);
  if (claimed === null || (clientId !== null && clientId !== claimed)) throw unknownClient();
  const resource = registered(currentBundle(context).organisation.resources, claimed);
  if (resource === null) throw unknownClient();
  const payload = await verified(context, issuer, assertion, claimed, resource);
  const { exp = 0, iat, jti = '' } = payload;
  const now = context.clock() / 1000;
  if (exp > now + longestLife + leeway || (iat !== undefined && iat > now + leeway)) throw unknownClient();
  const { value: first } = await context.store.commit((unit) =>
    unit.spend(spentAssertion(claimed, jti), (exp + leeway) * 1000),
  );
  if (!first) throw unknownClient();
  return resource;
}

async function verified(
  context: AuthorityContext,
  issuer: string,
  assertion: string,
  client: string,
  { keys }: Resource,
): Promise<JWTPayload> {
  const { kid } = decodeProtectedHeader(assertion);
  for (const jwk of keys.filter((key) => kid === undefined || key.kid === undefined || key.kid === kid)) {
    try {
      const key = await importJWK(jwk as JWK, algorithms[jwk.kty][0]);
      const { payload } = await jwtVerify(assertion, key, {
        algorithms: [...algorithms[jwk.kty]],
        issuer: client,
        subject: client,
        audience: [issuer, `${issuer}/introspect`, `${issuer}/revoke`],
        requiredClaims: ['exp', 'jti'],
        clockTolerance: leeway,
        currentDate: new Date(context.clock()),
      });
      return payload;
    } catch {
      // Perhaps another of its keys.
    }
  }
  throw unknownClient();
}

/** Who it says it is from, unverified; null for what could be read in two ways. */
function issuerOfAssertion(assertion: string): string | null {
  const parts = assertion.length > longestAssertion ? [] : assertion.split('.');
  if (parts.length !== 3) return null;
  try {
    const [head, payload] = parts.slice(0, 2).map((part) => {
      const text = decodeBase64url(part)?.toString('utf8') ?? '';
      const value = JSON.parse(text) as Record<string, unknown> | null;
      return hasUniqueMembers(text) ? value : null;
    });
    const iss = payload?.['iss'];
    return head && typeof iss === 'string' ? iss : null;
  } catch {
    return null;
  }
}

/** One answer to all of it: whoever guesses learns nothing. */
function unknownClient() {
  return oauthError('invalid_client', 'the client could not be authenticated');
}
