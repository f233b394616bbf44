import { subjectDigest } from '../../core/identity/approval-statement.ts';
import type { Approval, ApprovalSubject } from '../../core/model/approval.ts';
import { WritError } from '../../core/model/errors.ts';
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
    const by = assertGranted(bundle, approval);
    assertInTime(context, approval);
    assertCurrent(bundle, approval.subject);
    assertWithin(writ.claims, approval.subject);
    if (digest !== approval.digest || !permits(approval.subject, report)) throw otherAct(id);
    const used: Approval = { ...approval, state: 'used' };
    await unit.updateApproval(used, 'granted');
    const { type, session, command, decision, data } = report;
    unit.append(entry(context, type, { ...writFacts(writ), session, command, decision, data }));
    unit.append(approvalEntry(context, 'approval.used', used, { by, writ: writ.claims.id, session }));
  });
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
