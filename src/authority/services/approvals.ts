/** Approvals: asked for by the guard, decided by another person's signature, used once. */
import {
  approvalNamespace,
  approvalStatement,
  subjectDigest,
} from '../../core/identity/approval-statement.ts';
import { verifySshSignature } from '../../core/identity/ssh-signature.ts';
import type { Approval, ApprovalSubject } from '../../core/model/approval.ts';
import type { Json } from '../../core/model/entry.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Organisation } from '../../core/policy/organisation.ts';
import { decidePersonAction } from '../../core/policy/person.ts';
import { sshPublicKey } from '../../core/policy/ssh-public-key.ts';
import {
  currentBundle,
  entry,
  freshId,
  requireReason,
  type AuthorityContext,
  type AuthorityErrorCode,
} from '../context.ts';
import type { Unit } from '../store/port.ts';
import { reportedEntry, type Reported } from './record.ts';

export interface ApprovalRequest {
  readonly writ: string;
  readonly subject: ApprovalSubject;
  readonly reason: string;
}

/** The one that waits or was granted for exactly this act; else a new one. */
export async function requestApproval(
  context: AuthorityContext,
  request: ApprovalRequest,
): Promise<Approval> {
  const digest = subjectDigest(request.subject);
  const { value } = await context.store.commit(async (unit) => {
    const known = await unit.approvals({ digest, states: ['waiting', 'granted'] });
    const live = known.find((one) => one.expiresAt > context.clock());
    if (live !== undefined) return live;
    const requestedAt = context.clock();
    const approval: Approval = {
      id: freshId(context, 'apr'),
      writ: request.writ,
      subject: request.subject,
      digest,
      state: 'waiting',
      reason: request.reason,
      requestedAt,
      expiresAt: requestedAt + currentBundle(context).organisation.limits.approvalTtl,
      decided: null,
    };
    await unit.insertApproval(approval);
    unit.append(
      approvalEntry(context, 'approval.requested', approval, { subject: request.subject as unknown as Json }),
    );
    return approval;
  });
  return value;
}

/**
 * Grants or denies, as the signature says whose key it was.
 * @throws WritError with the signature's codes, or `approval_unknown`, `approval_not_waiting`, `approval_expired`,
 *   `approval_own_request`, `not_permitted`
 */
export async function decideApproval(
  context: AuthorityContext,
  id: string,
  decision: 'grant' | 'deny',
  reason: string | null,
  signature: string,
): Promise<Approval> {
  const approval = await existingApproval(context, id);
  if (decision === 'deny') requireReason(reason ?? '');
  const { organisation } = currentBundle(context);
  const statement = approvalStatement(approval, decision, reason);
  const person = verifySshSignature(signature, statement, approvalNamespace, registeredKeys(organisation));
  assertMayDecide(context, approval, person);
  const { value } = await context.store.commit(async (unit) => {
    const current = await unit.approval(id);
    if (current?.state !== 'waiting') throw notWaiting(current);
    if (current.expiresAt <= context.clock()) throw expired(current);
    const state = decision === 'grant' ? ('granted' as const) : ('denied' as const);
    const decided: Approval = {
      ...current,
      state,
      decided: { by: person, at: context.clock(), reason, signature },
    };
    await unit.updateApproval(decided, 'waiting');
    unit.append(
      approvalEntry(context, `approval.${state}`, decided, { by: person, reason, signature, statement }),
    );
    return decided;
  });
  context.events.emit('approval', id);
  return value;
}

/**
 * Spends a granted approval on the decision that it permits, in one transaction.
 * @throws WritError `approval_not_granted`, `approval_expired`, `approval_other_act`, or as `record` does
 */
