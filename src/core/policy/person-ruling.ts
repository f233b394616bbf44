import type { Verdict } from '../model/decision.ts';
import type { Ruling } from './ruling.ts';
import { clause } from './wording.ts';

/** The answer to something that a person asks of Writ itself. */
export interface PersonRuling {
  readonly decision: Verdict;
  /** Ids of the Cedar policies that determined it. */
  readonly policies: readonly string[];
  readonly missing: readonly string[];
  readonly reason: string;
  readonly advice: string | null;
}

/** @param what stands in "nothing permits …" */
export function personRuling(ruling: Ruling, what: string): PersonRuling {
  const { decision, policies, missing, advice } = ruling;
  const byDefault = decision === 'deny' && policies.length === 0 && ruling.reasons.length === 0;
  return {
    decision,
    policies,
    missing,
    advice,
    reason: byDefault ? `no policy permits ${what}` : clause(ruling),
  };
}

/** For what policy cannot even be asked about. */
export function refusal(reason: string, advice: string | null): PersonRuling {
  return { decision: 'deny', policies: [], missing: [], reason, advice };
}
