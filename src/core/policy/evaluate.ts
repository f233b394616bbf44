/** Asks Cedar. A policy that cannot be evaluated, or an engine that fails, never allows anything. */
import { statefulIsAuthorized, type StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs';
import type { Policy } from './policies.ts';
import { parsedSetOf, type CedarRequest, type Slice } from './slice.ts';

export interface Evaluation {
  readonly allowed: boolean;
  /** The permits that allowed, or the forbids that denied; none for a denial by default. */
  readonly policies: readonly Policy[];
  /** Ids of forbids that failed to evaluate: they count as denying. */
  readonly faults: readonly string[];
  /** Why Cedar could not answer at all, which denies. */
  readonly failure: string | null;
}

export function evaluate(slice: Slice, request: CedarRequest, evidence: readonly string[]): Evaluation {
  const context = readsEvidence(request.action)
    ? { ...request.context, evidence: [...evidence] }
    : request.context;
  const answer = ask({
    principal: request.principal,
    action: { type: 'Writ::Action', id: request.action },
    resource: request.resource,
    context,
    entities: [...request.entities],
    preparsedPolicySetId: parsedSetOf(slice),
    validateRequest: false,
  });
  if (answer.type === 'failure') {
    const failure = answer.errors[0]?.message ?? 'without a reason';
    return { allowed: false, policies: [], faults: [], failure };
  }
  const { decision, diagnostics } = answer.response;
  const faults = diagnostics.errors
    .map((fault) => fault.policyId)
    .filter((id) => slice.byId.get(id)?.effect === 'forbid');
  if (decision === 'allow' && faults.length > 0)
    return { allowed: false, policies: [], faults, failure: null };
  const policies = [...diagnostics.reason].sort().flatMap((id) => slice.byId.get(id) ?? []);
  return { allowed: decision === 'allow', policies, faults, failure: null };
}

type Answer = ReturnType<typeof statefulIsAuthorized>;

/** The engine reports bad policies by an answer, but what it did not expect by throwing. */
function ask(call: StatefulAuthorizationCall): Answer {
  try {
    return statefulIsAuthorized(wellFormed(call));
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : String(fault);
    return {
      type: 'failure',
      errors: [{ message, help: null, code: null, url: null, severity: null }],
      warnings: [],
    };
  }
}

/** Cedar's strings are Unicode; half a surrogate pair, which JavaScript's may hold, becomes U+FFFD. */
function wellFormed<T>(value: T): T {
  if (typeof value === 'string') return value.toWellFormed() as T;
  if (Array.isArray(value)) return value.map(wellFormed) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, wellFormed(member)])) as T;
}

const withoutEvidence = ['enableExecution', 'suspendExecution', 'approve', 'revokeWrit'];

function readsEvidence(action: string): boolean {
  return !withoutEvidence.includes(action);
}
