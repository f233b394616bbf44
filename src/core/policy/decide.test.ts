import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { EnforcementLevel } from '../model/decision.ts';
import type { Evidence } from '../model/evidence.ts';
import { traits, type ExecOperation } from '../model/operation.ts';
import { decideCommand } from './decide.ts';
import { explainDecision } from './explain.ts';
import { approvals, bundleOf, operation, organisationText, task } from '../../../test/policy/organisation.ts';

const stockBundle = bundleOf();

function decideOne(
  text: string,
  changes: Partial<typeof task> = {},
  evidence: readonly Evidence[] = [],
  bundle = stockBundle,
) {
  return decideCommand(bundle, { ...task, ...changes }, [operation(text)], evidence, 1000);
}

describe('the stock profiles', () => {
  const { operations } = parse(
    readFileSync(join(import.meta.dirname, '../../../test/policy/stock-decisions.yaml'), 'utf8'),
  ) as {
    operations: Record<string, Record<string, string>>;
  };
  const cases = Object.entries(operations).flatMap(([text, columns]) =>
    Object.entries(columns).map(([column, want]) => ({ text, column, want })),
  );

  test.each(cases)('$text under $column: $want', ({ text, column, want }) => {
    const [profile = '', level = '2'] = column.split('@');
    const changes = { profile, enforcement: Number(level) as EnforcementLevel };
    const { decision, missing } = decideOne(text, changes);
    const groups = missing.map((key) => key.replace('approval:', '')).join(' ');
    expect({ allow: 'ok', deny: 'no', 'step-up': groups }[decision]).toBe(want);

    // What is said to be missing is enough, and nothing of it can be left out.
    if (decision !== 'step-up') return;
    const held = missing.map((key) => key.replace('approval:', ''));
    expect(decideOne(text, changes, approvals(held)).decision).toBe('allow');
    for (const left of held) {
      const others = approvals(held.filter((group) => group !== left));
      expect(decideOne(text, changes, others).missing).toEqual([`approval:${left}`]);
    }
  });

  test('no trait is left out of the table by accident: each is decided by develop as itself', () => {
    const verdicts = Object.fromEntries(
      traits.map((trait) => [trait, decideOne(`exec git x [${trait}]`).decision]),
    );
    expect(verdicts).toEqual({
      ...Object.fromEntries(
        [
          'reads',
          'writes',
          'commits',
          'runs-code',
          'builds',
          'installs',
          'network',
          'fetches',
          'configures',
          'persists',
          'signals',
          'unknown',
        ].map((trait) => [trait, 'allow']),
      ),
      ...Object.fromEntries(
        ['destroys', 'dependencies', 'publishes', 'credentials'].map((trait) => [trait, 'step-up']),
      ),
      ...Object.fromEntries(['privileges', 'system'].map((trait) => [trait, 'deny'])),
    });
  });

  test('a trait that policy has never heard of is not allowed', () => {
    expect(decideOne('exec git x [levitates]').decision).toBe('deny');
  });

  test('what extends develop is stepped up as develop is, under its own tools', () => {
    const bundle = bundleOf(
      undefined,
      `${organisationText.replace('maintain]', 'maintain, web]')}profiles:\n  web: { extends: develop, tools: [git] }\n`,
    );
    expect(decideOne('exec git push [publishes]', { profile: 'web' }, [], bundle).missing).toEqual([
      'approval:maintainers',
    ]);
    expect(decideOne('exec git status [reads]', { profile: 'web' }, [], bundle).decision).toBe('allow');
    expect(decideOne('exec cargo build [builds]', { profile: 'web' }, [], bundle).decision).toBe('step-up');
  });

  test("an organisation's own bundles and hosts count", () => {
    const more = `bundles: { house: [deployctl] }
hostSets: { mirrors: ['*.mirror.example:443', 'cache.example'] }
profiles: { develop: { tools: [core, house], hosts: [mirrors, 'one.example:8080'] } }
`;
    const bundle = bundleOf(undefined, organisationText + more);
    const decisions = [
      'exec deployctl [reads]',
      'exec git [reads]',
      'connect a.mirror.example:443',
      'connect a.mirror.example:80',
      'connect mirror.example:443',
      'connect cache.example:1',
      'connect cache.example',
      'connect one.example:8080',
      'connect one.example',
      'connect evilcache.example',
      'connect registry:npm',
    ].map((text) => decideOne(text, {}, [], bundle).decision);
    expect(decisions).toEqual([
      'allow',
      'step-up',
      'allow',
      'step-up',
      'step-up',
      'allow',
      'allow',
      'allow',
      'step-up',
      'step-up',
      'step-up',
    ]);
  });
});

