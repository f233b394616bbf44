/** Cedar files to policies with ids, annotations and places. */
import { policyToJson, type DetailedError, type PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Place } from '../model/errors.ts';
import { literalsOf, type Literals } from './literals.ts';
import { didYouMean } from './nearest.ts';
import { error, placeAt, quoted, type PolicyProblem } from './problem.ts';
import { fromByteOffset, splitStatements, tooComplex, type Statement } from './statements.ts';

export interface Policy {
  /** From `@id`, else `FILE#N`: the N-th policy of its file. */
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly text: string;
  readonly place: Place;
  /** One clause on why, from `@reason`; completes "denied because …". */
  readonly reason: string | null;
  /** Nearest permitted way, from `@advice`. */
  readonly advice: string | null;
  readonly json: PolicyJson;
  readonly literals: Literals;
}

const annotations = ['id', 'reason', 'advice'];
const idForm = /^[A-Za-z0-9][A-Za-z0-9._/#:-]{0,199}$/;
const longestAnnotation = 1000;
const mostPolicies = 5000;
const mostProblems = 100;

export interface ParsedPolicies {
  readonly policies: readonly Policy[];
  readonly problems: readonly PolicyProblem[];
}

/** Policies of several files, in the order given. */
export function parsePolicies(files: readonly (readonly [name: string, text: string])[]): ParsedPolicies {
  const policies: Policy[] = [];
  const problems: PolicyProblem[] = [];
  const places = new Map<string, Place>();
  for (const [file, text] of files) {
    for (const [index, statement] of splitStatements(text).entries()) {
      if (problems.length >= mostProblems) return { policies, problems };
      if (policies.length >= mostPolicies) {
        const place = placeAt(file, text, statement.offset);
        problems.push(error('policies_too_many', place, `more than ${mostPolicies} policies`));
        return { policies, problems };
      }
      const parsed = parseStatement(file, text, statement, index);
      problems.push(...parsed.problems);
      if (parsed.policy === null) continue;
      const before = places.get(parsed.policy.id);
      if (before !== undefined) {
        const message = `the policy id ${quoted(parsed.policy.id)} is given twice`;
        const hint = `The other one is at ${before.file}:${before.line}.`;
        problems.push(error('policy_id_duplicate', parsed.policy.place, message, hint));
        continue;
      }
      places.set(parsed.policy.id, parsed.policy.place);
      policies.push(parsed.policy);
    }
  }
  return { policies, problems };
}

function parseStatement(
  file: string,
  source: string,
  statement: Statement,
  index: number,
): { policy: Policy | null; problems: PolicyProblem[] } {
  const place = placeAt(file, source, statement.offset);
  const refused = (problem: PolicyProblem) => ({ policy: null, problems: [problem] });
  const complexity = tooComplex(statement.text);
  if (complexity !== null) {
    return refused(error('policy_too_complex', place, complexity, 'Split it into several policies.'));
  }
  const answer = policyToJson(statement.text);
  if (answer.type === 'failure') {
    return {
      policy: null,
      problems: answer.errors.map((fault) => syntaxProblem(fault, file, source, statement)),
    };
  }
  const given = answer.json.annotations ?? {};
  const problems = Object.entries(given).flatMap(([name, value]): PolicyProblem[] => {
    if (!annotations.includes(name)) {
      const hint =
        didYouMean(name, annotations) ?? `Known are ${annotations.map((known) => `@${known}`).join(', ')}.`;
      return [error('annotation_unknown', place, `unknown annotation @${name}`, hint)];
    }
    const wrong = name === 'id' ? !idForm.test(value ?? '') : !value || value.length > longestAnnotation;
    return wrong
      ? [
          error(
            'policy_id_invalid',
            place,
            `@${name}(${quoted(value ?? '')}) is not usable`,
            usable[name] ?? null,
          ),
        ]
      : [];
  });
  if (problems.length > 0) return { policy: null, problems };
  const policy: Policy = {
    id: given['id'] ?? `${file.replace(/^policies\//, '').replace(/\.cedar$/, '')}#${index + 1}`,
    effect: answer.json.effect,
    text: statement.text,
    place,
    reason: given['reason'] ?? null,
    advice: given['advice'] ?? null,
    json: answer.json,
    literals: literalsOf(answer.json),
  };
  return { policy, problems: [] };
}

const usable: Readonly<Record<string, string>> = {
  id: 'An id is up to 200 letters, digits and . _ / # : -',
  reason: `A reason is 1 to ${longestAnnotation} characters.`,
  advice: `Advice is 1 to ${longestAnnotation} characters.`,
};

function syntaxProblem(
  fault: DetailedError,
  file: string,
  source: string,
  statement: Statement,
): PolicyProblem {
  const [label] = fault.sourceLocations ?? [];
  const place = placeAt(file, source, statement.offset + fromByteOffset(statement.text, label?.start ?? 0));
  const template = fault.message.includes('template');
  const message = template
    ? 'templates (?principal, ?resource) are not supported'
    : fault.message.replace(/^failed to parse policy from string: /, '');
  const hint =
    fault.help ?? label?.label ?? (message.includes('unexpected end') ? 'Does the policy end in ";"?' : null);
  return error('policy_syntax', place, message, hint);
}
