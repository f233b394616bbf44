/** What the use cases of an approval share: finding it, whose signature decides it, and what its entries say. */
import { approvalNamespace, approvalStatement } from '../../core/identity/approval-statement.ts';
import { verifySshSignature } from '../../core/identity/ssh-signature.ts';
import type { Approval, ApprovalSubject } from '../../core/model/approval.ts';
import type { EntryType, Json } from '../../core/model/entry.ts';
import { WritError } from '../../core/model/errors.ts';
import type { WritClaims } from '../../core/model/writ.ts';
import type { Bundle } from '../../core/policy/bundle.ts';
import { registered, type Organisation } from '../../core/policy/organisation.ts';
import { decidePersonAction } from '../../core/policy/person.ts';
import { sshPublicKey } from '../../core/policy/ssh-public-key.ts';
import { entry, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import type { Reader } from '../store/port.ts';

/** What an approver says, and signs. */
export interface SignedDecision {
  readonly decision: 'grant' | 'deny';
  readonly reason: string | null;
  /** Armored SSH signature over the statement. */
  readonly signature: string;
}

/** @throws WritError `approval_unknown` */
export async function existingApproval(reader: Pick<Reader, 'approval'>, id: string): Promise<Approval> {
  const approval = await reader.approval(id);
  if (approval !== null) return approval;
  throw new WritError<AuthorityErrorCode>('approval_unknown', 'there is no such approval', {
    hint: 'List them with: writ approvals --all',
  });
}

/**
 * The person whose registered key signed exactly this decision, and whom policy names for every missing key.
 * @throws WritError with the signature's codes, `approval_own_request`, `not_permitted`
 */
export function approverOf(
  bundle: Bundle,
  approval: Approval,
  { decision, reason, signature }: SignedDecision,
): string {
  const statement = approvalStatement(approval, decision, reason);
  const keys = registeredKeys(bundle.organisation);
  const person = verifySshSignature(signature, statement, approvalNamespace, keys);
  assertOther(bundle.organisation, approval.subject, person);
  const { assistant, requester, missing } = approval.subject;
  for (const key of missing) {
    const ruling = decidePersonAction(bundle, person, { action: 'approve', key, assistant, requester });
    if (ruling.decision === 'allow') continue;
    throw new WritError<AuthorityErrorCode>(
      'not_permitted',
      `${person} may not give ${key}: ${ruling.reason}`,
      { hint: `Ask somebody in the group that ${key} names.` },
    );
  }
  return person;
}

/** Separation of duties holds whatever policy says: neither the requester, nor whoever uses their login. */
function assertOther(organisation: Organisation, subject: ApprovalSubject, person: string): void {
  const loginOf = (id: string) => registered(organisation.people, id)?.login;
  const login = loginOf(subject.requester);
  if (person !== subject.requester && (login === undefined || loginOf(person) !== login)) return;
  throw new WritError<AuthorityErrorCode>(
    'approval_own_request',
    'nobody decides what they asked for themselves',
    { hint: `Ask another person for: ${subject.missing.join(', ')}` },
  );
}

function registeredKeys(organisation: Organisation): { person: string; blob: Buffer }[] {
  return Object.entries(organisation.people).flatMap(([person, { sshKeys }]) =>
    sshKeys.flatMap((line) => {
      const key = sshPublicKey(line);
      return key === null ? [] : [{ person, blob: key.blob }];
    }),
  );
}

/** An act is asked for, and approved, within what the writ grants. @throws WritError `approval_not_of_writ` */
export function assertWithin(claims: WritClaims, subject: ApprovalSubject): void {
  const same =
    subject.assistant === claims.assistant &&
    subject.requester === claims.requester &&
    subject.job === claims.job &&
    subject.profile === claims.profile &&
    subject.repository === claims.repository.remote;
  if (same) return;
  throw new WritError<AuthorityErrorCode>(
    'approval_not_of_writ',
    `the act is not one of the writ ${claims.id}: assistant, requester, job, profile or repository differ`,
  );
}

/** Another policy may ask for other evidence. @throws WritError `approval_outdated` */
export function assertCurrent(bundle: Bundle, subject: ApprovalSubject): void {
  if (subject.policyVersion === bundle.version) return;
  throw new WritError<AuthorityErrorCode>(
    'approval_outdated',
    'the policy has changed since this was asked for',
    { hint: 'Run the command again to ask anew.' },
  );
}

/** @throws WritError `approval_expired` */
export function assertInTime(context: AuthorityContext, approval: Approval): void {
  if (approval.expiresAt > context.clock()) return;
  throw new WritError<AuthorityErrorCode>('approval_expired', `the approval ${approval.id} has expired`, {
    hint: 'Run the command again to ask anew.',
  });
}

export function approvalEntry(
  context: AuthorityContext,
  type: Extract<EntryType, `approval.${string}`>,
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
