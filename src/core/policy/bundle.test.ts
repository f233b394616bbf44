import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadBundle, type PolicyProblem } from './bundle.ts';
import { bundleOf, load, organisationText, stock, stockPolicies } from '../../../test/policy/organisation.ts';

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
