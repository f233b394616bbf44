import type { Approval } from '../../core/model/approval.ts';
import { WritError } from '../../core/model/errors.ts';
import { currentBundle, requireReason, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import {
  approvalEntry,
  approverOf,
  assertCurrent,
  assertInTime,
  existingApproval,
  type SignedDecision,
} from './approval.ts';

/**
 * Grants or denies, as the signature says who decides. An attempt by somebody who may not is on record.
 * @throws WritError with the signature's codes, or `approval_unknown`, `approval_not_waiting`, `approval_expired`,
 *   `approval_outdated`, `approval_own_request`, `not_permitted`, `reason_missing`
 */
export async function decideApproval(
  context: AuthorityContext,
  id: string,
  signed: SignedDecision,
): Promise<Approval> {
  const { decision, reason, signature } = signed;
  if (decision === 'deny') requireReason(reason ?? '');
  const asked = await existingApproval(context.store, id);
  assertWaiting(asked);
  const by = await recordedIfRefused(context, asked, signed);
  const { value } = await context.store.commit(async (unit) => {
    const approval = await existingApproval(unit, id);
    assertWaiting(approval);
    assertInTime(context, approval);
    assertCurrent(currentBundle(context), approval.subject);
    const decided: Approval = {
      ...approval,
      state: decision === 'grant' ? 'granted' : 'denied',
      decided: { by, at: context.clock(), reason, signature },
    };
    await unit.updateApproval(decided, 'waiting');
    const type = decision === 'grant' ? 'approval.granted' : 'approval.denied';
    unit.append(approvalEntry(context, type, decided, { by, reason, signature }));
    return decided;
  });
  context.events.emit('approval', id);
  return value;
}

async function recordedIfRefused(
  context: AuthorityContext,
  approval: Approval,
  signed: SignedDecision,
): Promise<string> {
  try {
    return approverOf(currentBundle(context), approval, signed);
  } catch (refusal) {
    if (!(refusal instanceof WritError)) throw refusal;
    const { code, message } = refusal;
    await context.store.commit((unit) => {
      const data = { asked: signed.decision, code, why: message };
      unit.append(approvalEntry(context, 'approval.refused', approval, data));
    });
    throw refusal;
  }
}

function assertWaiting({ id, state }: Approval): void {
  if (state === 'waiting') return;
  throw new WritError<AuthorityErrorCode>('approval_not_waiting', `the approval ${id} is already ${state}`);
}
