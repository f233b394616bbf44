/** Test ground: the stock governance as shipped, and a small organisation that uses it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence, EvidenceKey } from '../../src/core/model/evidence.ts';
import type { Operation } from '../../src/core/model/operation.ts';
import { loadBundle, type Bundle, type PolicyProblem } from '../../src/core/policy/bundle.ts';
import type { Task } from '../../src/core/policy/request.ts';

const folder = join(import.meta.dirname, '../../governance');

export const stock: Readonly<Record<string, string>> = Object.fromEntries(
  globSync('**/*.{yaml,cedar,cedarschema}', { cwd: folder }).map((name) => [
    name,
    readFileSync(join(folder, name), 'utf8'),
  ]),
);

export const organisationText = `version: 1
trustDomain: acme.example
people:
  ada: { name: Ada, login: ada }
  bob: { name: Bob, login: bob }
  carol: { name: Carol }
  dan: { name: Dan }
groups:
  enablers: [ada]
  maintainers: [ada, bob]
  security: [carol]
assistants:
  local: { owner: ada, purpose: Commands, profiles: [observe, develop, maintain] }
  frozen: { owner: ada, purpose: Talks only, profiles: [observe], execution: never }
repositories:
  github.com/acme/shop: { refs: [main, 'feature/*'] }
  github.com/acme/bank: { sensitivity: secret, proof: fetched-ref }
`;

export const stockPolicies = Object.fromEntries(
  Object.entries(stock).filter(([name]) => name.startsWith('policies/')),
);

/** The organisation under the stock policies, or under the given Cedar text alone. */
export function load(cedar?: string, organisation = organisationText) {
  const policies = cedar === undefined ? stockPolicies : { 'policies/test.cedar': cedar };
  return loadBundle({ 'organisation.yaml': organisation, ...policies }, stock);
}

export function bundleOf(cedar?: string, organisation?: string): Bundle {
  const { bundle, problems } = load(cedar, organisation);
  if (bundle === null) throw new Error(JSON.stringify(problems, null, 1));
  return bundle;
}

export const task: Task = {
  id: 'writ_1',
  assistant: 'local',
  requester: 'dan',
  job: null,
  profile: 'develop',
  repository: 'github.com/acme/shop',
  branch: 'main',
  proof: 'claimed',
  enforcement: 2,
};

const span = { start: 0, end: 0 };

/**
 * `exec git push [publishes network]`, `read PATH AREA [SENSITIVITY]`, `write …`, `connect HOST[:PORT]`,
 * `credential STORE`, `opaque KIND`.
 */
export function operation(text: string): Operation {
  const [kind = '', target = '', ...rest] = text
    .replace(/\[.*\]$/, '')
    .trim()
    .split(/\s+/);
  const traits = (/\[(.*)\]$/.exec(text)?.[1] ?? '').split(' ').filter((trait) => trait !== '');
  switch (kind) {
    case 'exec': {
      const argv = [target, ...rest];
      const subcommand = rest[0] ?? null;
      return {
        kind,
        target,
        argv,
        unknown: [],
        subcommand,
        traits,
        cwd: '/repo',
        environment: {},
        via: [],
        span,
      } as Operation;
    }
    case 'read':
    case 'write': {
      const [area, sensitivity = null] = rest;
      return {
        kind,
        target,
        pattern: false,
        recursive: false,
        area,
        sensitivity,
        by: 'x',
        span,
      } as Operation;
    }
    case 'connect': {
      const [, host = target, port] = /^([^:]+):(\d+)$/.exec(target) ?? [];
      return { kind, target, host, port: port === undefined ? null : Number(port), by: 'x', span };
    }
    case 'credential':
      return { kind, target, by: 'x', span };
    case 'opaque':
      return { kind, target: '$x', of: target as 'exec', reason: 'it comes from a variable', span };
    default:
      throw new Error(`no operation: ${text}`);
  }
}

/** Problems as people read them. */
export function told(problems: readonly PolicyProblem[]): string[] {
  return problems.map(({ severity, code, place, message, hint }) => {
    const tail = hint === null ? '' : ` (${hint})`;
    return `${severity} ${code} ${place.file}:${place.line}:${place.column} ${message}${tail}`;
  });
}

/** Approvals of these groups, by one person. */
export function approvals(groups: readonly string[], by = 'ada', expiresAt = 2000): Evidence[] {
  return groups.map((group) => ({
    key: `approval:${group}` as EvidenceKey,
    by,
    reference: 'apr_1',
    expiresAt,
  }));
}
