/** What is wrong with policies that parse: against the schema, against the organisation, against each other. */
import { validate, type ValidationError } from '@cedar-policy/cedar-wasm/nodejs';
import type { EntityName } from './literals.ts';
import { didYouMean } from './nearest.ts';
import type { Organisation } from './organisation.ts';
import type { Policy } from './policies.ts';
import { error, placeAt, quoted, warning, type PolicyProblem, type PolicyProblemCode } from './problem.ts';
import { fromByteOffset } from './statements.ts';
import type { YamlFile } from './yaml-file.ts';

const mostProblems = 200;

export function checkPolicies(
  policies: readonly Policy[],
  schema: string,
  organisation: Organisation,
  at: Pick<YamlFile<unknown>, 'placeOfKey'>,
): PolicyProblem[] {
  return [
    ...validationProblems(policies, schema),
    ...policies.flatMap((policy) => entityProblems(policy, organisation)),
    ...evidenceProblems(policies, organisation, at),
  ].slice(0, mostProblems);
}

function validationProblems(policies: readonly Policy[], schema: string): PolicyProblem[] {
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const answer = validate({ schema, policies: { staticPolicies } });
  if (answer.type === 'failure') {
    const message = answer.errors[0]?.message ?? 'Cedar refuses the schema';
    return [
      error(
        'stock_broken',
        { file: 'stock/writ.cedarschema', line: 1, column: 1 },
        message,
        'Install Writ again.',
      ),
    ];
  }
  const wrong = new Set(answer.validationErrors.map((fault) => fault.policyId));
  const problems = answer.validationErrors.map((fault) => problemOf(fault, byId, 'error', 'policy_invalid'));
  // Of what is wrong in itself, that it never applies is no news.
  const doubts = answer.validationWarnings.filter((fault) => !wrong.has(fault.policyId));
  const impossible = new Set<string>();
  for (const fault of doubts) {
    const never = /impossible|unable to find an applicable action/.test(fault.error.message);
    if (never && impossible.has(fault.policyId)) continue;
    if (never) impossible.add(fault.policyId);
    problems.push(problemOf(fault, byId, 'warning', never ? 'policy_never_applies' : 'policy_doubtful'));
  }
  return problems;
}

function problemOf(
  fault: ValidationError,
  byId: ReadonlyMap<string, Policy>,
  severity: PolicyProblem['severity'],
  code: PolicyProblemCode,
): PolicyProblem {
  const policy = byId.get(fault.policyId);
  const message = fault.error.message.replace(/^for policy `[^`]*`, /, '');
  const start = fault.error.sourceLocations?.[0]?.start ?? 0;
  return {
    severity,
    code,
    message:
      code === 'policy_never_applies'
        ? `the policy "${fault.policyId}" can never apply: ${message}`
        : message,
    hint: fault.error.help,
    place:
      policy === undefined
        ? { file: 'policies', line: 1, column: 1 }
        : within(policy, fromByteOffset(policy.text, start)),
  };
}

/** Place in the file of a UTF-16 offset in one policy. */
function within(policy: Policy, offset: number): PolicyProblem['place'] {
  const { line, column } = placeAt(policy.place.file, policy.text, offset);
  const { place } = policy;
  return { ...place, line: place.line + line - 1, column: line === 1 ? place.column + column - 1 : column };
}

/** A policy about a thing that does not exist protects nothing and permits nothing: a misspelling, mostly. */
function entityProblems(policy: Policy, organisation: Organisation): PolicyProblem[] {
  const registers: Readonly<Record<string, readonly string[]>> = {
    'Writ::Person': Object.keys(organisation.people),
    'Writ::Group': Object.keys(organisation.groups),
    'Writ::Assistant': Object.keys(organisation.assistants),
    'Writ::Profile': Object.keys(organisation.profiles),
    'Writ::Bundle': Object.keys(organisation.bundles),
    'Writ::Credential': Object.keys(organisation.credentials),
    'Writ::HostSet': hostSetNames(organisation),
    'Writ::Repository': Object.keys(organisation.repositories),
  };
  return policy.literals.entities.flatMap((entity): PolicyProblem[] => {
    const known = registers[entity.type];
    if (known === undefined || known.includes(entity.id)) return [];
    const kind = entity.type.replace('Writ::', '').toLowerCase();
    return [
      error(
        'reference_unknown',
        placeOfEntity(policy, entity),
        `unknown ${kind} ${quoted(entity.id)}`,
        didYouMean(entity.id, known),
      ),
    ];
  });
}

/** Sets by name, and the single hosts that profiles name directly. */
function hostSetNames(organisation: Organisation): readonly string[] {
  return [
    ...Object.keys(organisation.hostSets),
    ...Object.values(organisation.profiles).flatMap(({ hosts }) => hosts),
  ];
}

function placeOfEntity(policy: Policy, entity: EntityName): PolicyProblem['place'] {
  const offset = policy.text.indexOf(`${entity.type}::${JSON.stringify(entity.id)}`);
  return within(policy, Math.max(offset, 0));
}

function evidenceProblems(
  policies: readonly Policy[],
  organisation: Organisation,
  at: Pick<YamlFile<unknown>, 'placeOfKey'>,
): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const empty = new Set<string>();
  for (const policy of policies) {
    for (const key of policy.literals.evidence) {
      const offset = Math.max(policy.text.indexOf(JSON.stringify(key)), 0);
      const group = /^approval:(.*)$/.exec(key)?.[1];
      if (group === undefined) {
        const hint = 'The evidence that Writ can have is an approval: "approval:GROUP".';
        problems.push(
          warning(
            'evidence_unknown',
            within(policy, offset),
            `nothing yields the evidence ${quoted(key)}`,
            hint,
          ),
        );
      } else if (!Object.hasOwn(organisation.groups, group)) {
        const hint =
          didYouMean(group, Object.keys(organisation.groups)) ?? 'Add the group to organisation.yaml.';
        problems.push(
          error('reference_unknown', within(policy, offset), `${quoted(key)} names an unknown group`, hint),
        );
      } else if (organisation.groups[group]?.length === 0 && !empty.has(group)) {
        empty.add(group);
        const place = at.placeOfKey(['groups', group]);
        const message = `the policy "${policy.id}" asks for approval by "${group}", which has no members`;
        problems.push(error('group_empty', place, message, 'Add at least one person to it.'));
      }
    }
  }
  return problems;
}