export async function useApproval(
  context: AuthorityContext,
  id: string,
  digest: string,
  report: Reported,
): Promise<void> {
  await context.store.commit(async (unit) => {
    const approval = await unit.approval(id);
    if (approval?.state !== 'granted') {
      throw new WritError<AuthorityErrorCode>(
        'approval_not_granted',
        `the approval ${id} is ${approval?.state ?? 'unknown'}; it serves once`,
      );
    }
    if (approval.expiresAt <= context.clock()) throw expired(approval);
    if (approval.digest !== digest || approval.subject.policyVersion !== currentBundle(context).version) {
      throw new WritError<AuthorityErrorCode>(
        'approval_other_act',
        `the approval ${id} was given for another act`,
      );
    }
    const used: Approval = { ...approval, state: 'used' };
    await unit.updateApproval(used, 'granted');
    unit.append(await reportedEntry(context, unit, report));
    unit.append(approvalEntry(context, 'approval.used', used, { by: approval.decided?.by ?? null }));
  });
}

/** Marks those whose time is over. */
export async function expireApprovals(context: AuthorityContext): Promise<void> {
  for (const approval of await context.store.approvals({ states: ['waiting', 'granted'] })) {
    if (approval.expiresAt > context.clock()) continue;
    await context.store.commit((unit) => expireIn(context, unit, approval));
    context.events.emit('approval', approval.id);
  }
}

async function expireIn(context: AuthorityContext, unit: Unit, approval: Approval): Promise<void> {
  const gone: Approval = { ...approval, state: 'expired' };
  if (await unit.updateApproval(gone, approval.state))
    unit.append(approvalEntry(context, 'approval.expired', gone, {}));
}

/** Never the requester, nor somebody who works under the requester's login; and policy must name them. */
function assertMayDecide(context: AuthorityContext, approval: Approval, person: string): void {
  const bundle = currentBundle(context);
  const { requester, assistant, missing } = approval.subject;
  const loginOf = (id: string) => bundle.organisation.people[id]?.login;
  const sameLogin = loginOf(person) !== undefined && loginOf(person) === loginOf(requester);
  if (person === requester || sameLogin) {
    throw new WritError<AuthorityErrorCode>(
      'approval_own_request',
      'nobody decides what they asked for themselves',
      {
        hint: `Ask another person of: ${missing.join(', ')}`,
      },
    );
  }
  for (const key of missing) {
    const ruling = decidePersonAction(bundle, person, { action: 'approve', key, assistant, requester });
    if (ruling.decision !== 'allow') {
      throw new WritError<AuthorityErrorCode>(
        'not_permitted',
        `${person} may not give ${key}: ${ruling.reason}`,
        {
          hint: `Ask somebody in the group that ${key} names.`,
        },
      );
    }
  }
}

function registeredKeys(organisation: Organisation): { person: string; blob: Buffer }[] {
  return Object.entries(organisation.people).flatMap(([person, { sshKeys }]) =>
    sshKeys.flatMap((line) => {
      const key = sshPublicKey(line);
      return key === null ? [] : [{ person, blob: key.blob }];
    }),
  );
}

function approvalEntry(
  context: AuthorityContext,
  type: 'approval.requested' | 'approval.granted' | 'approval.denied' | 'approval.used' | 'approval.expired',
  approval: Approval,
  data: { readonly [key: string]: Json },
) {
  const { assistant, repository, requester, command } = approval.subject;
  return entry(context, type, {
    assistant,
    repository,
    writ: approval.writ,
    person: requester,
    command,
    data: { approval: approval.id, digest: approval.digest, ...data },
  });
}

/** @throws WritError `approval_unknown` */
export async function existingApproval(context: AuthorityContext, id: string): Promise<Approval> {
  const approval = await context.store.approval(id);
  if (approval !== null) return approval;
  throw new WritError<AuthorityErrorCode>('approval_unknown', `there is no approval ${id}`, {
    hint: 'List them with: writ approvals',
  });
}

function notWaiting(approval: Approval | null): WritError<AuthorityErrorCode> {
  return new WritError('approval_not_waiting', `the approval is already ${approval?.state ?? 'gone'}`);
}

function expired(approval: Approval): WritError<AuthorityErrorCode> {
  return new WritError('approval_expired', `the approval ${approval.id} has expired`, {
    hint: 'Run the command again to ask anew.',
  });
}
