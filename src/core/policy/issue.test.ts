import { describe, expect, test } from 'vitest';
import { bundleOf, organisationText, task } from '../../../test/policy/organisation.ts';
import { decideIssue, type WritRequest } from './issue.ts';
import { decidePersonAction, type PersonAction } from './person.ts';
import { refAllowed } from './refs.ts';

const bundle = bundleOf();

const request: WritRequest = {
  assistant: 'local',
  requester: 'dan',
  profile: 'develop',
  repository: { remote: 'github.com/acme/shop', branch: 'main', proof: 'claimed' },
  job: null,
  mode: 'enabled',
  enforcement: 2,
};
const { repository } = request;

describe('a writ', () => {
  test('is issued where everything holds', () => {
    expect(decideIssue(bundle, request, [], 0)).toMatchObject({
      decision: 'allow',
      policies: ['people.issue-writ'],
    });
    const feature = { ...request, repository: { ...repository, branch: 'feature/x' } };
    expect(decideIssue(bundle, feature, [], 0).decision).toBe('allow');
  });

  const refusals: readonly (readonly [string, Partial<WritRequest>, string])[] = [
    ['an assistant that was never enabled', { mode: 'registered' }, 'people.issue-writ.enabled'],
    ['a suspended assistant', { mode: 'suspended' }, 'people.issue-writ.enabled'],
    [
      'an assistant that never executes',
      { assistant: 'frozen', profile: 'observe' },
      'people.issue-writ.enabled',
    ],
    ['a profile it does not have', { assistant: 'frozen', profile: 'develop' }, 'people.issue-writ.profile'],
    [
      'a branch that is not listed',
      { repository: { ...repository, branch: 'release' } },
      'people.issue-writ.ref',
    ],
    [
      'a branch below a listed one',
      { repository: { ...repository, branch: 'feature/a/b' } },
      'people.issue-writ.ref',
    ],
    ['a detached HEAD', { repository: { ...repository, branch: null } }, 'people.issue-writ.ref'],
    [
      'too little proof',
      { repository: { ...repository, remote: 'github.com/acme/bank' } },
      'people.issue-writ.proof',
    ],
    ['too little enforcement', { enforcement: 0 }, 'people.issue-writ.enforcement'],
    ['an unregistered assistant', { assistant: 'constructor' }, 'not registered'],
    ['an unknown requester', { requester: 'eve' }, 'not a registered person'],
    ['an unknown profile', { profile: 'root' }, 'no profile'],
    [
      'an unregistered repository',
      { repository: { ...repository, remote: 'github.com/evil/shop' } },
      'not registered',
    ],
  ];
  test.each(refusals)('is refused for %s', (_, changes, why) => {
    const ruling = decideIssue(bundle, { ...request, ...changes }, [], 0);
    expect(ruling.decision).toBe('deny');
    expect([...ruling.policies, ruling.reason].some((said) => said.includes(why))).toBe(true);
    expect(ruling.reason).not.toBe('');
    expect(ruling.advice).not.toBeNull();
  });

  test('can wait for evidence, if policy says so', () => {
    const strict =
      bundleOf(`@id("ask") permit (principal is Writ::Person, action == Writ::Action::"issueWrit", resource)
      when { context.repository.sensitivity != "secret" || context.evidence.contains("approval:security") };`);
    const bank: WritRequest = {
      ...request,
      repository: { remote: 'github.com/acme/bank', branch: 'main', proof: 'signed-commit' },
    };
    expect(decideIssue(strict, bank, [], 0)).toMatchObject({
      decision: 'step-up',
      missing: ['approval:security'],
    });
    const evidence = [{ key: 'approval:security' as const, by: 'carol', reference: 'apr_1', expiresAt: 10 }];
    expect(decideIssue(strict, bank, evidence, 0).decision).toBe('allow');
    expect(decideIssue(strict, bank, evidence, 10).decision).toBe('step-up');
    expect(decideIssue(strict, { ...bank, requester: 'carol' }, evidence, 0).decision).toBe('step-up');
  });
});

