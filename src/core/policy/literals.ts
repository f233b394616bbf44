/** What a policy names: found by walking its parsed form, never its text. */
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';

export interface EntityName {
  readonly type: string;
  readonly id: string;
}

export interface Literals {
  readonly entities: readonly EntityName[];
  /** Attributes of principal, resource or context that it reads. */
  readonly attributes: ReadonlySet<string>;
  /** Variables compared or passed on whole, not only looked into. */
  readonly whole: ReadonlySet<string>;
  /** Evidence keys that could matter to it. Empty where it does not read `context.evidence`. */
  readonly evidence: readonly string[];
}

const evidenceKey = /^[a-z][a-z0-9-]*:\S+$/;

export function literalsOf(policy: PolicyJson): Literals {
  const entities: EntityName[] = [];
  const attributes = new Set<string>();
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
        for (const name of Array.isArray(attr) ? attr : [attr])
          if (typeof name === 'string') attributes.add(name);
        walk(left, true);
        walk(right);
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
    whole,
    evidence: readsEvidence ? [...strings].filter((text) => evidenceKey.test(text)).sort() : [],
  };
}

function isEntityName(record: Record<string, unknown>): record is { type: string; id: string } {
  return (
    typeof record['type'] === 'string' && typeof record['id'] === 'string' && Object.keys(record).length === 2
  );
}
