/** A credential for which policy asks evidence: the approval is asked for here, and spent on the one lease it permits. */
import type { Evidence, EvidenceKey } from '../../core/model/evidence.ts';
import type { Lease } from '../../core/model/lease.ts';
import type { ApprovalSubject } from '../../core/model/approval.ts';
import type { Writ } from '../../core/model/writ.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import { decideCredentialUse } from '../../core/policy/credential-use.ts';
import { registered } from '../../core/policy/organisation.ts';
import type { PersonRuling } from '../../core/policy/person-ruling.ts';
import type { AuthorityContext } from '../context.ts';
import type { Unit } from '../store/port.ts';
import type { LeaseRequest } from './issue-lease.ts';
import { brokerOf, taskOf } from './lease.ts';
import { requestApprovalIn } from './request-approval.ts';
import { spendApprovalIn } from './use-approval.ts';

interface Decided {
  readonly ruling: PersonRuling;
  readonly evidence: Lease['evidence'];
}

/** @throws as `requestApproval` and `useApproval` */
export async function decideLease(
  context: AuthorityContext,
  unit: Unit,
  bundle: Bundle,
  writ: Writ,
  { credential, session }: LeaseRequest,
): Promise<Decided> {
  const task = taskOf(writ);
  const ruling = decideCredentialUse(bundle, task, credential, [], context.clock());
  const settings = registered(bundle.organisation.credentials, credential);
  if (ruling.decision !== 'step-up' || settings === null) return { ruling, evidence: [] };
  const { description } = brokerOf(context, settings).describe(settings, writ.claims);
  const reason = `lends the credential ${credential}: ${description}`;
  const subject = subjectOf(writ, credential, ruling.missing, bundle.version);
  const approval = await requestApprovalIn(context, unit, { writ: writ.claims.id, subject, reason });
  if (approval.state !== 'granted') {
    const way = `An approver can decide it with: writ approve ${approval.id}; then try again.`;
    return { ruling: { ...ruling, advice: way }, evidence: [] };
  }
  const evidence = ruling.missing.map((key) => ({
    key,
    by: approval.decided?.by ?? '',
    reference: approval.id,
  }));
  unit.append(await spendApprovalIn(context, unit, bundle, writ, approval, session));
  const held = withEnd(evidence, approval.expiresAt);
  return { ruling: decideCredentialUse(bundle, task, credential, held, context.clock()), evidence };
}

/** What was approved holds for as long as the lease. */
export function evidenceOf(lease: Lease): readonly Evidence[] {
  return withEnd(lease.evidence, lease.expiresAt);
}

function withEnd(evidence: Lease['evidence'], expiresAt: number): Evidence[] {
  return evidence.map(({ key, ...rest }) => ({ ...rest, key: key as EvidenceKey, expiresAt }));
}

/** It does not name the session: whoever is told to wait asks again from another one. */
function subjectOf(
  { claims }: Writ,
  credential: string,
  missing: readonly string[],
  policyVersion: string,
): ApprovalSubject {
  const { assistant, requester, job, profile, repository } = claims;
  return {
    assistant,
    requester,
    job,
    profile,
    command: `writ lease ${credential}`,
    argv: null,
    executable: null,
    cwd: repository.worktree,
    repository: repository.remote,
    commit: repository.commit,
    policyVersion,
    missing,
  };
}
