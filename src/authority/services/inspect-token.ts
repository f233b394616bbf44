/** What a token of ours is worth at this moment: nothing once its writ has ended, or it was spent or revoked. */
import { accessTokenClaims, accessTokenType } from '../../core/identity/access-token.ts';
import { audiencesOf, verifyJwt } from '../../core/identity/jwt.ts';
import { verifyJwtSvid } from '../../core/identity/jwt-svid.ts';
import { WritError } from '../../core/model/errors.ts';
import { currentBundle, entry, type AuthorityContext } from '../context.ts';
import { keysInForce } from './signing-keys.ts';
import { spentSvid } from './spent-tokens.ts';
import { isOver, writFacts } from './writ.ts';

type Inspected =
  | (ReturnType<typeof verifyJwtSvid> & { readonly kind: 'svid' })
  | (ReturnType<typeof accessTokenClaims.parse> & { readonly kind: 'access' });

/** Its claims while it is worth something to that audience; else null. */
export async function inspectToken(
  context: AuthorityContext,
  token: string,
  audience: string,
): Promise<Inspected | null> {
  const claims = read(context, token);
  if (claims === null || !audiencesOf(claims).includes(audience)) return null;
  if (await context.store.isSpent(spentSvid(claims.jti))) return null;
  const writ = await context.store.writ(claims.writ);
  return writ?.state === 'active' && !isOver(context, writ) ? claims : null;
}

/**
 * Whoever holds a token may end it; so may a service that it is meant for.
 * @param audience of the service that asks; null for a holder
 */
export async function revokeToken(
  context: AuthorityContext,
  token: string,
  audience: string | null,
): Promise<void> {
  const claims = read(context, token);
  if (claims === null || (audience !== null && !audiencesOf(claims).includes(audience))) return;
  await context.store.commit(async (unit) => {
    const writ = await unit.writ(claims.writ);
    if (writ === null || !(await unit.spend(spentSvid(claims.jti), claims.exp * 1000))) return;
    unit.append(
      entry(context, 'token.revoked', { ...writFacts(writ), data: { jti: claims.jti, by: audience } }),
    );
  });
}

/** Null for what is no valid token of ours, whatever is wrong with it. */
function read(context: AuthorityContext, token: string): Inspected | null {
  const [keys, now] = [keysInForce(context), context.clock()];
  const { trustDomain } = currentBundle(context).organisation;
  const readers: readonly (() => Inspected)[] = [
    () => ({ ...verifyJwtSvid(token, trustDomain, null, keys, now), kind: 'svid' }),
    () => ({
      ...verifyJwt(token, { type: accessTokenType, schema: accessTokenClaims, keys, now }),
      kind: 'access',
    }),
  ];
  for (const one of readers) {
    try {
      return one();
    } catch (error) {
      if (!(error instanceof WritError)) throw error;
    }
  }
  return null;
}
