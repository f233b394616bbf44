/**
 * A task's identity as a token (JWT-SVID). The subject is the task; the person on whose behalf it acts is named
 * beside it and never is the subject, nor the actor, who here is the task itself.
 */
import { z } from 'zod';
import type { WritClaims } from '../model/writ.ts';
import { audiencesOf, jwtFault, registeredClaims, verifyJwt } from './jwt.ts';
import { taskId, taskOf } from './spiffe-id.ts';
import type { SvidKey } from './svid-keys.ts';

export const jwtSvidType = 'JWT';

const name = z.string().min(1).max(500);
const claims = registeredClaims.extend({
  assistant: name,
  writ: name,
  on_behalf_of: name,
  profile: name,
  repository: name,
  commit: name.optional(),
  job: name.optional(),
});
export type JwtSvidClaims = z.output<typeof claims>;

export interface TokenFacts {
  readonly issuer: string | null;
  readonly trustDomain: string;
  readonly audience: readonly string[];
  readonly jti: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly expiresAt: number;
}

export function jwtSvidClaims(writ: WritClaims, facts: TokenFacts): JwtSvidClaims {
  const { assistant, id, requester, profile, job, repository } = writ;
  return {
    sub: taskId(facts.trustDomain, assistant, id),
    ...tokenClaims(facts),
    assistant,
    writ: id,
    on_behalf_of: requester,
    profile,
    repository: repository.remote,
    ...(repository.commit === null ? {} : { commit: repository.commit }),
    ...(job === null ? {} : { job }),
  };
}

/** What tokens of every kind say of themselves. */
export function tokenClaims({ issuer, audience, jti, now, expiresAt }: TokenFacts) {
  const [only = '', ...more] = audience;
  const issuedAt = Math.floor(now / 1000);
  return {
    ...(issuer === null ? {} : { iss: issuer }),
    // One audience as text: what many relying parties expect, and every one understands.
    aud: more.length === 0 ? only : [...audience],
    iat: issuedAt,
    nbf: issuedAt,
    exp: Math.floor(expiresAt / 1000),
    jti,
  };
}

/**
 * @param audience one that the token must be meant for; null to look at a token without being its recipient
 * @throws WritError<JwtErrorCode>
 */
export function verifyJwtSvid(
  token: string,
  trustDomain: string,
  audience: string | null,
  keys: readonly SvidKey[],
  now: number,
): JwtSvidClaims {
  const content = verifyJwt(token, { type: jwtSvidType, schema: claims, keys, now });
  const named = taskOf(content.sub, trustDomain);
  if (named === null || named.assistant !== content.assistant || named.task !== content.writ) {
    throw jwtFault('token_subject', 'its subject is no task of this trust domain');
  }
  if (audience !== null && !audiencesOf(content).includes(audience)) {
    throw jwtFault('token_audience', `it is meant for somebody else than ${audience}`);
  }
  return content;
}
