/** Token exchange (RFC 8693): a task turns its identity, meant for this issuer, into a token for one service. */
import { accessTokenType, delegationClaims } from '../../core/identity/access-token.ts';
import { signJwt } from '../../core/identity/jwt.ts';
import {
  jwtSvidClaims,
  jwtSvidType,
  verifyJwtSvid,
  type JwtSvidClaims,
} from '../../core/identity/jwt-svid.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Writ } from '../../core/model/writ.ts';
import { currentBundle, entry, type AuthorityContext } from '../context.ts';
import { oauthError } from './oauth-error.ts';
import { activeKey, keysInForce } from './signing-keys.ts';
import { spentSvid } from './spent-tokens.ts';
import { isOver, writFacts } from './writ.ts';

export const jwtTokenType = 'urn:ietf:params:oauth:token-type:jwt';
export const accessTokenTypeName = 'urn:ietf:params:oauth:token-type:access_token';

export interface ExchangeRequest {
  readonly subjectToken: string;
  readonly audience: string;
  /** `…:jwt` gives a JWT-SVID of the task, `…:access_token` a delegation. */
  readonly requested: typeof jwtTokenType | typeof accessTokenTypeName;
  /** As the client named itself; null where it did not. */
  readonly clientId: string | null;
}

export interface Exchanged {
  readonly token: string;
  readonly type: ExchangeRequest['requested'];
  /** Seconds. */
  readonly expiresIn: number;
}

/** @throws WritError<OAuthErrorCode> */
export async function exchangeToken(
  context: AuthorityContext,
  issuer: string,
  request: ExchangeRequest,
): Promise<Exchanged> {
  const { audience, requested } = request;
  const { trustDomain, resources } = currentBundle(context).organisation;
  const subject = subjectOf(context, issuer, request);
  const delegation = Object.values(resources).some((one) => one.delegation && one.audience === audience);
  if (requested === accessTokenTypeName && !delegation) {
    throw oauthError('invalid_target', 'the audience is no service that is registered as heeding delegation');
  }
  const { kid } = await activeKey(context, 'jwt-svid');
  const jti = Buffer.from(context.random(16)).toString('base64url');
  const { writ, expiresAt } = await spendSubject(context, subject, { audience, requested, jti });
  const facts = { issuer, trustDomain, audience: [audience], jti, now: context.clock(), expiresAt };
  const [type, claims] =
    requested === jwtTokenType
      ? ([jwtSvidType, jwtSvidClaims(writ.claims, facts)] as const)
      : ([accessTokenType, delegationClaims(writ.claims, facts)] as const);
  const token = await signJwt(type, claims, kid, (message) => context.identity.keyStore.sign(kid, message));
  return { token, type: requested, expiresIn: Math.floor((expiresAt - context.clock()) / 1000) };
}

function subjectOf(
  context: AuthorityContext,
  issuer: string,
  { subjectToken, clientId }: ExchangeRequest,
): JwtSvidClaims {
  const { trustDomain } = currentBundle(context).organisation;
  let subject: JwtSvidClaims;
  try {
    subject = verifyJwtSvid(subjectToken, trustDomain, issuer, keysInForce(context), context.clock());
  } catch (error) {
    if (error instanceof WritError)
      throw oauthError('invalid_request', `subject_token: ${error.message}`, error);
    throw error;
  }
  if (clientId === null || clientId === subject.sub) return subject;
  throw oauthError('invalid_client', 'client_id is not the subject of the token');
}

/** What was shown here once serves no more: a token that leaked on its way is worth nothing after its use. */
async function spendSubject(
  context: AuthorityContext,
  subject: JwtSvidClaims,
  facts: { readonly audience: string; readonly requested: string; readonly jti: string },
): Promise<{ readonly writ: Writ; readonly expiresAt: number }> {
  const { value } = await context.store.commit(async (unit) => {
    const writ = await unit.writ(subject.writ);
    if (writ?.state !== 'active' || isOver(context, writ)) {
      throw oauthError('invalid_request', 'subject_token: the writ that it was issued under has ended');
    }
    if (!(await unit.spend(spentSvid(subject.jti), subject.exp * 1000))) {
      throw oauthError('invalid_request', 'subject_token: it was used or revoked before');
    }
    const { svidTtl } = currentBundle(context).organisation.limits;
    const until = Math.min(context.clock() + svidTtl, writ.claims.expiresAt);
    const expiresAt = Math.floor(until / 1000) * 1000;
    const data = { ...facts, subject: subject.jti, expiresAt };
    unit.append(entry(context, 'token.exchanged', { ...writFacts(writ), data }));
    return { writ, expiresAt };
  });
  return value;
}
