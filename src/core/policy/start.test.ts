import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadBundle } from './bundle.ts';
import { decideCommand } from './decide.ts';
import { operation, stock, task } from '../../../test/policy/organisation.ts';
import { decideIssue } from './issue.ts';
import { personByLogin } from './organisation.ts';
import { decidePersonAction } from './person.ts';
import { startingGovernance, type StartFacts } from './start.ts';

const facts: StartFacts = {
  person: 'ada',
  name: 'Ada Lovelace',
  login: 'ada',
  sshKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRz1IrTtrE0kZ2VxFfHgEZIXEVBUmY3T0ZYd8a1x2vS ada@laptop'],
  trustDomain: 'writ.local',
  remote: 'github.com/acme/shop',
  registries: {
    npm: ['https://npm.example/repository/npm/'],
    pypi: ['https://pypi.example/simple', 'files.pypi.example'],
  },
  private: { 'npm.example': ['10.20.0.7', 'fd00::7'] },
};

test('the start loads without a problem and works at once', () => {
  const files = startingGovernance(facts, stock);
  expect(Object.keys(files).sort()).toEqual([
    'organisation.yaml',
    ...Object.keys(stock)
      .filter((name) => name.startsWith('policies/'))
      .sort(),
  ]);
  const { bundle, problems } = loadBundle(files, stock);
  expect(problems).toEqual([]);
  if (bundle === null) throw new Error('no bundle');
  expect(bundle.organisation.people['ada']?.sshKeys).toEqual(facts.sshKeys);
  expect(bundle.organisation.network).toMatchObject({
    registries: facts.registries,
    private: facts.private,
  });
  expect(decidePersonAction(bundle, 'ada', { action: 'enableExecution', assistant: 'local' }).decision).toBe(
    'allow',
  );
  const { remote } = facts;
  const writ = decideIssue(
    bundle,
    {
      assistant: 'local',
      requester: 'ada',
      profile: 'develop',
      repository: { remote, branch: null, proof: 'claimed' },
      job: null,
      mode: 'enabled',
      enforcement: 2,
    },
    [],
    0,
  );
  expect(writ.decision).toBe('allow');
  const asked = [
    'exec npm ci [installs network builds]',
    'connect registry:npm',
    'connect npm.example:443',
    'connect registry:pypi',
    'connect files.pypi.example:443',
  ].map(operation);
  expect(decideCommand(bundle, { ...task, requester: 'ada' }, asked, [], 0).decision).toBe('allow');
});

test('whatever the machine says about its user, the start loads and knows them by their login', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
    .filter((text) => text.isWellFormed() && !text.includes('\0'));
  const login = fc.stringMatching(/^[A-Za-z0-9._$@-]{1,40}$/);
  fc.assert(
    fc.property(name, login, fc.boolean(), (fullName, user, withKeys) => {
      const given = {
        ...facts,
        name: fullName,
        login: user,
        person: user,
        sshKeys: withKeys ? facts.sshKeys : [],
      };
      const { bundle, problems } = loadBundle(startingGovernance(given, stock), stock);
      expect(problems).toEqual([]);
      const id = bundle === null ? null : personByLogin(bundle.organisation, user);
      expect(bundle?.organisation.people[id ?? '']?.name).toBe(fullName);
    }),
    { numRuns: 40 },
  );
});
