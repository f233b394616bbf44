import { expect, test } from 'vitest';
import { credentialCatalogue } from './credential-catalogue.ts';
import { credentialStoreOf, credentialVariableOf } from './credential-stores.ts';

const names = credentialCatalogue.map(({ name }) => name);

test('every store has one entry, and says what it holds', () => {
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(credentialCatalogue.filter(({ holds }) => holds.length < 10)).toEqual([]);
});

test('every place is written as it is looked up, and stands once', () => {
  const places = credentialCatalogue.flatMap(({ home = [], machine = [], agents = [] }) => [
    ...home.map((path) => `~/${path}`),
    ...machine,
    ...agents,
  ]);
  expect(places.filter((place) => !/^(~\/[^/~].*[^/]|\/.*[^/])$/.test(place))).toEqual([]);
  expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
});

const every = credentialCatalogue.flatMap(({ name, home = [], machine = [], agents = [] }) => [
  ...home.map((path) => [`/home/ada/${path}`, name] as const),
  ...[...machine, ...agents].map((path) => [path.replaceAll('*', 'x1'), name] as const),
]);

test.each(every)('%s belongs to %s, and so does what lies below', (path, name) => {
  const folded = path.toLowerCase();
  for (const tried of [folded, `${folded}/below/it`])
    expect([credentialStoreOf(tried, '/home/ada'), tried]).toEqual([name, tried]);
});

test.each([
  ['/root/.aws/credentials', 'aws'],
  ['/home/else/.netrc', 'netrc'],
  ['/users/ada/library/keychains/login.keychain-db', 'keyring'],
  ['/srv/ci/home/.ssh/id_rsa', null],
  ['/home/ada/.sshx', null],
  ['/home/ada/src/.ssh', null],
  ['/home/ada', null],
  ['/etc/shadow.md', null],
  ['/etc/passwd', null],
  ['/tmp/ssh-x1/other', null],
  ['/tmp/krb5cc_1000', 'kerberos'],
  ['/run/user/1000/bus', 'keyring'],
  ['/run/user/1000/dconf', null],
  ['/run/docker.sock', 'docker'],
])('%s belongs to %s', (path, store) => {
  expect(credentialStoreOf(path, '/home/ada')).toBe(store);
});

test.each([
  ['AWS_SECRET_ACCESS_KEY', 'aws'],
  ['SSH_AUTH_SOCK', 'ssh'],
  ['TF_TOKEN_app_terraform_io', 'terraform'],
  ['NODE_ENV', null],
  ['AWS_REGION', null],
  ['MY_SSH_AUTH_SOCK', null],
])('the variable %s belongs to %s', (name, store) => {
  expect(credentialVariableOf(name)).toBe(store);
});
