/** What patterns say of texts, as Cedar itself says it. */
import { isAuthorized, policyToJson, type PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLike, likePattern, type LikePattern } from './like.ts';
import { literalsOf } from './literals.ts';

function parsed(condition: string): PolicyJson {
  const answer = policyToJson(`permit (principal, action, resource) when { ${condition} };`);
  if (answer.type === 'failure') throw new Error(answer.errors[0]?.message);
  return answer.json;
}

function saysCedar(pattern: string, text: string): boolean {
  const nobody = { type: 'User', id: 'one' };
  const answer = isAuthorized({
    principal: nobody,
    action: { type: 'Action', id: 'one' },
    resource: nobody,
    context: { text },
    entities: [],
    policies: {
      staticPolicies: `permit (principal, action, resource) when { context.text like ${pattern} };`,
    },
  });
  if (answer.type === 'failure') throw new Error(answer.errors[0]?.message);
  return answer.response.decision === 'allow';
}

function patternOf(text: string): LikePattern {
  const [found] = literalsOf(parsed(`context.text like ${text}`)).patterns;
  if (found === undefined) throw new Error(`no pattern in ${text}`);
  return found.pattern;
}

const letters = fc.constantFrom('a', 'b', 'aa', 'ab', '/', '.git', 'é', '😀', '*');
const texts = fc.array(letters, { maxLength: 6 }).map((parts) => parts.join(''));
const patterns = fc
  .array(fc.oneof({ weight: 2, arbitrary: fc.constant('%') }, { weight: 3, arbitrary: letters }), {
    maxLength: 6,
  })
  .map((parts) => `"${parts.map((part) => (part === '%' ? '*' : part.replaceAll('*', '\\*'))).join('')}"`);

test('a text is like a pattern where Cedar says so', () => {
  let alike = 0;
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const cedar = saysCedar(pattern, text);
      if (cedar) alike += 1;
      expect(isLike(patternOf(pattern), text)).toBe(cedar);
    }),
    { numRuns: 3000, seed: 7 },
  );
  expect(alike).toBeGreaterThan(300);
});

test.each([
  ['"a*a"', 'a', false],
  ['"ab*ba"', 'aba', false],
  ['"*"', '', true],
  ['""', '', true],
  ['""', 'a', false],
  ['"a*b*c"', 'a-c-b', false],
  ['"*/.git/*"', '/repo/.git/config', true],
])('%s on %j: %s', (pattern, text, expected) => {
  expect(isLike(patternOf(pattern), text)).toBe(expected);
  expect(saysCedar(pattern, text)).toBe(expected);
});

test('anything else is no pattern', () => {
  for (const elements of [null, 'Wildcard', [{ Literal: 1 }], ['Other'], [null]])
    expect(likePattern(elements)).toBeNull();
});

test.each<[string, string[], string[]]>([
  ['resource.path like "a*"', [], ['path']],
  ['resource.path like "a*" && resource.path == "ab"', ['path'], ['path']],
  ['resource has path && resource.path like "a*"', [], ['path']],
  ['context.request.path like "a*"', ['request'], ['path']],
  ['[resource.path].contains("a")', ['path'], []],
  ['(if resource.path == "a" then "b" else resource.name) like "b*"', ['name', 'path'], []],
])('%s', (condition, compared, held) => {
  const literals = literalsOf(parsed(condition));
  expect([...literals.compared].sort()).toEqual(compared);
  expect([...new Set(literals.patterns.map(({ attribute }) => attribute))]).toEqual(held);
});