describe('what people may do', () => {
  const enable: PersonAction = { action: 'enableExecution', assistant: 'local' };
  const suspend: PersonAction = { action: 'suspendExecution', assistant: 'local' };
  const approve = (key: string, requester = 'dan'): PersonAction => ({
    action: 'approve',
    key,
    assistant: 'local',
    requester,
  });
  const revoke: PersonAction = { action: 'revokeWrit', task };
  const cases: readonly (readonly [person: string, PersonAction, 'allow' | 'deny', string])[] = [
    ['ada', enable, 'allow', 'an enabler'],
    ['bob', enable, 'deny', 'a maintainer is no enabler'],
    ['carol', enable, 'deny', 'security starts nothing'],
    ['eve', enable, 'deny', 'not a person'],
    ['constructor', enable, 'deny', 'not a person'],
    ['ada', { action: 'enableExecution', assistant: 'frozen' }, 'deny', 'it never executes'],
    ['ada', { action: 'enableExecution', assistant: 'nobody' }, 'deny', 'no such assistant'],
    ['ada', suspend, 'allow', 'an enabler'],
    ['carol', suspend, 'allow', 'security stops anything'],
    ['dan', suspend, 'deny', 'nobody in particular'],
    ['ada', approve('approval:maintainers'), 'allow', 'a member'],
    ['bob', approve('approval:maintainers'), 'allow', 'a member'],
    ['carol', approve('approval:maintainers'), 'deny', 'of another group'],
    ['carol', approve('approval:security'), 'allow', 'a member'],
    ['bob', approve('approval:maintainers', 'bob'), 'deny', 'their own request'],
    ['bob', approve('approval:maintainers', 'gone'), 'allow', 'the requester has left'],
    ['ada', approve('approval:nobody'), 'deny', 'no such group'],
    ['ada', approve('approval:constructor'), 'deny', 'no such group'],
    ['ada', approve('ticket:1'), 'deny', 'no approval'],
    ['dan', revoke, 'allow', 'the requester'],
    ['ada', revoke, 'allow', 'the owner'],
    ['carol', revoke, 'allow', 'security'],
    ['bob', revoke, 'deny', 'nobody in particular'],
    [
      'carol',
      { action: 'revokeWrit', task: { ...task, repository: 'github.com/acme/gone', assistant: 'gone' } },
      'allow',
      'what is no longer registered',
    ],
  ];
  test.each(cases)('%s: %o -> %s, %s', (person, action, decision) => {
    const ruling = decidePersonAction(bundle, person, action);
    expect(ruling.decision).toBe(decision);
    expect(ruling.reason).not.toBe('');
  });

  test('the reason for refusing one of their own is said', () => {
    const own = decidePersonAction(bundle, 'bob', approve('approval:maintainers', 'bob'));
    expect(own).toMatchObject({
      policies: ['people.approve.own'],
      advice: 'Ask somebody else of the group.',
    });
  });
});

test.each<[string, string | null, boolean]>([
  ['main', 'main', true],
  ['main', 'main2', false],
  ['main', 'xmain', false],
  ['main', null, false],
  ['**', null, true],
  ['**', 'a/b', true],
  ['*', 'a/b', false],
  ['*', null, false],
  ['feature/*', 'feature/', true],
  ['feature/*', 'feature/x', true],
  ['feature/*', 'feature/x/y', false],
  ['feature/**', 'feature/x/y', true],
  ['**/x', 'a/b/x', true],
  ['a.c', 'abc', false],
  ['a*c*e', 'abcde', true],
  ['a*c*e', 'abcdef', false],
  ['**a**a**a**a**a**a**b', 'a'.repeat(250), false],
])('the ref pattern %s admits %s: %s', (pattern, branch, admitted) => {
  expect(refAllowed([pattern], branch)).toBe(admitted);
});

test('the organisation of these tests is sound', () => {
  expect(bundleOf(undefined, organisationText).policies.length).toBeGreaterThan(20);
});
