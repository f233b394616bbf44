import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadBundle, type PolicyProblem } from './bundle.ts';
import { bundleOf, load, organisationText, stock, stockPolicies } from '../../../test/policy/organisation.ts';

function told(problems: readonly PolicyProblem[]): string[] {
  return problems.map(({ severity, code, place, message, hint }) => {
    const tail = hint === null ? '' : ` (${hint})`;
    return `${severity} ${code} ${place.file}:${place.line}:${place.column} ${message}${tail}`;
  });
}

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRz1IrTtrE0kZ2VxFfHgEZIXEVBUmY3T0ZYd8a1x2vS ada@laptop';

test('a sound bundle has no problems, and a version that depends on every byte', () => {
  const { bundle, problems } = load();
  expect(problems).toEqual([]);
  expect(bundle?.version).toMatch(/^[0-9a-f]{64}$/);
  expect(load().bundle?.version).toBe(bundle?.version);
  expect(load(undefined, `${organisationText}\n`).bundle?.version).not.toBe(bundle?.version);
  const otherStock = { ...stock, 'hosts.yaml': `${stock['hosts.yaml']}\n` };
  const other = loadBundle({ 'organisation.yaml': organisationText, ...stockPolicies }, otherStock).bundle;
  expect(other?.version).not.toBe(bundle?.version);
});

test('profiles inherit field by field, and own ones replace what they name', () => {
  const { organisation } = bundleOf(
    undefined,
    `${organisationText}profiles:
  develop: { limits: { processes: 7 }, ttl: 5m }
  web: { extends: develop, tools: [node], enforcement: 2 }
limits: { writTtl: 1h }
`,
  );
  const { develop, maintain, web } = organisation.profiles;
  expect(develop?.limits.processes).toBe(7);
  expect(develop?.limits.openFiles).toBe(16_384);
  expect([maintain?.limits.processes, maintain?.ttl, maintain?.extends]).toEqual([7, 300_000, 'develop']);
  expect([web?.tools, web?.enforcement, web?.repository, web?.environment]).toEqual([
    ['node'],
    2,
    'read-write',
    [],
  ]);
  expect(organisation.limits).toEqual({
    writTtl: 3_600_000,
    renewals: 8,
    approvalTtl: 1_800_000,
    svidTtl: 300_000,
  });
  expect(organisation.execution).toEqual({ assistant: 'local', profile: 'develop' });
  expect(organisation.repositories['github.com/acme/shop']?.sensitivity).toBe('internal');
});

