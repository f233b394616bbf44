import { signWrit } from '../../core/identity/writ-token.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Writ, WritClaims } from '../../core/model/writ.ts';
import { decideIssue } from '../../core/policy/issue.ts';
import type { PersonRuling } from '../../core/policy/person-ruling.ts';
import { currentBundle, entry, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import { modeOf, writLife } from './issue-writ.ts';
import { liveWrit, writFacts } from './writ.ts';

/**
 * Extends a live writ while policy would still issue it, with a signature of its own. A refusal by policy is on
 * record; the writ then lives to its end as it was.
 * @throws WritError `writ_unknown`, `writ_ended`, `writ_renewals_spent`, `not_permitted`
 */
export async function renewWrit(context: AuthorityContext, id: string): Promise<Writ> {
  const { value } = await context.store.commit(async (unit): Promise<Writ | PersonRuling> => {
    const bundle = currentBundle(context);
    const writ = await liveWrit(context, unit, id);
    if (writ.renewals >= bundle.organisation.limits.renewals) throw renewalsSpent(writ);
    const mode = await modeOf(unit, writ.claims.assistant);
    const ruling = decideIssue(bundle, { ...writ.claims, mode }, [], context.clock());
    if (ruling.decision !== 'allow') {
      const { decision, policies, missing, reason } = ruling;
      const data = { asked: 'renewal', policies, missing, reason };
      unit.append(entry(context, 'writ.refused', { ...writFacts(writ), decision, data }));
      return ruling;
    }
    const claims: WritClaims = {
      ...writ.claims,
      policyVersion: bundle.version,
      expiresAt: context.clock() + writLife(bundle, writ.claims.profile),
    };
    const signature = signWrit(claims, context.writKey);
    const renewed: Writ = { ...writ, claims, signature, renewals: writ.renewals + 1 };
    await unit.updateWrit(renewed, writ.state);
    const { policyVersion, expiresAt } = claims;
    const data = { renewals: renewed.renewals, policyVersion, expiresAt };
    unit.append(entry(context, 'writ.renewed', { ...writFacts(writ), data }));
    return renewed;
  });
  if ('claims' in value) return value;
  throw new WritError<AuthorityErrorCode>('not_permitted', `the writ is not renewed: ${value.reason}`);
}

function renewalsSpent(writ: Writ): WritError<AuthorityErrorCode> {
  return new WritError(
    'writ_renewals_spent',
    `the writ was renewed ${writ.renewals} times, the most that policy permits`,
    { hint: 'Ask for a new one with: writ issue' },
  );
}
