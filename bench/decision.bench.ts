/**
 * Decisions per second with 10, 100 and 1,000 policies, for one operation and for a usual command of three.
 * `asked anew` decides a command never seen before under policies that compare its text with another, so that
 * nothing is remembered (of a text that is only held against patterns, which it matches is); `remembered` is everyday traffic; `plain Cedar` asks Cedar with the whole policy set, as text.
 */
import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecOperation, Operation, PathOperation } from '../src/core/model/operation.ts';
import { loadBundle, type Bundle } from '../src/core/policy/bundle.ts';
import { decideCommand, type Task } from '../src/core/policy/decide.ts';
import { operationRequest, taskEntities } from '../src/core/policy/request.ts';

const folder = join(import.meta.dirname, '../governance');
const stock = Object.fromEntries(
  globSync('**/*.{yaml,cedar,cedarschema}', { cwd: folder }).map((name) => [
    name,
    readFileSync(join(folder, name), 'utf8'),
  ]),
);

const organisation = `version: 1
trustDomain: bench.example
people: { ada: { name: Ada } }
groups: { maintainers: [ada], security: [ada], enablers: [ada] }
assistants: { local: { owner: ada, purpose: bench, profiles: [observe, develop, maintain] } }
repositories: { git.example/shop: {} }
`;

const span = { start: 0, end: 0 };

function exec(...argv: string[]): ExecOperation {
  return {
    kind: 'exec',
    target: argv[0] ?? '',
    argv,
    unknown: [],
    subcommand: null,
    traits: ['reads'],
    cwd: '/repo',
    environment: {},
    via: [],
    span,
  };
}

function file(kind: 'read' | 'write', target: string): PathOperation {
  return {
    kind,
    target,
    pattern: false,
    recursive: false,
    area: 'repository',
    sensitivity: null,
    by: 'sed',
    span,
  };
}

/** House rules as organisations write them: spread over actions and profiles, some by name, some by text. */
function rules(count: number): string {
  const shapes = [
    (
      n: number,
    ) => `@id("rule${n}") forbid (principal in Writ::Profile::"develop", action == Writ::Action::"exec", resource)
      when { context.command == "deploy-${n}" && !context.evidence.contains("approval:maintainers") };`,
    (
      n: number,
    ) => `@id("rule${n}") forbid (principal in Writ::Profile::"maintain", action == Writ::Action::"exec", resource)
      when { resource == Writ::Tool::"tool-${n}" };`,
    (
      n: number,
    ) => `@id("rule${n}") forbid (principal is Writ::Task, action == Writ::Action::"write", resource)
      when { resource.path == "/repo/generated-${n}" };`,
    (n: number) => `@id("rule${n}") forbid (principal is Writ::Task, action == Writ::Action::"read", resource)
      when { resource.path == "/repo/private-${n}" };`,
    (
      n: number,
    ) => `@id("rule${n}") permit (principal in Writ::Profile::"observe", action == Writ::Action::"connect", resource)
      when { resource.host == "host-${n}.example" };`,
  ];
  const base = `@id("allow") permit (principal is Writ::Task, action, resource);`;
  const house = Array.from({ length: count - 1 }, (_, n) => shapes[n % shapes.length]?.(n) ?? '');
  return [base, ...house].join('\n');
}

function bundleOf(count: number): Bundle {
  const files = { 'organisation.yaml': organisation, 'policies/rules.cedar': rules(count) };
  const { bundle, problems } = loadBundle(files, stock);
  if (bundle === null) throw new Error(JSON.stringify(problems.slice(0, 3)));
  return bundle;
}

const task: Task = {
  id: 'writ_bench',
  assistant: 'local',
  requester: 'ada',
  job: null,
  profile: 'develop',
  repository: 'git.example/shop',
  branch: 'main',
  proof: 'claimed',
  enforcement: 2,
};

/** Commands a second: the median of five rounds. */
function rate(rounds: number, once: (n: number) => void): number {
  once(-1);
  const rates = Array.from({ length: 5 }, (_, round) => {
    const start = performance.now();
    for (let n = 0; n < rounds; n++) once(round * rounds + n);
    return (rounds * 1000) / (performance.now() - start);
  });
  return Math.round(rates.sort((a, b) => a - b)[2] ?? 0);
}

const commands: Readonly<Record<string, (n: number) => Operation[]>> = {
  'one operation': (n) => [exec('git', 'status', `${n}`)],
  'three operations': (n) => [
    exec('sed', '-i', 's/a/b/', `src/${n}.ts`),
    file('read', `/repo/src/${n}.ts`),
    file('write', `/repo/src/${n}.ts`),
  ],
};

const figures = [10, 100, 1000].flatMap((policies) => {
  const bundle = bundleOf(policies);
  const text = bundle.policies.map((policy) => policy.text).join('\n');
  const everyday = bundleOf(policies);
  return Object.entries(commands).map(([command, operations]) => {
    const anew = rate(400, (n) => decideCommand(bundle, task, operations(n), [], 0));
    const remembered = rate(4000, (n) => decideCommand(everyday, task, operations(n % 50), [], 0));
    const entities = taskEntities(bundle, task);
    if ('unknown' in entities) throw new Error(entities.unknown);
    const plain = rate(policies > 100 ? 2 : 20, (n) => {
      for (const operation of operations(n)) {
        const {
          principal,
          action,
          resource,
          context,
          entities: all,
        } = operationRequest(bundle, entities, operation);
        isAuthorized({
          principal,
          action: { type: 'Writ::Action', id: action },
          resource,
          context: { ...context, evidence: [] },
          entities: [...all],
          policies: { staticPolicies: text },
        });
      }
    });
    return { policies, command, anew, remembered, plain };
  });
});

console.log(
  'commands decided a second\npolicies  command            asked anew  remembered  plain Cedar  anew/plain',
);
for (const { policies, command, anew, remembered, plain } of figures) {
  const cells = [anew, remembered, plain].map((cell) => String(cell).padStart(11)).join(' ');
  console.log(
    `${String(policies).padEnd(9)} ${command.padEnd(17)} ${cells} ${(anew / plain).toFixed(1).padStart(11)}`,
  );
}
console.log(JSON.stringify({ bench: 'decision', unit: 'commands/s', figures }));