describe('organisation.yaml: each fault with its place', () => {
  const swap = (from: string, to: string) => {
    expect(organisationText).toContain(from);
    return organisationText.replace(from, to);
  };
  const add = (text: string) => `${organisationText}${text}\n`;
  const cases: readonly (readonly [name: string, text: string, ...problems: string[]])[] = [
    ['no YAML', 'version: [1', 'error yaml_syntax organisation.yaml:1:12 '],
    ['a tab', 'version: 1\n\tpeople: {}', 'error yaml_syntax organisation.yaml:2:1 '],
    ['a list', '- 1', 'error value_invalid organisation.yaml:1:1 the file is wrong'],
    ['nothing', '', 'error value_invalid organisation.yaml:1:1 the file is wrong'],
    ['two documents', `${organisationText}---\nversion: 1\n`, 'error yaml_syntax organisation.yaml:'],
    ['no version', swap('version: 1\n', ''), 'error key_missing organisation.yaml:1:1 "version" is missing'],
    [
      'another version',
      swap('version: 1', 'version: 2'),
      'error value_invalid organisation.yaml:1:10 "version" is wrong',
    ],
    ['a key twice', add('version: 1'), 'error key_duplicate organisation.yaml:18:1 "version" is given twice'],
    [
      'a person twice',
      swap('  bob:', '  ada:'),
      'error key_duplicate organisation.yaml:5:3 "ada" is given twice',
    ],
    [
      'an unknown key',
      add('peeple: {}'),
      'error key_unknown organisation.yaml:18:1 unknown key "peeple" at the top level (Did you mean "people"?)',
    ],
    [
      'an unknown key inside',
      swap('login: bob', 'logn: bob'),
      'error key_unknown organisation.yaml:5:21 unknown key "logn" in "people.bob" (Did you mean "login"?)',
    ],
    [
      'a missing key inside',
      swap('owner: ada, purpose: Commands', 'purpose: Commands'),
      'error key_missing organisation.yaml:13:3 "assistants.local.owner" is missing (Expected: string.)',
    ],
    [
      'a bad name',
      swap('  dan:', '  Dan:'),
      'error value_invalid organisation.yaml:7:3 the key "people.Dan" must be 1 to 63',
    ],
    [
      'a name from the prototype',
      swap('  dan:', '  __proto__:'),
      'error value_invalid organisation.yaml:7:3 "__proto__" is no usable name',
    ],
    [
      'a bad trust domain',
      swap('acme.example', 'ACME'),
      'error value_invalid organisation.yaml:2:14 "trustDomain" must be a SPIFFE trust domain',
    ],
    [
      'a bad duration',
      add('limits: { writTtl: 15 minutes }'),
      'error value_invalid organisation.yaml:18:20 "limits.writTtl" must be a duration',
    ],
    ['a duration too long', add('limits: { writTtl: 25h }'), 'error value_invalid organisation.yaml:18:20 '],
    [
      'a bad SSH key',
      swap('name: Carol', 'name: Carol, sshKeys: [ssh-ed25519 AAAA]'),
      'error value_invalid organisation.yaml:6:35 "people.carol.sshKeys.0" must be an SSH public key',
    ],
    [
      'a private key',
      swap('name: Carol', 'name: Carol, sshKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"]'),
      'error value_invalid ',
    ],
    [
      'a host with a path',
      add('hostSets: { x: [example.com/a] }'),
      'error value_invalid organisation.yaml:18:17 "hostSets.x.0" must be host',
    ],
    [
      'a port out of range',
      add('hostSets: { x: ["example.com:70000"] }'),
      'error value_invalid organisation.yaml:18:17 ',
    ],
    ['a tool with a path', add('bundles: { x: [/bin/sh] }'), 'error value_invalid organisation.yaml:18:16 '],
    [
      'an enforcement level out of range',
      add('profiles: { develop: { enforcement: 4 } }'),
      'error value_invalid organisation.yaml:18:37 ',
    ],
    [
      'an alias',
      add('bundles: { x: &a [y], z: *a }'),
      'error yaml_alias organisation.yaml:18:18 ',
      'error yaml_alias organisation.yaml:18:26 ',
    ],
    ['a custom tag', add('bundles: { x: !!js/function [y] }'), 'error yaml_syntax organisation.yaml:18:15 '],
    [
      'an unknown owner',
      swap('owner: ada, purpose: Commands', 'owner: adda, purpose: Commands'),
      'error reference_unknown organisation.yaml:13:19 unknown person "adda" (Did you mean "ada"?)',
    ],
    [
      'an unknown member',
      swap('[ada, bob]', '[ada, rob]'),
      'error reference_unknown organisation.yaml:10:22 unknown person "rob" (Did you mean "bob"?)',
    ],
    [
      'an unknown profile',
      swap('[observe, develop, maintain]', '[observe, devlop]'),
      'error reference_unknown organisation.yaml:13:63 unknown profile "devlop" (Did you mean "develop"?)',
    ],
    [
      'a name that objects inherit',
      swap('[ada, bob]', '[ada, constructor]'),
      'error reference_unknown organisation.yaml:10:22 unknown person "constructor"',
    ],
    [
      'an unknown bundle',
      add('profiles: { develop: { tools: [nodes] } }'),
      'error reference_unknown organisation.yaml:18:32 unknown bundle "nodes" (Did you mean "node"?)',
    ],
    [
      'an unknown host set',
      add('profiles: { develop: { hosts: [registries] } }'),
      'error reference_unknown organisation.yaml:18:32 unknown host set "registries"',
    ],
    [
      'an unknown parent',
      add('profiles: { web: { extends: develp } }'),
      'error reference_unknown organisation.yaml:18:29 unknown profile "develp" (Did you mean "develop"?)',
    ],
    [
      'profiles in a circle',
      add('profiles: { a: { extends: b }, b: { extends: a } }'),
      'error profile_cycle organisation.yaml:18:18 profiles extend each other: a -> b -> a',
      'error profile_cycle organisation.yaml:18:37 ',
    ],
    [
      'an incomplete profile',
      add('profiles: { web: { description: x } }'),
      'error profile_incomplete organisation.yaml:18:13 the profile "web" lacks repository, tools, hosts, enforcement, limits.cpuSeconds',
    ],
    [
      'an unknown default assistant',
      add('execution: { assistant: lokal }'),
      'error reference_unknown organisation.yaml:18:25 unknown assistant "lokal" (Did you mean "local"?)',
    ],
    [
      'a remote as typed',
      swap('github.com/acme/shop:', '"git@github.com:Acme/Shop.git":'),
      'error remote_not_canonical organisation.yaml:16:3 "git@github.com:Acme/Shop.git" is not the canonical remote (Write it as "github.com/acme/shop".)',
    ],
    [
      'a remote twice',
      swap('github.com/acme/bank', 'https://github.com/acme/shop'),
      'error remote_not_canonical organisation.yaml:17:3 "https://github.com/acme/shop" is not the canonical remote ("github.com/acme/shop" is registered as well; keep that one.)',
    ],
    [
      'a hostile remote',
      swap('github.com/acme/shop', '"ext::sh -c x"'),
      'error remote_not_canonical organisation.yaml:16:3 ',
    ],
    [
      'a local remote',
      swap('github.com/acme/shop', '/srv/shop'),
      'error remote_not_canonical organisation.yaml:16:3 ',
    ],
    [
      'no signers',
      swap('proof: fetched-ref', 'proof: signed-commit'),
      'error signers_missing organisation.yaml:17:3 ',
    ],
    [
      'one login for two',
      swap('login: bob', 'login: ada'),
      'error login_shared organisation.yaml:5:28 the login "ada" already belongs to "ada"',
    ],
    [
      'one key for two',
      swap('name: Ada,', `name: Ada, sshKeys: ["${key}"],`).replace(
        'name: Bob,',
        `name: Bob, sshKeys: ["${key.replace('ada@', 'bob@')}"],`,
      ),
      'error ssh_key_shared organisation.yaml:5:31 the SSH key already belongs to "ada"',
    ],
    [
      'an empty group that policy needs',
      swap('security: [carol]', 'security: []'),
      'warning group_empty organisation.yaml:11:3 ',
      'error group_empty organisation.yaml:11:3 the policy "base.credential" asks for approval by "security", which has no members',
    ],
    [
      'a group that policy names and nobody made',
      swap('  security: [carol]\n', ''),
      'error reference_unknown policies/base.cedar:',
    ],
  ];

  test.each(cases)('%s', (_, text, ...wanted) => {
    const { bundle, problems } = load(undefined, text);
    expect(bundle === null).toBe(true);
    const given = told(problems);
    for (const want of wanted) expect(given.find((one) => one.startsWith(want)) ?? given).toContain(want);
    // A group that many policies name is missed by each of them.
    const others = given.filter((one) => !one.startsWith('error reference_unknown policies/'));
    expect(others).toHaveLength(wanted.filter((want) => !want.includes(' policies/')).length);
  });
});

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