describe('a whole command', () => {
  test('is decided as its worst operation, and misses what all stepped-up ones miss', () => {
    const parts = [
      'exec git status [reads]',
      'exec git push [publishes]',
      'read /repo/.env repository secrets',
    ];
    const stepped = decideCommand(stockBundle, task, parts.map(operation), [], 0);
    expect(stepped.decision).toBe('step-up');
    expect(stepped.missing).toEqual(['approval:maintainers', 'approval:security']);
    expect(stepped.operations.map((one) => one.decision)).toEqual(['allow', 'step-up', 'step-up']);
    expect(stepped.reason).toContain('running git push: it sends something out of the repository');
    expect(stepped.policyVersion).toBe(stockBundle.version);

    const denied = decideCommand(
      stockBundle,
      task,
      [...parts, 'exec sudo [privileges]'].map(operation),
      [],
      0,
    );
    expect([denied.decision, denied.missing]).toEqual(['deny', []]);
    expect(denied.reason).toContain("another user's");
    expect(denied.operations[3]?.policies).toEqual(['base.privileges']);
  });

  test('without operations is allowed', () => {
    expect(decideCommand(stockBundle, task, [], [], 0).decision).toBe('allow');
  });

  test.each([
    ['expired', approvals(['maintainers'], 'ada', 1000)],
    ["the requester's own", approvals(['maintainers'], 'dan')],
    ['for another group', approvals(['security'])],
    ['misspelt', approvals(['maintainer'])],
  ])('evidence that is %s does not count', (_, evidence) => {
    expect(decideOne('exec git push [publishes]', {}, evidence).decision).toBe('step-up');
  });

  test.each([
    [{ assistant: 'constructor' }, 'assistant'],
    [{ assistant: 'nobody' }, 'assistant'],
    [{ requester: '__proto__' }, 'requester'],
    [{ profile: 'toString' }, 'profile'],
    [{ repository: 'github.com/acme/shop2' }, 'repository'],
  ])('is denied for what is not registered: %o', (changes, word) => {
    const decision = decideOne('exec ls [reads]', changes);
    expect(decision.decision).toBe('deny');
    expect(decision.reason).toContain(word);
    expect(decideCommand(stockBundle, { ...task, ...changes }, [], [], 0).decision).toBe('deny');
  });

  test('is denied when the assistant has lost the profile, or the clone proves too little', () => {
    expect(decideOne('exec ls [reads]', { assistant: 'frozen' }).operations[0]?.policies).toEqual([
      'base.assistant-has-profile',
    ]);
    const bank = { repository: 'github.com/acme/bank' };
    expect(decideOne('exec ls [reads]', bank).operations[0]?.policies).toEqual(['base.repository-proven']);
    expect(decideOne('exec ls [reads]', { ...bank, proof: 'signed-commit' }).decision).toBe('allow');
  });
});

describe('a denial says what would permit it', () => {
  test('with the advice of the policies that decided', () => {
    const { advice, operations } = decideOne('exec sudo [privileges]');
    expect(advice).toBe('Run the command itself, without sudo, su or doas.');
    expect(operations[0]?.reason).toBe("it asks for another user's or the system's authority");
  });

  test('or, where no policy speaks, with what was found by asking differently', () => {
    expect(decideOne('exec git add [writes]', { profile: 'observe' }).advice).toBe(
      'With the profile develop it is allowed.',
    );
    expect(decideOne('exec git push [publishes]', { profile: 'observe' }).advice).toBe(
      'With the profile develop it needs approval:maintainers.',
    );
    expect(decideOne('opaque read', { profile: 'observe', enforcement: 1 }).advice).toBe(
      'At enforcement level 2 it is allowed.',
    );
    expect(decideOne('write /etc/passwd system').advice).toBeNull();
  });

  test('and explains it for a person', () => {
    const parts = ['exec git status [reads]', 'exec git push [publishes]', 'write /etc/x\u001b[31m system'];
    const text = explainDecision(
      decideCommand(stockBundle, task, parts.map(operation), [], 0),
      'Does this and that.',
    );
    expect(text).toContain('+ running git status [develop.exec, observe.exec]');
    expect(text).toContain(
      '? running git push: it sends something out of the repository [develop.publishes]',
    );
    expect(text).toContain('      missing: approval:maintainers');
    expect(text).toContain('- writing /etc/x\\u{1b}[31m: nothing in the profile develop permits it');
    expect(text).not.toContain('\u001b');
  });
});

test('a forbid that cannot be evaluated denies', () => {
  const bundle = bundleOf(`
    @id("all") permit (principal, action, resource);
    @id("broken") forbid (principal is Writ::Task, action, resource) when { principal.enforcement + 9223372036854775807 == 0 };`);
  expect(decideOne('exec ls [reads]', { enforcement: 0 }, [], bundle).decision).toBe('allow');
  const broken = decideOne('exec ls [reads]', {}, [], bundle);
  expect([broken.decision, broken.operations[0]?.policies]).toEqual(['deny', ['broken']]);
});

