/** The decision on a command: each operation by itself, and the worst of them for the whole. */
import { worst, type Decision, type EnforcementLevel, type OperationDecision } from '../model/decision.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Operation } from '../model/operation.ts';
import type { Bundle } from './bundle.ts';
import { registered } from './organisation.ts';
import {
  operationRequest,
  taskEntities,
  type ProcessFacts,
  type Task,
  type TaskEntities,
} from './request.ts';
import { rule, type Ruling } from './ruling.ts';
import { clause, phrase, sentences } from './wording.ts';

export type { ProcessFacts, Task } from './request.ts';

/**
 * Pure: same arguments, same answer. A command without any operation does nothing and is allowed.
 * @param evidence what is held; expired pieces and those by the requester's own hand do not count
 * @param now milliseconds since the epoch
 * @param process where the first operation is a process that starts right now
 */
export function decideCommand(
  bundle: Bundle,
  task: Task,
  operations: readonly Operation[],
  evidence: readonly Evidence[],
  now: number,
  process: ProcessFacts | null = null,
): Decision {
  const entities = taskEntities(bundle, task);
  const decisions =
    'unknown' in entities
      ? refuseAll(operations, entities.unknown)
      : decideEach(bundle, entities, operations, heldKeys(evidence, task.requester, now), process);
  const decision = 'unknown' in entities ? 'deny' : worst(decisions.map((one) => one.decision));
  const decisive = decisions.filter((one) => one.decision === decision);
  return {
    decision,
    operations: decisions,
    missing: decision === 'step-up' ? unionOf(decisive.map((one) => one.missing)) : [],
    reason: 'unknown' in entities ? entities.unknown : reasonOf(decision, decisive),
    advice: sentences(decision === 'allow' ? [] : decisive.map((one) => one.advice)),
    policyVersion: bundle.version,
  };
}

/** Sorted keys of the evidence that counts now. Nobody approves for themselves. */
export function heldKeys(evidence: readonly Evidence[], requester: string, now: number): readonly string[] {
  return unionOf([
    evidence.filter((one) => one.expiresAt > now && one.by !== requester).map((one) => one.key),
  ]);
}

function decideEach(
  bundle: Bundle,
  entities: TaskEntities,
  operations: readonly Operation[],
  held: readonly string[],
  process: ProcessFacts | null,
): OperationDecision[] {
  return operations.map((operation, index): OperationDecision => {
    const facts = index === 0 || 'recursive' in operation ? process : null;
    const ruling = rule(bundle, operationRequest(bundle, entities, operation, facts), held);
    const { decision, policies, missing } = ruling;
    const byDefault = decision === 'deny' && policies.length === 0 && ruling.reasons.length === 0;
    const reason = byDefault ? `nothing in the profile ${entities.task.profile} permits it` : clause(ruling);
    const advice =
      ruling.advice ?? (decision === 'deny' ? wayForward(bundle, entities.task, operation, held) : null);
    return { operation, decision, policies, missing, reason, advice };
  });
}

/** Where policy has no advice: what else this assistant might do, found by asking the same question differently. */
function wayForward(
  bundle: Bundle,
  task: Task,
  operation: Operation,
  held: readonly string[],
): string | null {
  const instead = (changed: Task): Ruling | null => {
    const entities = taskEntities(bundle, changed);
    if ('unknown' in entities) return null;
    const ruling = rule(bundle, operationRequest(bundle, entities, operation), held);
    return ruling.decision === 'deny' ? null : ruling;
  };
  for (const enforcement of ([1, 2, 3] as EnforcementLevel[]).filter((level) => level > task.enforcement)) {
    const ruling = instead({ ...task, enforcement });
    if (ruling !== null) return `At enforcement level ${enforcement} ${outcome(ruling)}.`;
  }
  const profiles = registered(bundle.organisation.assistants, task.assistant)?.profiles ?? [];
  for (const profile of profiles.filter((name) => name !== task.profile).slice(0, 8)) {
    const ruling = instead({ ...task, profile });
    if (ruling !== null) return `With the profile ${profile} ${outcome(ruling)}.`;
  }
  return null;
}

function outcome(ruling: Ruling): string {
  return ruling.decision === 'allow' ? 'it is allowed' : `it needs ${ruling.missing.join(' and ')}`;
}

function refuseAll(operations: readonly Operation[], reason: string): OperationDecision[] {
  return operations.map((operation) => {
    return { operation, decision: 'deny', policies: [], missing: [], reason, advice: null };
  });
}

function reasonOf(decision: Decision['decision'], decisive: readonly OperationDecision[]): string {
  if (decision === 'allow') return decisive.length === 0 ? 'it does nothing' : 'every operation is permitted';
  const told = [...new Set(decisive.map((one) => `${phrase(one.operation)}: ${one.reason}`))];
  const more = told.length > 3 ? `; and ${told.length - 3} more` : '';
  return told.slice(0, 3).join('; ') + more;
}

function unionOf(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort();
}
