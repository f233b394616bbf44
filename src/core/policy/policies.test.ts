/** Cedar policies: each fault is told with its place. */
import { describe, expect, test } from 'vitest';
import { bundleOf, load, told } from '../../../test/policy/organisation.ts';

describe('policies: each fault with its place', () => {
  const sound = 'permit (principal is Writ::Task, action == Writ::Action::"exec", resource);\n';
  const cases: readonly (readonly [name: string, cedar: string, ...problems: string[]])[] = [
    [
      'a syntax error',
      `${sound}// é ; "\npermit (principal, action resource);`,
      'error policy_syntax policies/test.cedar:3:27 unexpected token `resource`',
    ],
    [
      'a syntax error behind wide characters',
      '@reason("äöü💥") permit (principal, action, resource) when { };',
      'error policy_syntax policies/test.cedar:1:',
    ],
    [
      'no semicolon',
      'permit (principal, action, resource)',
      'error policy_syntax policies/test.cedar:1:37 unexpected end of input',
    ],
    [
      'two syntax errors',
      'permit (;\nforbid (;',
      'error policy_syntax policies/test.cedar:1:9 ',
      'error policy_syntax policies/test.cedar:2:9 ',
    ],
    [
      'an open string',
      `${sound}@id("x) permit (principal, action, resource);`,
      'error policy_syntax policies/test.cedar:2:',
    ],
    [
      'a template',
      'permit (principal == ?principal, action, resource);',
      'error policy_syntax policies/test.cedar:1:22 templates (?principal, ?resource) are not supported',
    ],
    [
      'an unknown action',
      `\n  permit (principal, action == Writ::Action::"exce", resource);`,
      'error policy_invalid policies/test.cedar:2:32 unrecognized action `Writ::Action::"exce"` (did you mean `Writ::Action::"exec"`?)',
    ],
    [
      'an unknown type',
      'permit (principal is Writ::Tusk, action, resource);',
      'error policy_invalid policies/test.cedar:1:22 unrecognized entity type `Writ::Tusk` (did you mean `Writ::Task`?)',
    ],
    [
      'an unknown attribute',
      'permit (principal is Writ::Task, action == Writ::Action::"read", resource)\nwhen { resource.aria == "home" };',
      'error policy_invalid policies/test.cedar:2:8 attribute `aria` on entity type `Writ::Path` not found (did you mean `area`?)',
    ],
    [
      'a wrong type',
      'permit (principal is Writ::Task, action == Writ::Action::"exec", resource) when { context.traits == "reads" };',
      'error policy_invalid policies/test.cedar:1:83 ',
    ],
    [
      'a policy that never applies',
      `${sound}permit (principal is Writ::Person, action == Writ::Action::"exec", resource);`,
      'warning policy_never_applies policies/test.cedar:2:1 the policy "test#2" can never apply',
    ],
    [
      'a condition that never holds',
      `${sound}forbid (principal is Writ::Task, action == Writ::Action::"exec", resource) when { false };`,
      'warning policy_never_applies policies/test.cedar:2:1 ',
    ],
    [
      'an unknown profile',
      'permit (principal in Writ::Profile::"devlop", action == Writ::Action::"exec", resource);',
      'error reference_unknown policies/test.cedar:1:22 unknown profile "devlop" (Did you mean "develop"?)',
    ],
    [
      'an unknown group',
      'permit (principal in Writ::Group::"enabler", action == Writ::Action::"enableExecution", resource);',
      'error reference_unknown policies/test.cedar:1:22 unknown group "enabler" (Did you mean "enablers"?)',
    ],
    [
      'an unknown person inside',
      'permit (principal is Writ::Task, action == Writ::Action::"exec", resource) when { principal.requester == Writ::Person::"eve" };',
      'error reference_unknown policies/test.cedar:1:106 unknown person "eve"',
    ],
    [
      'approval by nobody',
      'permit (principal is Writ::Task, action == Writ::Action::"exec", resource) when { context.evidence.contains("approval:maintainer") };',
      'error reference_unknown policies/test.cedar:1:109 "approval:maintainer" names an unknown group (Did you mean "maintainers"?)',
    ],
    [
      'evidence that nothing yields',
      'permit (principal is Writ::Task, action == Writ::Action::"exec", resource) when { context.evidence.contains("mood:good") };',
      'warning evidence_unknown policies/test.cedar:1:109 nothing yields the evidence "mood:good"',
    ],
    [
      'an id twice',
      `@id("a") ${sound}@id("a") ${sound}`,
      'error policy_id_duplicate policies/test.cedar:2:1 the policy id "a" is given twice (The other one is at policies/test.cedar:1.)',
    ],
    ['a bad id', `@id("__proto__") ${sound}`, 'error policy_id_invalid policies/test.cedar:1:1 '],
    ['an empty id', `@id ${sound}`, 'error policy_id_invalid policies/test.cedar:1:1 '],
    [
      'an unknown annotation',
      `@advise("x") ${sound}`,
      'error annotation_unknown policies/test.cedar:1:1 unknown annotation @advise (Did you mean "advice"?)',
    ],
    ['no policy at all', '// nothing here\n', 'warning policies_missing organisation.yaml:1:1 '],
    [
      'brackets beyond measure',
      `permit (principal, action, resource) when { ${'('.repeat(5000)}true${')'.repeat(5000)} };`,
      'error policy_too_complex policies/test.cedar:1:1 a policy nests at most 30 brackets',
    ],
    [
      'operators beyond measure',
      `permit (principal, action, resource) when { true${' && true'.repeat(5000)} };`,
      'error policy_too_complex policies/test.cedar:1:1 a policy has at most 400 operators',
    ],
    [
      'a choice beyond measure',
      `permit (principal, action, resource) when { ${'if true then '.repeat(2000)}true${' else false'.repeat(2000)} };`,
      'error policy_too_complex policies/test.cedar:1:1 ',
    ],
  ];

  test.each(cases)('%s', (_, cedar, ...wanted) => {
    const { bundle, problems } = load(cedar);
    const given = told(problems);
    expect(given).toHaveLength(wanted.length);
    for (const [index, want] of wanted.entries()) expect(given[index]).toContain(want);
    expect(bundle === null).toBe(wanted.some((want) => want.startsWith('error')));
  });

  test('policies without an id are named by file and number', () => {
    expect(bundleOf(`${sound}@id("x.y") ${sound}${sound}`).policies.map(({ id }) => id)).toEqual([
      'test#1',
      'x.y',
      'test#3',
    ]);
  });

  test('text in comments and strings ends no policy', () => {
    const tricky =
      '// a ; permit (principal, action, resource);\n@reason("a;b\\";c") // ;\npermit (principal is Writ::Task, action == Writ::Action::"exec", resource) // ; x\nwhen { context.command like "*;//*" };';
    const { policies } = bundleOf(tricky);
    expect(policies.map(({ reason, place }) => [reason, place.line, place.column])).toEqual([
      ['a;b";c', 2, 1],
    ]);
  });
});
