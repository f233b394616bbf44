import { subjectDigest } from '../../core/identity/approval-statement.ts';
import type { Approval, ApprovalSubject } from '../../core/model/approval.ts';
import type { Entry } from '../../core/model/entry.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Writ } from '../../core/model/writ.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import { currentBundle, entry, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import {
  approvalEntry,
  approverOf,
  assertCurrent,
  assertInTime,
  assertWithin,
  existingApproval,
} from './approval.ts';
import type { Unit } from '../store/port.ts';
import type { Reported } from './record.ts';
import { liveWrit, writFacts } from './writ.ts';

/**
 * Spends a granted approval on the decision that it permits, in one transaction.
 * @throws WritError `approval_unknown`, `approval_not_granted`, `approval_expired`, `approval_outdated`,
 *   `approval_other_act`, `approval_not_of_writ`, `writ_unknown`, `writ_ended`, or as `approverOf`
 */
export async function useApproval(
  context: AuthorityContext,
  id: string,
  digest: string,
  report: Reported,
): Promise<void> {
  await context.store.commit(async (unit) => {
    const bundle = currentBundle(context);
    const writ = await liveWrit(context, unit, report.writ);
    const approval = await existingApproval(unit, id);
    const { type, session, command, decision, data } = report;
    const spent = await spendApprovalIn(context, unit, bundle, writ, approval, session);
    if (digest !== approval.digest || !permits(approval.subject, report)) throw otherAct(id);
    unit.append(entry(context, type, { ...writFacts(writ), session, command, decision, data }));
    unit.append(spent);
  });
}

/**
 * Within somebody else's transaction, which appends the entry that this gives beside what the approval permits.
 * @throws as `useApproval`
 */
export async function spendApprovalIn(
  context: AuthorityContext,
  unit: Unit,
  bundle: Bundle,
  { claims }: Writ,
  approval: Approval,
  session: string,
): Promise<Entry> {
  const by = assertGranted(bundle, approval);
  assertInTime(context, approval);
  assertCurrent(bundle, approval.subject);
  assertWithin(claims, approval.subject);
  const used: Approval = { ...approval, state: 'used' };
  await unit.updateApproval(used, 'granted');
  return approvalEntry(context, 'approval.used', used, { by, writ: claims.id, session });
}

/** The signature is what grants; what the store says beside it only repeats it. Returns who gave it. */
function assertGranted(bundle: Bundle, approval: Approval): string {
  const { id, state, subject, digest, decided } = approval;
  if (state !== 'granted' || decided === null) {
    throw new WritError<AuthorityErrorCode>(
      'approval_not_granted',
      `the approval ${id} is ${state}; it serves once, when it is granted`,
    );
  }
  if (subjectDigest(subject) !== digest) throw otherAct(id);
  return approverOf(bundle, approval, { ...decided, decision: 'grant' });
}

function permits(subject: ApprovalSubject, report: Reported): boolean {
  return report.type === 'decision' && report.decision === 'allow' && report.command === subject.command;
}

function otherAct(id: string): WritError<AuthorityErrorCode> {
  return new WritError('approval_other_act', `the approval ${id} was given for another act`);
}
