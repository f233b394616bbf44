import type { Approval, ApprovalState } from '../../core/model/approval.ts';
import type { AuthorityContext } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { approvalEntry } from './approval.ts';

/** States in which an approval may still serve. */
export const servingStates: readonly ApprovalState[] = ['waiting', 'granted'];

/** In one transaction, which must not keep others waiting; the next sweep takes more. */
const mostAtOnce = 500;

/** Marks the approvals whose time is over. */
export async function expireApprovals(context: AuthorityContext): Promise<void> {
  const serving = await context.store.approvals({ states: servingStates });
  const over = serving.filter(({ expiresAt }) => expiresAt <= context.clock()).slice(0, mostAtOnce);
  if (over.length === 0) return;
  await context.store.commit(async (unit) => {
    for (const approval of over) await expireApprovalIn(context, unit, approval, 'its time was over');
  });
  for (const { id } of over) context.events.emit('approval', id);
}

/** Within somebody else's transaction. One that was decided or used meanwhile stays as it is. */
export async function expireApprovalIn(
  context: AuthorityContext,
  unit: Unit,
  approval: Approval,
  reason: string,
): Promise<void> {
  const expired: Approval = { ...approval, state: 'expired' };
  if (!(await unit.updateApproval(expired, approval.state))) return;
  unit.append(approvalEntry(context, 'approval.expired', expired, { reason }));
}
