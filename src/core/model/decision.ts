import type { Operation } from './operation.ts';

/** 0 observe, 1 gate, 2 confined, 3 contained (docs/concepts.md). */
export type EnforcementLevel = 0 | 1 | 2 | 3;

export type Verdict = 'allow' | 'deny' | 'step-up';

/** Worst first: the order in which verdicts win over each other. */
const severity: Readonly<Record<Verdict, number>> = { deny: 2, 'step-up': 1, allow: 0 };

export function worst(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict = 'allow';
  for (const verdict of verdicts) if (severity[verdict] > severity[result]) result = verdict;
  return result;
}

export interface OperationDecision {
  readonly operation: Operation;
  readonly decision: Verdict;
  /** Ids of the Cedar policies that determined it. Empty for a denial by default. */
  readonly policies: readonly string[];
  /** For a step-up: evidence keys, such as `approval:maintainers`, which together flip it to allow. */
  readonly missing: readonly string[];
  readonly reason: string;
  /** Nearest permitted way, from the policies' `@advice` annotations. */
  readonly advice: string | null;
}

/** The decision on a whole command: the worst of its operations'. */
export interface Decision {
  readonly decision: Verdict;
  readonly operations: readonly OperationDecision[];
  readonly missing: readonly string[];
  readonly reason: string;
  readonly advice: string | null;
  readonly policyVersion: string;
}
