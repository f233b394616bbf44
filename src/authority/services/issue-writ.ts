/** The one place where authority is granted: decided, signed, stored and recorded in one transaction. */
import { signWrit } from '../../core/identity/writ-token.ts';
import type { EnforcementLevel } from '../../core/model/decision.ts';
import type { RepositoryIdentity, Writ, WritClaims } from '../../core/model/writ.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import { decideIssue } from '../../core/policy/issue.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { PersonRuling } from '../../core/policy/person-ruling.ts';
import { currentBundle, entry, freshId, type AuthorityContext } from '../context.ts';
import type { AssistantMode, Reader } from '../store/port.ts';
import { writFacts } from './writ.ts';

export interface IssueRequest {
  readonly assistant: string;
  readonly profile: string;
  readonly job: string | null;
  readonly repository: RepositoryIdentity;
  readonly enforcement: EnforcementLevel;
  readonly taskKey: string;
  /** Something is about to run under it: it is active from the start. */
  readonly activate?: boolean;
}

export type Issued = { readonly writ: Writ } | { readonly refusal: PersonRuling };

export async function issueWrit(
  context: AuthorityContext,
  requester: string,
  request: IssueRequest,
): Promise<Issued> {
  const { value } = await context.store.commit(async (unit): Promise<Issued> => {
    const bundle = currentBundle(context);
    const claims = claimsOf(context, bundle, requester, request);
    const { assistant, profile, job, enforcement, taskKey, policyVersion, expiresAt, repository } = claims;
    const { commit, branch, proof, worktree, proven } = repository;
    const facts = { assistant, repository: repository.remote, writ: claims.id, person: requester };
    const asked = { profile, job, commit, branch, proof, enforcement };
    unit.append(entry(context, 'writ.requested', { ...facts, data: asked }));

    const mode = await modeOf(unit, assistant);
    const ruling = decideIssue(bundle, { ...request, requester, mode }, [], context.clock());
    if (ruling.decision !== 'allow') {
      const { decision, policies, missing, reason } = ruling;
      const data = { asked: 'issue', policies, missing, reason, policyVersion };
      unit.append(entry(context, 'writ.refused', { ...facts, decision, data }));
      return { refusal: ruling };
    }

    const signature = signWrit(claims, context.writKey);
    const state = request.activate === true ? 'active' : 'issued';
    const writ: Writ = { claims, state, signature, renewals: 0, ended: null };
    await unit.insertWrit(writ);
    const granted = { worktree, proven, taskKey, policyVersion, policies: ruling.policies, expiresAt };
    unit.append(entry(context, 'writ.issued', { ...facts, data: { ...asked, ...granted } }));
    if (state === 'active') unit.append(entry(context, 'writ.activated', writFacts(writ)));
    return { writ };
  });
  return value;
}

function claimsOf(
  context: AuthorityContext,
  bundle: Bundle,
  requester: string,
  request: IssueRequest,
): WritClaims {
  const { remote, commit, branch, worktree, worktreeId, proof, proven } = request.repository;
  const issuedAt = context.clock();
  return {
    id: freshId(context, 'writ'),
    assistant: request.assistant,
    requester,
    job: request.job,
    profile: request.profile,
    repository: { remote, commit, branch, worktree, worktreeId, proof, proven },
    enforcement: request.enforcement,
    taskKey: request.taskKey,
    policyVersion: bundle.version,
    issuedAt,
    expiresAt: issuedAt + writLife(bundle, request.profile),
  };
}

/** An assistant that nobody ever enabled is only registered. */
export async function modeOf(
  reader: Pick<Reader, 'assistantMode'>,
  assistant: string,
): Promise<AssistantMode['mode'] | 'registered'> {
  return (await reader.assistantMode(assistant))?.mode ?? 'registered';
}

/** Milliseconds. A profile may shorten what the organisation permits, never lengthen it. */
export function writLife(bundle: Bundle, profile: string): number {
  const { profiles, limits } = bundle.organisation;
  return Math.min(registered(profiles, profile)?.ttl ?? limits.writTtl, limits.writTtl);
}
