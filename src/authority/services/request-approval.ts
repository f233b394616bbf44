import { subjectDigest } from '../../core/identity/approval-statement.ts';
import type { Approval, ApprovalSubject } from '../../core/model/approval.ts';
import type { Json } from '../../core/model/entry.ts';
import { WritError } from '../../core/model/errors.ts';
import { currentBundle, freshId, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { approvalEntry, assertCurrent, assertWithin } from './approval.ts';
import { liveWrit } from './writ.ts';

export interface ApprovalRequest {
  readonly writ: string;
  readonly subject: ApprovalSubject;
  /** Sentences for the approver. */
  readonly reason: string;
}

/** An assistant that asks without end must not bury what matters, nor tire people into granting. */
const mostWaitingForWrit = 100;

/**
 * The approval that waits or was granted for exactly this act; else a new one.
 * @throws WritError `writ_unknown`, `writ_ended`, `approval_not_of_writ`, `approval_outdated`, `approvals_too_many`
 */
export async function requestApproval(
  context: AuthorityContext,
  request: ApprovalRequest,
): Promise<Approval> {
  const { value } = await context.store.commit((unit) => requestApprovalIn(context, unit, request));
  return value;
}

/** Within somebody else's transaction. @throws as `requestApproval` */
export async function requestApprovalIn(
  context: AuthorityContext,
  unit: Unit,
  { writ, subject, reason }: ApprovalRequest,
): Promise<Approval> {
  const digest = subjectDigest(subject);
  const bundle = currentBundle(context);
  assertCurrent(bundle, subject);
  const { claims } = await liveWrit(context, unit, writ);
  assertWithin(claims, subject);
  const known = await unit.approvals({ digest, states: ['waiting', 'granted'] });
  const requestedAt = context.clock();
  const serving = known.find(({ expiresAt }) => expiresAt > requestedAt);
  if (serving !== undefined) return serving;
  await assertRoom(unit, writ);
  const approval: Approval = {
    id: freshId(context, 'apr'),
    writ,
    subject,
    digest,
    state: 'waiting',
    reason,
    requestedAt,
    expiresAt: requestedAt + bundle.organisation.limits.approvalTtl,
    decided: null,
  };
  await unit.insertApproval(approval);
  const data = { reason, expiresAt: approval.expiresAt, subject: subject as unknown as Json };
  unit.append(approvalEntry(context, 'approval.requested', approval, data));
  return approval;
}

async function assertRoom(unit: Unit, writ: string): Promise<void> {
  const waiting = await unit.approvals({ writ, states: ['waiting'], limit: mostWaitingForWrit });
  if (waiting.length < mostWaitingForWrit) return;
  throw new WritError<AuthorityErrorCode>(
    'approvals_too_many',
    `${mostWaitingForWrit} acts under this writ wait for approval already`,
    { hint: 'See them with: writ approvals' },
  );
}
