/** Which policies a request needs to meet, and which of it they can see: what makes asking Cedar cheap. */
import {
  preparsePolicySet,
  type Context,
  type EntityJson,
  type TypeAndId,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { Bundle } from './bundle.ts';
import { profileChain } from './cedar-entities.ts';
import type { LikePattern } from './like.ts';
import type { Policy } from './policies.ts';

export interface CedarRequest {
  readonly principal: TypeAndId;
  readonly action: string;
  readonly resource: TypeAndId;
  /** Without evidence, which is asked about separately. */
  readonly context: Context;
  readonly entities: readonly EntityJson[];
  /** Profile of the principal, where it is a task. */
  readonly profile: string | null;
}

/**
 * The policies that can apply to an action under a profile. Cedar copies the whole set for each request, so
 * that its time grows with the set; policies whose scope excludes the request can be left out unseen.
 */
export interface Slice {
  readonly byId: ReadonlyMap<string, Policy>;
  /** Evidence keys that could change an answer, sorted. */
  readonly evidence: readonly string[];
  readonly attributes: ReadonlySet<string>;
  /** Attributes of which policies see no more than which of these patterns they match. */
  readonly patterns: ReadonlyMap<string, readonly LikePattern[]>;
  readonly whole: ReadonlySet<string>;
  /** Types of the entities that policies name one by one. */
  readonly namedTypes: ReadonlySet<string>;
}

const slices = new WeakMap<Bundle, Map<string, Slice>>();

export function sliceFor(bundle: Bundle, action: string, profile: string | null): Slice {
  const known = slices.get(bundle) ?? new Map<string, Slice>();
  slices.set(bundle, known);
  const key = `${action} ${profile ?? ''}`;
  const existing = known.get(key);
  if (existing !== undefined) return existing;
  const chain = profile === null ? null : profileChain(bundle.organisation, profile);
  const policies = bundle.policies.filter(({ json }) => {
    return actionAdmits(json.action, action) && (chain === null || profileAdmits(json.principal, chain));
  });
  const slice: Slice = {
    byId: new Map(policies.map((policy) => [policy.id, policy])),
    evidence: [...new Set(policies.flatMap((policy) => policy.literals.evidence))].sort(),
    attributes: new Set(policies.flatMap((policy) => [...policy.literals.attributes])),
    patterns: patternsOf(policies),
    whole: new Set(policies.flatMap((policy) => [...policy.literals.whole])),
    namedTypes: new Set(policies.flatMap((policy) => policy.literals.entities.map((entity) => entity.type))),
  };
  known.set(key, slice);
  return slice;
}

function patternsOf(policies: readonly Policy[]): Slice['patterns'] {
  const compared = new Set(policies.flatMap(({ literals }) => [...literals.compared]));
  const patterns = policies.flatMap(({ literals }) => literals.patterns);
  const byAttribute = Map.groupBy(
    patterns.filter(({ attribute }) => !compared.has(attribute)),
    ({ attribute }) => attribute,
  );
  return new Map([...byAttribute].map(([name, found]) => [name, found.map(({ pattern }) => pattern)]));
}

/**
 * The request as far as the slice's policies can see it. An attribute that none of them reads cannot change the
 * answer, and an entity without attributes and parents is to Cedar as if it were not given. So two paths of the
 * same area are mostly one question, and Cedar is handed little.
 */
export function seenBy(slice: Slice, request: CedarRequest): CedarRequest {
  const visible = <T>(record: Readonly<Record<string, T>>): Record<string, T> => {
    return Object.fromEntries(Object.entries(record).filter(([name]) => slice.attributes.has(name)));
  };
  const context = slice.whole.has('context') ? request.context : visible(request.context);
  const entities = request.entities
    .map(({ uid, attrs, parents }) => ({ uid, attrs: visible(attrs), parents }))
    .filter(({ attrs, parents }) => parents.length > 0 || Object.keys(attrs).length > 0);
  return { ...request, context, entities };
}

function actionAdmits(scope: Policy['json']['action'], action: string): boolean {
  if (scope.op === 'All') return true;
  const entities = 'entities' in scope ? scope.entities : 'entity' in scope ? [scope.entity] : [];
  return entities.some((entity) => idOf(entity) === action);
}

/** Leaves out only what is scoped to another profile; anything else is Cedar's to decide. */
function profileAdmits(scope: Policy['json']['principal'], chain: readonly string[]): boolean {
  const within = scope.op === 'in' ? scope : scope.op === 'is' ? scope.in : undefined;
  if (within === undefined || !('entity' in within)) return true;
  const { type, id } = typeAndId(within.entity);
  return type !== 'Writ::Profile' || chain.includes(id);
}

function typeAndId(entity: TypeAndId | { __entity: TypeAndId }): TypeAndId {
  return '__entity' in entity ? entity.__entity : entity;
}

function idOf(entity: TypeAndId | { __entity: TypeAndId }): string {
  return typeAndId(entity).id;
}

/** Cedar keeps parsed sets by name and has no way to drop one, so that a fixed number of names is reused. */
const mostParsed = 64;
const parsed = new Map<Slice, string>();

/** Name under which Cedar holds the slice's policies, parsed. */
export function parsedSetOf(slice: Slice): string {
  const name = parsed.get(slice);
  if (name !== undefined) {
    parsed.delete(slice);
    parsed.set(slice, name);
    return name;
  }
  const [oldest] = parsed;
  const free = parsed.size < mostParsed || oldest === undefined ? `slice-${parsed.size}` : oldest[1];
  if (parsed.size >= mostParsed && oldest !== undefined) parsed.delete(oldest[0]);
  const staticPolicies = Object.fromEntries([...slice.byId].map(([id, policy]) => [id, policy.text]));
  const answer = preparsePolicySet(free, { staticPolicies });
  if (answer.type === 'failure')
    throw new Error(`Cedar refused a checked policy: ${answer.errors[0]?.message ?? ''}`);
  parsed.set(slice, free);
  return free;
}
