/** What an approver signs, and the digest by which the act is known. */
import { createHash } from 'node:crypto';
import type { Approval, ApprovalSubject } from '../model/approval.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import type { Json } from '../model/entry.ts';

/** Namespace of the SSH signature: one made for git or for files is none here. */
export const approvalNamespace = 'writ-approval@v1';

/** Lower-case hex SHA-256 over the subject's canonical JSON (RFC 8785). */
export function subjectDigest(subject: ApprovalSubject): string {
  return createHash('sha256')
    .update(canonicalJson(subject as unknown as Json))
    .digest('hex');
}

export function approvalStatement(
  approval: Pick<Approval, 'id' | 'digest' | 'subject' | 'expiresAt'>,
  decision: 'grant' | 'deny',
  reason: string | null,
): string {
  return canonicalJson({
    v: 1,
    type: 'writ-approval',
    approval: approval.id,
    digest: approval.digest,
    decision,
    reason,
    subject: approval.subject as unknown as Json,
    expiresAt: approval.expiresAt,
  });
}
