/** From Cedar's allow or deny to a verdict: which evidence would flip a denial is found by evaluating. */
import type { Verdict } from '../model/decision.ts';
import type { Bundle, Policy } from './bundle.ts';
import { evaluate, type Evaluation } from './evaluate.ts';
import { isLike } from './like.ts';
import { seenBy, sliceFor, type CedarRequest, type Slice } from './slice.ts';
import { joined } from './wording.ts';

/** An answer to one request. */
export interface Ruling {
  readonly decision: Verdict;
  readonly policies: readonly string[];
  readonly missing: readonly string[];
  /** Clauses from the policies that decided; none for a denial by default. */
  readonly reasons: readonly string[];
  readonly advice: string | null;
}

/** Evaluations that one denial may cost at most. */
const mostTrials = 64;
const largestTried = 3;

export function rule(bundle: Bundle, asked: CedarRequest, held: readonly string[]): Ruling {
  const slice = sliceFor(bundle, asked.action, asked.profile);
  const request = seenBy(slice, asked);
  const cache = cacheOf(bundle);
  const key = keyOf(slice, request, held);
  const known = key === null ? undefined : cache.get(key);
  if (key !== null && known !== undefined) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const ruling = ruleAnew(slice, request, held);
  if (key !== null) {
    cache.set(key, ruling);
    if (cache.size > mostRemembered) cache.delete(cache.keys().next().value ?? key);
  }
  return ruling;
}

function ruleAnew(slice: Slice, request: CedarRequest, held: readonly string[]): Ruling {
  const asked = evaluate(slice, request, held);
  if (asked.allowed) {
    const { ids, reasons, advice } = saidBy(asked.policies);
    return { decision: 'allow', policies: ids, missing: [], reasons, advice };
  }
  const flip = findFlip(slice, request, held);
  if (flip !== null) {
    // What evidence changes: the forbids that it lifts, else the permits that it opens.
    const lifted = asked.policies.length > 0 ? asked.policies : flip.evaluation.policies;
    const { ids, reasons, advice } = saidBy(lifted);
    return { decision: 'step-up', policies: ids, missing: flip.missing, reasons, advice };
  }
  const { ids, reasons, advice } = saidBy(insurmountable(slice, request, asked));
  const broken = asked.failure === null ? [] : [`policy could not be asked: ${asked.failure}`];
  const faults = asked.faults.map((fault) => `the policy "${fault}" cannot be evaluated`);
  return {
    decision: 'deny',
    policies: [...ids, ...asked.faults],
    missing: [],
    reasons: [...reasons, ...faults, ...broken],
    advice,
  };
}

/** Of the forbids that denied, those that stand even with all evidence: the ones worth naming. */
function insurmountable(slice: Slice, request: CedarRequest, denied: Evaluation): readonly Policy[] {
  if (denied.policies.length < 2 || slice.evidence.length === 0) return denied.policies;
  const still = evaluate(slice, request, slice.evidence).policies;
  const standing = denied.policies.filter((policy) => still.includes(policy));
  return standing.length > 0 ? standing : denied.policies;
}

function saidBy(policies: readonly Policy[]): { ids: string[]; reasons: string[]; advice: string | null } {
  const told = (one: 'reason' | 'advice') => [...new Set(policies.flatMap((policy) => policy[one] ?? []))];
  const reasons = told('reason');
  const advice = told('advice');
  return {
    ids: policies.map((policy) => policy.id),
    reasons,
    advice: advice.length > 0 ? joined(advice) : null,
  };
}

/**
 * The smallest set of evidence keys that turns the denial around, the first in alphabetical order among equals.
 * Only keys that some policy names can matter. Where even all of them together do not help, single ones are
 * still tried, since a policy may also forbid because of evidence.
 */
function findFlip(
  slice: Slice,
  request: CedarRequest,
  held: readonly string[],
): { missing: readonly string[]; evaluation: Evaluation } | null {
  const candidates = slice.evidence.filter((key) => !held.includes(key));
  let trials = 0;
  const attempt = (missing: readonly string[]) => {
    trials += 1;
    const evaluation = evaluate(slice, request, [...held, ...missing]);
    return evaluation.allowed ? { missing, evaluation } : null;
  };
  for (const key of candidates) {
    const found = trials < mostTrials ? attempt([key]) : null;
    if (found !== null) return found;
  }
  if (candidates.length < 2) return null;
  let all = attempt(candidates);
  if (all === null) return null;
  for (let size = 2; size <= largestTried && size < candidates.length; size++) {
    for (const subset of subsets(candidates, size)) {
      if (trials >= mostTrials) break;
      const found = attempt(subset);
      if (found !== null) return found;
    }
  }
  // Too many to try each set: leave out what is not needed, one key after the other.
  for (const key of candidates) all = attempt(all.missing.filter((other) => other !== key)) ?? all;
  return all;
}

function* subsets(items: readonly string[], size: number, from = 0): Generator<readonly string[]> {
  if (size === 0) yield [];
  else {
    for (let index = from; index <= items.length - size; index++) {
      for (const rest of subsets(items, size - 1, index + 1)) yield [items[index] ?? '', ...rest];
    }
  }
}

/** A text that policies only hold against patterns is to them which of these it matches. */
function told(slice: Slice, attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const patterns = typeof value === 'string' ? slice.patterns.get(name) : undefined;
      if (typeof value !== 'string' || patterns === undefined) return [name, value];
      const text = value.toWellFormed();
      return [name, patterns.map((pattern) => isLike(pattern, text))];
    }),
  );
}

const mostRemembered = 10_000;
const longestKey = 4000;
const caches = new WeakMap<Bundle, Map<string, Ruling>>();

function cacheOf(bundle: Bundle): Map<string, Ruling> {
  const cache = caches.get(bundle) ?? new Map<string, Ruling>();
  caches.set(bundle, cache);
  return cache;
}

/** The question: two requests that the slice's policies cannot tell apart have the same key. */
function keyOf(slice: Slice, request: CedarRequest, held: readonly string[]): string | null {
  const { principal, resource } = request;
  const hidden = (variable: string, type: string) =>
    !slice.whole.has(variable) && !slice.namedTypes.has(type);
  const withoutId = [
    ...(hidden('principal', principal.type) ? [principal] : []),
    ...(hidden('resource', resource.type) ? [resource] : []),
  ];
  const entities = request.entities.map(({ uid, attrs, parents }) => {
    const { type, id } = 'type' in uid ? uid : uid.__entity;
    const name = withoutId.some((one) => one.type === type && one.id === id) ? '' : id;
    return [type, name, told(slice, attrs ?? {}), parents];
  });
  const ids = [principal, resource].map((one) => (withoutId.includes(one) ? one.type : one));
  const context = slice.whole.has('context') ? request.context : told(slice, request.context);
  const key = JSON.stringify([request.action, request.profile, ids, entities, context, held]);
  return key.length > longestKey ? null : key;
}
