/** What a policy names: found by walking its parsed form, never its text. */
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { likePattern, type LikePattern } from './like.ts';

export interface EntityName {
  readonly type: string;
  readonly id: string;
}

interface AttributePattern {
  readonly attribute: string;
  readonly pattern: LikePattern;
}

export interface Literals {
  readonly entities: readonly EntityName[];
  /** Attributes of principal, resource or context that it reads. */
  readonly attributes: ReadonlySet<string>;
  /** Of these attributes, those it looks at otherwise than by patterns, or by whether they are there. */
  readonly compared: ReadonlySet<string>;
  /** What `like` compares an attribute with. */
  readonly patterns: readonly AttributePattern[];
  /** Variables compared or passed on whole, not only looked into. */
  readonly whole: ReadonlySet<string>;
  /** Evidence keys that could matter to it. Empty where it does not read `context.evidence`. */
  readonly evidence: readonly string[];
}

const evidenceKey = /^[a-z][a-z0-9-]*:\S+$/;

export function literalsOf(policy: PolicyJson): Literals {
  const entities: EntityName[] = [];
  const attributes = new Set<string>();
  const compared = new Set<string>();
  const patterns: AttributePattern[] = [];
  const whole = new Set<string>();
  const strings = new Set<string>();

  const walk = (node: unknown, lookedInto = false): void => {
    if (typeof node === 'string') strings.add(node);
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) {
      for (const item of node) walk(item);
      return;
    }
    const record = node as Record<string, unknown>;
    if (isEntityName(record)) {
      entities.push({ type: record.type, id: record.id });
      return;
    }
    if (typeof record['Var'] === 'string') {
      if (!lookedInto) whole.add(record['Var']);
      return;
    }
    for (const [operator, operand] of Object.entries(record)) {
      if (operator === '.' || operator === 'has' || operator === 'getTag' || operator === 'hasTag') {
        const { left, attr, right } = operand as Record<string, unknown>;
        for (const name of Array.isArray(attr) ? attr : [attr]) {
          if (typeof name !== 'string') continue;
          attributes.add(name);
          if (operator !== 'has') compared.add(name);
        }
        walk(left, true);
        walk(right);
      } else if (operator === 'like') {
        const { left, pattern } = operand as Record<string, unknown>;
        const attribute = attributeOf(left);
        const texts = likePattern(pattern);
        if (attribute === null || texts === null) walk(left);
        else {
          attributes.add(attribute.name);
          patterns.push({ attribute: attribute.name, pattern: texts });
          walk(attribute.of, true);
        }
      } else if (operator === 'in' || operator === 'is') {
        // Membership is decided by an entity's parents, its type, and the literals it is compared with.
        const { left, right, in: within } = operand as Record<string, unknown>;
        walk(left, true);
        walk(right);
        walk(within);
      } else if (operator === 'Record') {
        for (const member of Object.values(operand as object)) walk(member);
      } else {
        walk(operand);
      }
    }
  };
  walk(policy.conditions);
  for (const scope of [policy.principal, policy.action, policy.resource]) walk(scope);
  const readsEvidence = attributes.has('evidence') || whole.has('context');
  return {
    entities,
    attributes,
    compared,
    patterns,
    whole,
    evidence: readsEvidence ? [...strings].filter((text) => evidenceKey.test(text)).sort() : [],
  };
}

function attributeOf(node: unknown): { readonly name: string; readonly of: unknown } | null {
  if (typeof node !== 'object' || node === null || !('.' in node)) return null;
  const { left, attr } = node['.'] as Record<string, unknown>;
  return typeof attr === 'string' ? { name: attr, of: left } : null;
}

function isEntityName(record: Record<string, unknown>): record is { type: string; id: string } {
  return (
    typeof record['type'] === 'string' && typeof record['id'] === 'string' && Object.keys(record).length === 2
  );
}