describe('files', () => {
  const withFile = (name: string, text: string) =>
    loadBundle({ 'organisation.yaml': organisationText, ...stockPolicies, [name]: text }, stock);

  test.each([
    ['README.md', 'x', 'file_unexpected'],
    ['../policies/x.cedar', '', 'file_unexpected'],
    ['policies/x.txt', '', 'file_unexpected'],
    ['policies/big.cedar', '/'.repeat(1024 * 1024 + 1), 'file_too_large'],
    ['policies/half.cedar', '// \ud800', 'text_malformed'],
    ['policies/nul.cedar', '// \0', 'text_malformed'],
  ])('%s', (name, text, code) => {
    const { bundle, problems } = withFile(name, text);
    expect([bundle, problems.map((problem) => problem.code)]).toEqual([null, [code]]);
  });

  test('none, too many, and a program without its own', () => {
    expect(loadBundle({}, stock).problems.map(({ code }) => code)).toEqual(['file_missing']);
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`policies/${n}.cedar`, '']));
    expect(loadBundle({ 'organisation.yaml': organisationText, ...many }, stock).problems[0]?.code).toBe(
      'files_too_many',
    );
    expect(loadBundle({ 'organisation.yaml': organisationText }, {}).problems[0]?.code).toBe('stock_broken');
  });
});

