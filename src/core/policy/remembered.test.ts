/** What is left out of a request, remembered and shared changes no answer: differential against Cedar itself. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import type { EnforcementLevel } from '../model/decision.ts';
import { decideCommand } from './decide.ts';
import { operationRequest, taskEntities } from './request.ts';
import { approvals, bundleOf, operation, task } from '../../../test/policy/organisation.ts';

interface Question {
  readonly text: string;
  readonly id: string;
  readonly profile: string;
  readonly requester: string;
  readonly branch: string | null;
  readonly enforcement: EnforcementLevel;
  readonly approved: boolean;
}

describe('what is left out, remembered and shared changes no answer', () => {
  const clauses = [
    'resource in principal.profile.tools',
    'resource.name == "git"',
    'resource == Writ::Tool::"ls"',
    'context.traits.contains("reads")',
    'context.command like "git p*"',
    'context has subcommand && context.subcommand == "push"',
    'context.arguments.contains("push")',
    'principal.enforcement >= 2',
    'principal == Writ::Task::"writ_1"',
    'principal in Writ::Profile::"observe"',
    'principal.assistant.owner == Writ::Person::"ada"',
    'principal.requester in Writ::Group::"maintainers"',
    '[principal.requester, principal.assistant.owner].contains(Writ::Person::"bob")',
    'principal has branch && principal.branch == "main"',
    'context.evidence.contains("approval:maintainers")',
    'resource.script',
    '{ a: context.static, b: resource } == { a: true, b: Writ::Tool::"git" }',
  ];
  const scope = fc.constantFrom(
    'principal is Writ::Task',
    'principal in Writ::Profile::"develop"',
    'principal in Writ::Profile::"maintain"',
    'principal is Writ::Task in Writ::Assistant::"local"',
    'principal == Writ::Task::"writ_2"',
  );
  const action = fc.constantFrom(
    'action',
    'action == Writ::Action::"exec"',
    'action in [Writ::Action::"exec"]',
    'action == Writ::Action::"read"',
  );
  const policy = fc
    .record({
      effect: fc.constantFrom('permit', 'permit', 'forbid'),
      scope,
      action,
      when: fc.subarray(clauses, { maxLength: 2 }),
    })
    .map(({ effect, scope, action, when }) => {
      const conditions = action.includes('read') ? [] : when;
      const exact = action === 'action' && conditions.length > 0 ? 'action == Writ::Action::"exec"' : action;
      return `${effect} (${scope}, ${exact}, resource)${conditions.map((one) => ` when { ${one} }`).join('')};`;
    });
  const asked = fc.record({
    text: fc.constantFrom(
      'exec git push [publishes]',
      'exec git status [reads]',
      'exec ls [reads]',
      'exec ls -l [reads]',
      'exec ./x [runs-code]',
      'exec frob [unknown]',
    ),
    id: fc.constantFrom('writ_1', 'writ_2'),
    profile: fc.constantFrom('observe', 'develop', 'maintain'),
    requester: fc.constantFrom('ada', 'bob', 'dan'),
    branch: fc.constantFrom('main', null),
    enforcement: fc.constantFrom<EnforcementLevel>(0, 2),
    approved: fc.boolean(),
  });

  const paths = [
    'resource.path like "*/.git/*"',
    'resource.path like "/repo/*"',
    'resource.path == "/repo/a"',
    'resource has path && resource.path like "*.pem"',
    'resource.area == "repository"',
    'context.by like "g*"',
  ];
  const ofPaths = fc
    .record({
      effect: fc.constantFrom('permit', 'forbid'),
      when: fc.subarray(paths, { minLength: 1, maxLength: 2 }),
    })
    .map(({ effect, when }) => {
      const conditions = when.map((one) => ` when { ${one} }`).join('');
      return `${effect} (principal is Writ::Task, action == Writ::Action::"write", resource)${conditions};`;
    });
  const targets = ['/repo/a', '/repo/b', '/repo/.git/config', '/repo/x.pem', '/tmp/a', '/tmp/x/.git/y.pem'];
  const written = fc.constantFrom(...targets.map((path) => `write ${path} repository`));

  const isAlike = (text: string, questions: readonly Question[]) => {
    const bundle = bundleOf(text);
    for (const { text: words, approved, ...changes } of questions) {
      const doing = { ...task, ...changes };
      const evidence = approved ? approvals(['maintainers'], 'carol') : [];
      const mine = decideCommand(bundle, doing, [operation(words)], evidence, 0).decision;
      const entities = taskEntities(bundle, doing);
      if ('unknown' in entities) throw new Error(entities.unknown);
      const request = operationRequest(bundle, entities, operation(words));
      const answer = isAuthorized({
        principal: request.principal,
        action: { type: 'Writ::Action', id: request.action },
        resource: request.resource,
        context: { ...request.context, evidence: evidence.map((one) => one.key) },
        entities: [...request.entities],
        policies: { staticPolicies: text },
      });
      expect(answer.type).toBe('success');
      expect(mine === 'allow').toBe(answer.type === 'success' && answer.response.decision === 'allow');
    }
  };

  test('as Cedar itself answers with the whole policy set and the whole request', () => {
    fc.assert(
      fc.property(
        fc.array(policy, { minLength: 1, maxLength: 6 }),
        fc.array(asked, { minLength: 1, maxLength: 12 }),
        (policies, questions) => isAlike(policies.join('\n'), questions),
      ),
      { numRuns: 80 },
    );
  });

  test('of paths too, of which policies see but patterns', () => {
    fc.assert(
      fc.property(
        fc.array(ofPaths, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(asked, written), { minLength: 2, maxLength: 12 }),
        (policies, questions) =>
          isAlike(
            policies.join('\n'),
            questions.map(([one, text]) => ({ ...one, text })),
          ),
      ),
      { numRuns: 150 },
    );
  });
});