describe('hostile operations', () => {
  const bundle = bundleOf(`
    @id("exec") permit (principal is Writ::Task, action == Writ::Action::"exec", resource);
    @id("evil") forbid (principal is Writ::Task, action == Writ::Action::"exec", resource)
      when { context.command like "*evil*" || context.arguments.contains("evil") || context.environment.contains("EVIL") || resource.name == "evil" };`);
  const ls = operation('exec ls [reads]') as ExecOperation;
  const verdict = (changes: Partial<ExecOperation>) =>
    decideCommand(bundle, task, [{ ...ls, ...changes }], [], 0).decision;

  test.each<[string, Partial<ExecOperation>, 'allow' | 'deny']>([
    [
      'half a surrogate pair',
      { target: '\ud800', argv: ['\udfff'], cwd: '/\ud800', environment: { '\ud800': null } },
      'allow',
    ],
    ['half a surrogate pair beside what is forbidden', { argv: ['\ud800', 'evil'] }, 'deny'],
    ['nothing at all', { target: '', argv: [] }, 'allow'],
    [
      'names that objects inherit',
      { target: '__proto__', environment: JSON.parse('{"__proto__":null}') },
      'allow',
    ],
    ['a variable among such names', { environment: { constructor: null, EVIL: null } }, 'deny'],
    ['NUL', { target: '\0', argv: ['\0'] }, 'allow'],
    ['a megabyte before what is forbidden', { argv: ['ls', `${'a'.repeat(1_000_000)}evil`] }, 'deny'],
    [
      '20,000 arguments before it',
      { argv: [...Array.from({ length: 20_000 }, (_, n) => `a${n}`), 'evil'] },
      'deny',
    ],
  ])('%s', (_, changes, want) => {
    expect(verdict(changes)).toBe(want);
  });

  test('no text makes it throw, or hides what is forbidden', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
        expect(verdict({ argv: ['ls', before, 'evil', after] })).toBe('deny');
        expect(verdict({ argv: ['ls', `${before}evil${after}`] })).toBe('deny');
      }),
      { numRuns: 100 },
    );
  });
});

test('a permit that cannot be evaluated allows nothing', () => {
  const bundle = bundleOf(
    'permit (principal is Writ::Task, action, resource) when { principal.enforcement + 9223372036854775807 != 0 };',
  );
  expect(decideOne('exec ls [reads]', {}, [], bundle).decision).toBe('deny');
});

describe('the evidence that flips a denial', () => {
  const groups = ['a', 'b', 'c', 'd', 'e'];
  const organisation = organisationText.replace(
    'groups:',
    `groups:\n${groups.map((group) => `  ${group}: [ada]`).join('\n')}`,
  );
  const key = fc.constantFrom(...groups);
  const needs = fc.uniqueArray(key, { minLength: 1, maxLength: 3 });

  /** Each inner list is enough for its permit; each forbid is lifted by any one of its list. */
  function bundleWith(permits: readonly string[][], forbids: readonly string[][]) {
    const list = (keys: readonly string[]) => `[${keys.map((one) => `"approval:${one}"`).join(', ')}]`;
    const text = [
      ...permits.map(
        (keys) =>
          `permit (principal is Writ::Task, action, resource) when { context.evidence.containsAll(${list(keys)}) };`,
      ),
      ...forbids.map(
        (keys) =>
          `forbid (principal is Writ::Task, action, resource) unless { context.evidence.containsAny(${list(keys)}) };`,
      ),
    ];
    const scoped = text.map((one) => one.replace('action,', 'action == Writ::Action::"exec",'));
    return bundleOf(scoped.join('\n'), organisation);
  }

  function smallest(permits: readonly string[][], forbids: readonly string[][]): number {
    const sets = Array.from({ length: 2 ** groups.length }, (_, bits) =>
      groups.filter((_, index) => (bits >> index) & 1),
    );
    const enough = sets.filter(
      (set) =>
        permits.some((keys) => keys.every((one) => set.includes(one))) &&
        forbids.every((keys) => keys.some((one) => set.includes(one))),
    );
    return Math.min(...enough.map((set) => set.length));
  }

  test('is enough and as small as can be, as counting all sets shows', () => {
    fc.assert(
      fc.property(
        fc.array(needs, { minLength: 1, maxLength: 3 }),
        fc.array(needs, { maxLength: 3 }),
        (permits, forbids) => {
          const bundle = bundleWith(permits, forbids);
          const { decision, missing } = decideOne('exec ls [reads]', {}, [], bundle);
          const want = smallest(permits, forbids);
          expect(decision).toBe('step-up');
          const held = missing.map((one) => one.replace('approval:', ''));
          expect(decideOne('exec ls [reads]', {}, approvals(held), bundle).decision).toBe('allow');
          expect(missing.length).toBe(want <= 3 ? want : missing.length);
        },
      ),
      { numRuns: 80 },
    );
  });

  test('is found even where a policy also forbids because of evidence', () => {
    const bundle = bundleOf(
      `permit (principal is Writ::Task, action == Writ::Action::"exec", resource) when { context.evidence.contains("approval:a") };
       forbid (principal is Writ::Task, action == Writ::Action::"exec", resource) when { context.evidence.contains("approval:b") };`,
      organisation,
    );
    expect(decideOne('exec ls [reads]', {}, [], bundle).missing).toEqual(['approval:a']);
  });
});
