/** The one place where authority is granted: decided, signed, stored and recorded in one transaction. */
import { signWrit } from '../../core/identity/writ-token.ts';
import type { EnforcementLevel } from '../../core/model/decision.ts';
import type { RepositoryIdentity, Writ, WritClaims } from '../../core/model/writ.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import { decideIssue } from '../../core/policy/issue.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { PersonRuling } from '../../core/policy/person-ruling.ts';
import { WritError } from '../../core/model/errors.ts';
import { currentBundle, entry, freshId, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import type { AssistantMode, Reader, Unit } from '../store/port.ts';
import { reportedEntry, type Reported } from './record.ts';
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
type Drafted = { readonly claims: WritClaims } | { readonly refusal: PersonRuling };

export async function issueWrit(
  context: AuthorityContext,
  requester: string,
  request: IssueRequest,
): Promise<Issued> {
  const id = freshId(context, 'writ');
  const { value } = await context.store.commit((unit) =>
    issueIn(context, unit, requester, { ...request, id }),
  );
  return value;
}

/** What would be granted now. Nothing is: neither stored, nor signed, nor on record. */
export async function draftWrit(
  context: AuthorityContext,
  requester: string,
  request: IssueRequest,
): Promise<Drafted> {
  const bundle = currentBundle(context);
  const mode = await modeOf(context.store, request.assistant);
  const ruling = decideIssue(bundle, { ...request, requester, mode }, [], context.clock());
  if (ruling.decision !== 'allow') return { refusal: ruling };
  return { claims: claimsOf(context, bundle, requester, { ...request, id: freshId(context, 'writ') }) };
}

/**
 * A drafted writ is issued together with the first that happens under it. Where it is refused by now, that is on
 * record, and nothing else is.
 * @throws WritError `writ_changed` where its person or policy is another by now, `store_conflict` where there is a
 * writ of that id
 */
export async function issueDrafted(
  context: AuthorityContext,
  requester: string,
  request: IssueRequest & Pick<WritClaims, 'id' | 'requester' | 'policyVersion'>,
  reports: readonly Reported[],
): Promise<Issued> {
  const { value } = await context.store.commit(async (unit) => {
    if (requester !== request.requester || currentBundle(context).version !== request.policyVersion) {
      throw new WritError<AuthorityErrorCode>('writ_changed', 'policy changed while the writ was asked for', {
        hint: 'Ask again',
      });
    }
    const issued = await issueIn(context, unit, requester, request);
    if ('refusal' in issued) return issued;
    for (const report of reports) unit.append(await reportedEntry(context, unit, report));
    return issued;
  });
  return value;
}

async function issueIn(
  context: AuthorityContext,
  unit: Unit,
  requester: string,
  request: IssueRequest & Pick<WritClaims, 'id'>,
): Promise<Issued> {
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
}

function claimsOf(
  context: AuthorityContext,
  bundle: Bundle,
  requester: string,
  request: IssueRequest & Pick<WritClaims, 'id'>,
): WritClaims {
  const { remote, commit, branch, worktree, worktreeId, proof, proven } = request.repository;
  const issuedAt = context.clock();
  return {
    id: request.id,
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
