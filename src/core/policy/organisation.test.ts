/** `organisation.yaml`: each fault is told with its place. */
import { describe, expect, test } from 'vitest';
import { load, organisationText, told } from '../../../test/policy/organisation.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRz1IrTtrE0kZ2VxFfHgEZIXEVBUmY3T0ZYd8a1x2vS ada@laptop';

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
