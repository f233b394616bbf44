import { describe, expect, test } from 'vitest';
import { bundleOf, load, organisationText, operation, task } from '../../../test/policy/organisation.ts';
import { decideCommand } from './decide.ts';
import { decideCredentialUse } from './credential-use.ts';

const database = `  shop-db:
    broker: postgres
    description: The shop
    host: db.example
    database: shop
    admin: { user: writ, password: { file: /etc/writ/shop } }
    grants: [{ schema: public, tables: '*', privileges: [select, insert] }]
`;

function withCredentials(section: string, profile = 'credentials: [shop-db]'): string {
  return `${organisationText}credentials:\n${section}profiles:\n  develop: { ${profile} }\n`;
}

const told = (text: string): string[] =>
  load(undefined, text).problems.map(({ code, place, message }) => `${place.line} ${code} ${message}`);

describe('a fault of the credentials section is told with its place', () => {
  const line = organisationText.split('\n').length;
  const cases: readonly (readonly [name: string, section: string, offset: number, problem: RegExp])[] = [
    [
      'a secret in the file itself',
      database.replace('{ file: /etc/writ/shop }', 'hunter2'),
      6,
      /value_invalid .*never the secret itself/,
    ],
    [
      'an unknown broker',
      database.replace('postgres', 'mysql'),
      2,
      /value_invalid .*must be one of: postgres, git-https/,
    ],
    [
      'a key that the broker does not have',
      `${database}    principals: [x]\n`,
      8,
      /key_unknown unknown key "principals"/,
    ],
    ['a missing key', database.replace('    database: shop\n', ''), 1, /key_missing .*database" is missing/],
    ['a privilege of no kind', database.replace('insert', 'own'), 7, /value_invalid/],
    ['no grant at all', database.replace(/grants: .*/, 'grants: []'), 7, /value_invalid/],
    ['a life of days', `${database}    ttl: 3d\n`, 8, /value_invalid .*must be a duration from 10s to 24h/],
  ];
  test.each(cases)('%s', (_, section, offset, problem) => {
    const [first = ''] = told(withCredentials(section));
    expect(first).toMatch(problem);
    expect(Number.parseInt(first, 10)).toBe(line + offset);
  });

  test.each([
    ['http://vault.example', false],
    ['https://vault.example/base', true],
    ['http://127.0.0.1:8200', true],
    ['https://user:secret@vault.example', false],
    ['https://vault.example/?a=b', false],
    ['vault.example', false],
  ])('the upstream %s: %s', (address, good) => {
    const section = `  shop-db: { broker: vault, description: x, address: '${address}', path: database/creds/x,
    login: { role: x, jwt: { audience: v } }, postgres: { host: db, database: shop } }\n`;
    expect(told(withCredentials(section)).length === 0).toBe(good);
  });

  test('a profile or policy that names one that is not there', () => {
    const [profile = ''] = told(withCredentials(database, 'credentials: [shop-bd]'));
    expect(profile).toContain('reference_unknown unknown credential "shop-bd"');
    const policy = `permit (principal, action == Writ::Action::"useCredential", resource == Writ::Credential::"shop");`;
    const { problems } = load(policy, withCredentials(database));
    expect(problems.map(({ message }) => message)).toEqual(['unknown credential "shop"']);
  });
});

describe('the stock policies lend', () => {
  const bundle = bundleOf(undefined, withCredentials(database));
  const decided = (profile: string, name: string) =>
    decideCredentialUse(bundle, { ...task, profile }, name, [], 0).decision;

  test.each([
    ['develop', 'shop-db', 'allow'],
    ['maintain', 'shop-db', 'allow'],
    ['observe', 'shop-db', 'deny'],
    ['develop', 'other', 'deny'],
  ])('to %s the credential %s: %s', (profile, name, decision) => {
    expect(decided(profile, name)).toBe(decision);
  });

  test('in the place of the store of that name, and only in the sandbox', () => {
    const use = (store: string, enforcement: 1 | 2) =>
      decideCommand(
        bundle,
        { ...task, profile: 'develop', enforcement },
        [operation(`credential ${store}`)],
        [],
        0,
      ).decision;
    expect([use('postgresql', 2), use('postgresql', 1), use('ssh', 2)]).toEqual([
      'allow',
      'step-up',
      'step-up',
    ]);
  });
});
