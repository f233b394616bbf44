import { WritError } from '../../core/model/errors.ts';
import type { Writ } from '../../core/model/writ.ts';
import { decidePersonAction } from '../../core/policy/person.ts';
import {
  currentBundle,
  entry,
  requireReason,
  type AuthorityContext,
  type AuthorityErrorCode,
} from '../context.ts';
import { endWrit } from './end-writ.ts';
import { endedFault, existingWrit, liveStates, writFacts } from './writ.ts';

/**
 * A person ends a writ and with it everything that runs under it. Who may is policy; who tried and may not is on
 * record as well.
 * @throws WritError `not_permitted`, `reason_missing`, `writ_unknown`, `writ_ended`
 */
export async function revokeWrit(
  context: AuthorityContext,
  person: string,
  id: string,
  why: string,
): Promise<void> {
  const reason = requireReason(why);
  const writ = await existingWrit(context.store, id);
  await requireMayEnd(context, person, writ, reason);
  const revoked = await endWrit(context, id, { state: 'revoked', by: person, person, reason });
  if (!revoked) throw endedFault(await existingWrit(context.store, id));
}

/** @throws WritError `not_permitted`, when that is on record */
export async function requireMayEnd(
  context: AuthorityContext,
  person: string,
  writ: Writ,
  reason: string,
): Promise<void> {
  const { remote, branch, proof } = writ.claims.repository;
  const task = { ...writ.claims, repository: remote, branch, proof };
  const ruling = decidePersonAction(currentBundle(context), person, { action: 'revokeWrit', task });
  if (ruling.decision !== 'allow') {
    const { decision, policies, reason: refusal } = ruling;
    await context.store.commit((unit) => {
      const data = { asked: 'revocation', why: reason, reason: refusal, policies };
      unit.append(entry(context, 'writ.refused', { ...writFacts(writ), person, decision, data }));
    });
    throw new WritError<AuthorityErrorCode>(
      'not_permitted',
      ruling.reason,
      ruling.advice === null ? {} : { hint: ruling.advice },
    );
  }
}

export interface RevokedWrits {
  readonly revoked: readonly string[];
  /** Live ones that this person may not revoke. */
  readonly refused: readonly string[];
}

/**
 * All live writs, or those of an assistant or in a repository, that the person may revoke.
 * @throws WritError `reason_missing`; `not_permitted` where there are some, and none of them
 */
export async function revokeWrits(
  context: AuthorityContext,
  person: string,
  of: { readonly assistant?: string; readonly repository?: string },
  why: string,
): Promise<RevokedWrits> {
  const reason = requireReason(why);
  const revoked: string[] = [];
  const refused: string[] = [];
  let refusal = null as WritError | null;
  // All at once, so that they share their commits: whoever does this is in a hurry.
  const ends = (await context.store.writs({ ...of, states: liveStates })).map(async ({ claims }) => {
    try {
      await revokeWrit(context, person, claims.id, reason);
      revoked.push(claims.id);
    } catch (error) {
      if (!(error instanceof WritError)) throw error;
      if (error.code === ('writ_ended' satisfies AuthorityErrorCode)) return; // meanwhile, by itself
      refused.push(claims.id);
      refusal = error;
    }
  });
  await Promise.all(ends);
  if (revoked.length === 0 && refusal !== null) throw refusal;
  return { revoked, refused };
}
