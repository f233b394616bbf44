/** The main path: what a command would do, who may, is it on record, and only then the answer. */
import type { Analysis } from '../core/command/analyze.ts';
import { describeOperation } from '../core/command/describe.ts';
import type { Approval, ApprovalSubject } from '../core/model/approval.ts';
import type { Decision, OperationDecision } from '../core/model/decision.ts';
import type { Json } from '../core/model/entry.ts';
import type { Evidence, EvidenceKey } from '../core/model/evidence.ts';
import type { Bundle } from '../core/policy/bundle.ts';
import { decideCommand, type Task } from '../core/policy/decide.ts';
import type { AuthorityPort, GuardRecord } from './authority-port.ts';

/** What an approver is told, UTF-16 units. */
const longestReason = 16_384;

/** One command that somebody asks for, in a session. */
export interface Asked {
  readonly session: string;
  readonly task: Task;
  readonly text: string;
  readonly analysis: Analysis;
  readonly subject: Omit<ApprovalSubject, 'missing' | 'policyVersion'>;
}

export interface Answer {
  readonly decision: Decision;
  /** Of a step-up: the approval that now waits. */
  readonly approval: Approval | null;
  /** What was used up to allow it. */
  readonly evidence: readonly Evidence[];
}

/**
 * Resolves only when the decision is on the log. A granted approval for exactly this act is used up by it.
 * @param prepare what an allowed act needs; what it returns is recorded with the decision
 */
export async function authorize(
  authority: Pick<AuthorityPort, 'record' | 'requestApproval' | 'useApproval'>,
  bundle: Bundle,
  asked: Asked,
  now: number,
  prepare: (answer: Answer) => Promise<readonly GuardRecord[]> = async () => [],
): Promise<Answer> {
  const decision = decideCommand(bundle, asked.task, asked.analysis.operations, [], now);
  if (decision.decision === 'deny') {
    await authority.record([decisionRecord(asked, decision)]);
    return { decision, approval: null, evidence: [] };
  }
  if (decision.decision === 'allow') {
    const answer = { decision, approval: null, evidence: [] };
    await recordWith(authority, decisionRecord(asked, decision), () => prepare(answer));
    return answer;
  }

  const subject = { ...asked.subject, missing: decision.missing, policyVersion: decision.policyVersion };
  const reason = decision.operations
    .filter((one) => one.decision === 'step-up')
    .map((one) => `${describeOperation(one.operation)}: ${one.reason}`)
    .join('\n')
    .slice(0, longestReason)
    .toWellFormed();
  const approval = await authority.requestApproval({ writ: asked.task.id, subject, reason });
  if (approval.state !== 'granted') {
    await authority.record([decisionRecord(asked, decision)]);
    return { decision, approval, evidence: [] };
  }

  const evidence = evidenceOf(approval);
  const approved = decideCommand(bundle, asked.task, asked.analysis.operations, evidence, now);
  if (approved.decision !== 'allow') {
    await authority.record([decisionRecord(asked, approved, approval)]);
    return { decision: approved, approval, evidence: [] };
  }
  await authority.useApproval(approval.id, approval.digest, decisionRecord(asked, approved, approval));
  const answer = { decision: approved, approval, evidence };
  const records = await prepare(answer);
  if (records.length > 0) await authority.record(records);
  return answer;
}

/** In one transaction; the decision alone where what follows it cannot be prepared. */
async function recordWith(
  authority: Pick<AuthorityPort, 'record'>,
  decided: GuardRecord,
  prepare: () => Promise<readonly GuardRecord[]>,
): Promise<void> {
  const records = await prepare().catch(async (error: unknown) => {
    await authority.record([decided]);
    throw error;
  });
  await authority.record([decided, ...records]);
}

function evidenceOf(approval: Approval): Evidence[] {
  return approval.subject.missing.map((key) => ({
    key: key as EvidenceKey,
    by: approval.decided?.by ?? '',
    reference: approval.id,
    expiresAt: approval.expiresAt,
  }));
}

function decisionRecord(asked: Asked, decision: Decision, approval?: Approval): GuardRecord {
  return {
    type: 'decision',
    writ: asked.task.id,
    session: asked.session,
    command: asked.text,
    decision: decision.decision,
    data: {
      reason: decision.reason.toWellFormed(),
      missing: decision.missing,
      policyVersion: decision.policyVersion,
      enforcement: asked.task.enforcement,
      profile: asked.task.profile,
      job: asked.task.job,
      cwd: asked.subject.cwd,
      executable: asked.subject.executable === null ? null : { ...asked.subject.executable },
      approval: approval?.id ?? null,
      risks: asked.analysis.risks.map((risk) => ({ kind: risk.kind, message: risk.message })),
      operations: decision.operations.slice(0, 100).map(operationSummary),
      operationCount: decision.operations.length,
    },
  };
}

function operationSummary({ operation, decision, policies }: OperationDecision): Json {
  // A long target may have been cut within a surrogate pair, which the log would refuse.
  return { kind: operation.kind, target: operation.target.toWellFormed(), decision, policies };
}
