/** The one place where authority is granted: decided, signed, stored and recorded in one transaction. */
import { signWrit } from '../../core/identity/writ-token.ts';
import { WritError } from '../../core/model/errors.ts';
import type { EnforcementLevel } from '../../core/model/decision.ts';
import type { RepositoryIdentity, Writ, WritClaims } from '../../core/model/writ.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import { decideIssue } from '../../core/policy/issue.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { PersonRuling } from '../../core/policy/person-ruling.ts';
import { currentBundle, entry, freshId, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import { endedFault, existingWrit, isLive, writFacts } from './end-writ.ts';

export interface IssueRequest {
  readonly assistant: string;
  readonly profile: string;
  readonly job: string | null;
  readonly repository: RepositoryIdentity;
  readonly enforcement: EnforcementLevel;
  readonly taskKey: string;
}

export type Issued = { readonly writ: Writ } | { readonly refusal: PersonRuling };

export async function issueWrit(
  context: AuthorityContext,
  requester: string,
  request: IssueRequest,
): Promise<Issued> {
  const bundle = currentBundle(context);
  const facts = { assistant: request.assistant, repository: request.repository.remote, person: requester };
  const asked = {
    profile: request.profile,
    job: request.job,
    commit: request.repository.commit,
    branch: request.repository.branch,
    proof: request.repository.proof,
  };
  const { value } = await context.store.commit(async (unit): Promise<Issued> => {
    const mode = (await unit.assistantMode(request.assistant))?.mode ?? 'registered';
    const ruling = decideIssue(bundle, { ...request, requester, mode }, [], context.clock());
    const id = freshId(context, 'writ');
    unit.append(entry(context, 'writ.requested', { ...facts, writ: id, data: asked }));
    if (ruling.decision !== 'allow') {
      const { policies, missing, reason } = ruling;
      unit.append(
        entry(context, 'writ.refused', {
          ...facts,
          writ: id,
          decision: ruling.decision,
          data: { policies, missing, reason },
        }),
      );
      return { refusal: ruling };
    }
    const claims = claimsOf(context, bundle, id, requester, request);
    const writ: Writ = {
      claims,
      state: 'issued',
      signature: signWrit(claims, context.writKey),
      renewals: 0,
      ended: null,
    };
    await unit.insertWrit(writ);
    unit.append(
      entry(context, 'writ.issued', {
        ...facts,
        writ: id,
        data: {
          ...asked,
          worktree: request.repository.worktree,
          proven: request.repository.proven,
          enforcement: request.enforcement,
          taskKey: request.taskKey,
          policyVersion: bundle.version,
          policies: ruling.policies,
          expiresAt: claims.expiresAt,
        },
      }),
    );
    return { writ };
  });
  return value;
}

/**
 * Extends a live writ while policy still grants it.
 * @throws WritError `writ_unknown`, `writ_ended`, `writ_renewals_spent`, `not_permitted`
 */
export async function renewWrit(context: AuthorityContext, id: string): Promise<Writ> {
  const bundle = currentBundle(context);
  await existingWrit(context, id);
  const { value } = await context.store.commit(async (unit) => {
    const writ = await unit.writ(id);
    if (writ === null || !isLive(context, writ)) throw endedFault(writ);
    const most = bundle.organisation.limits.renewals;
    if (writ.renewals >= most) {
      throw new WritError<AuthorityErrorCode>(
        'writ_renewals_spent',
        `the writ was renewed ${writ.renewals} times, the most that policy permits`,
        {
          hint: 'Ask for a new one with: writ issue',
        },
      );
    }
    const { claims } = writ;
    const mode = (await unit.assistantMode(claims.assistant))?.mode ?? 'registered';
    const ruling = decideIssue(bundle, { ...claims, mode }, [], context.clock());
    if (ruling.decision !== 'allow')
      throw new WritError<AuthorityErrorCode>('not_permitted', `the writ is not renewed: ${ruling.reason}`);
    const extended: WritClaims = {
      ...claims,
      expiresAt: context.clock() + lifeOf(bundle, claims.profile),
      policyVersion: bundle.version,
    };
    const renewed: Writ = {
      ...writ,
      claims: extended,
      signature: signWrit(extended, context.writKey),
      renewals: writ.renewals + 1,
    };
    await unit.updateWrit(renewed, writ.state);
    unit.append(
      entry(context, 'writ.renewed', {
        ...writFacts(writ),
        data: { renewals: renewed.renewals, expiresAt: extended.expiresAt },
      }),
    );
    return renewed;
  });
  return value;
}

function claimsOf(
  context: AuthorityContext,
  bundle: Bundle,
  id: string,
  requester: string,
  request: IssueRequest,
): WritClaims {
  const { remote, commit, branch, worktree, worktreeId, proof, proven } = request.repository;
  const issuedAt = context.clock();
  return {
    id,
    assistant: request.assistant,
    requester,
    job: request.job,
    profile: request.profile,
    repository: { remote, commit, branch, worktree, worktreeId, proof, proven },
    enforcement: request.enforcement,
    taskKey: request.taskKey,
    policyVersion: bundle.version,
    issuedAt,
    expiresAt: issuedAt + lifeOf(bundle, request.profile),
  };
}

/** Milliseconds. A profile may shorten what the organisation permits, never lengthen it. */
function lifeOf(bundle: Bundle, profile: string): number {
  const { profiles, limits } = bundle.organisation;
  return Math.min(registered(profiles, profile)?.ttl ?? limits.writTtl, limits.writTtl);
}