describe('hostile input', () => {
  test.each([
    ['flow nesting', `a: ${'['.repeat(100_000)}`],
    ['block nesting', Array.from({ length: 1400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['sequence nesting', '- '.repeat(100_000)],
    [
      'a bomb of aliases',
      Array.from({ length: 40 }, (_, n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(n === 0 ? 0 : 9)} x]`).join(
        '\n',
      ),
    ],
    ['many keys', Array.from({ length: 50_000 }, (_, n) => `k${n}: 1`).join('\n')],
    ['one long scalar', `trustDomain: ${'a'.repeat(1_000_000)}`],
    ['one long name', `version: 1\npeople: { ${'a'.repeat(500_000)}: {} }`],
  ])('in YAML: %s', (_, text) => {
    const { bundle, problems } = load(undefined, text);
    expect(bundle).toBeNull();
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(200);
    for (const { message } of problems) expect(message.length).toBeLessThan(1000);
  });

  test.each([
    ['one long string', `@id("${'a'.repeat(900_000)}`],
    ['many statements', ';'.repeat(500_000)],
    ['many policies', 'permit (principal, action, resource);\n'.repeat(5100)],
    ['many quotes', '"'.repeat(900_001)],
    ['many slashes', '/ '.repeat(400_000)],
  ])('in Cedar: %s', (_, cedar) => {
    const { bundle, problems } = load(cedar);
    expect(bundle).toBeNull();
    expect(problems.length).toBeLessThanOrEqual(300);
  });

  /** Cuts, doubles, swaps and splices a text, so that it stays close to something that parses. */
  function mutated(text: string) {
    const at = fc.nat(text.length);
    const piece = fc.constantFrom(
      '"',
      ';',
      '{',
      '}',
      '[',
      '(',
      ')',
      ':',
      '\n',
      '  ',
      '- ',
      '&a',
      '*a',
      '!',
      '@id',
      '::',
      'permit',
      '%',
      '\u{1F4A5}',
      '\u0000',
      '\ud800',
      '__proto__',
    );
    return fc.array(fc.tuple(at, fc.nat(40), piece), { minLength: 1, maxLength: 4 }).map((edits) => {
      let changed = text;
      for (const [from, length, insert] of edits)
        changed = changed.slice(0, from) + insert + changed.slice(from + length);
      return changed;
    });
  }

  const orderly = (problems: readonly PolicyProblem[], files: Readonly<Record<string, string>>) => {
    for (const { place } of problems) {
      expect(place.line).toBeGreaterThanOrEqual(1);
      expect(place.column).toBeGreaterThanOrEqual(1);
      expect(place.line).toBeLessThanOrEqual((files[place.file] ?? '').split('\n').length + 1);
    }
  };

  test('no text crashes the loader, and problems lie within the files', () => {
    const yaml = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), mutated(organisationText));
    const cedar = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      ...Object.values(stockPolicies).map(mutated),
    );
    fc.assert(
      fc.property(fc.option(yaml), fc.option(cedar), (main, policy) => {
        const files = {
          'organisation.yaml': main ?? organisationText,
          ...stockPolicies,
          ...(policy === null ? {} : { 'policies/base.cedar': policy }),
        };
        const { bundle, problems } = loadBundle(files, stock);
        orderly(problems, files);
        expect(bundle === null).toBe(problems.some(({ severity }) => severity === 'error'));
      }),
      { numRuns: 200 },
    );
    expect(load().bundle).not.toBeNull(); // the engine is as it was
  });

  test('a broken program is said to be broken', () => {
    const name = fc.constantFrom('bundles.yaml', 'hosts.yaml', 'profiles.yaml', 'writ.cedarschema');
    fc.assert(
      fc.property(name, fc.string({ unit: 'binary', maxLength: 60 }), (file, text) => {
        const { bundle, problems } = loadBundle(
          { 'organisation.yaml': organisationText, ...stockPolicies },
          { ...stock, [file]: text },
        );
        expect(bundle).toBeNull();
        expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
