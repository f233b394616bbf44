/** A decision for a person at a terminal. */
import type { Decision, OperationDecision, Verdict } from '../model/decision.ts';
import { phrase } from './wording.ts';

const marks: Readonly<Record<Verdict, string>> = { allow: '+', 'step-up': '?', deny: '-' };
const words: Readonly<Record<Verdict, string>> = {
  allow: 'allowed',
  'step-up': 'needs evidence',
  deny: 'denied',
};
const mostListed = 200;

/**
 * Several lines of plain text without colours, no line break at the end.
 * @param effects what the command would do, in a sentence or two
 */
export function explainDecision(decision: Decision, effects: string): string {
  const { operations, missing, advice, policyVersion } = decision;
  const listed = operations.slice(0, mostListed).flatMap(explainOperation);
  const hidden = operations.length - mostListed;
  return [
    `${words[decision.decision]}: ${decision.reason}`,
    '',
    effects,
    ...(operations.length === 0 ? [] : ['', 'It would do this:']),
    ...listed,
    ...(hidden > 0 ? [`  … and ${hidden} more operations`] : []),
    ...(missing.length > 0 ? ['', `Missing: ${missing.join(', ')}`] : []),
    ...(advice === null ? [] : ['', `Advice: ${advice}`]),
    '',
    `Policy version ${policyVersion.slice(0, 16)}`,
  ].join('\n');
}

function explainOperation(one: OperationDecision): string[] {
  const policies = one.policies.length > 0 ? ` [${one.policies.join(', ')}]` : '';
  const because = one.decision === 'allow' ? policies : `: ${one.reason}${policies}`;
  const missing = one.missing.length > 0 ? [`      missing: ${one.missing.join(', ')}`] : [];
  return [`  ${marks[one.decision]} ${phrase(one.operation)}${because}`, ...missing];
}
