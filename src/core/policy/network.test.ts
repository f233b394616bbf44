/** The same policy for a command's text and for the connection that it makes. */
import { describe, expect, it, test } from 'vitest';
import type { ConnectOperation } from '../model/operation.ts';
import { bundleOf, load, organisationText, stockPolicies, task } from '../../../test/policy/organisation.ts';
import { decideCommand } from './decide.ts';
import { privateRangesOf, registryUrlOf } from './network.ts';

const connection = (target: string, more: Partial<ConnectOperation> = {}): ConnectOperation => {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(target) ?? [];
  return {
    kind: 'connect',
    target,
    host,
    port: Number(port),
    by: 'egress',
    span: { start: 0, end: 0 },
    ...more,
  };
};

const text = `${organisationText}network:
  registries:
    npm: ['https://npm.acme.example/repository/npm/', 'files.acme.example:8443']
    pypi: ['http://pypi.acme.example:8080/simple/']
    go: [go.acme.example]
  private:
    '*.corp.example:443': [10.20.0.0/16]
    db.corp.example: ['fd00::5', 10.20.1.1]
`;
const bundle = bundleOf(undefined, text);
const { network } = bundle.organisation;
const decision = (operation: ConnectOperation, from = bundle): string =>
  decideCommand(from, task, [operation], [], 0).decision;

describe('a registry is where the organisation says', () => {
  test.each([
    ['npm.acme.example:443', 'allow'],
    ['npm.acme.example:80', 'step-up'],
    ['files.acme.example:8443', 'allow'],
    ['files.acme.example:443', 'step-up'],
    ['pypi.acme.example:8080', 'allow'],
    ['go.acme.example:443', 'allow'],
    ['evil.npm.acme.example:443', 'step-up'],
    ['npm.acme.example.evil.example:443', 'step-up'],
  ])('%s: %s', (target, expected) => expect(decision(connection(target))).toBe(expected));

  it('and nowhere where it says nothing', () => {
    expect(decision(connection('npm.acme.example:443'), bundleOf())).toBe('step-up');
  });

  it('which package managers are told, where it has an address', () => {
    expect(['npm', 'pypi', 'go', 'constructor'].map((name) => registryUrlOf(network, name))).toEqual([
      'https://npm.acme.example/repository/npm/',
      'http://pypi.acme.example:8080/simple/',
      null,
      null,
    ]);
  });
});

test("the repository's own remote is what the guard says it is", () => {
  expect(decision(connection('github.com:443'))).toBe('step-up');
  expect(decision(connection('github.com:443', { also: ['remote:origin'] }))).toBe('allow');
  expect(decision(connection('github.com:443', { also: ['remote:fork'] }))).toBe('step-up');
});

test('private addresses are named for their hosts alone', () => {
  const ranges = (host: string, port: number) =>
    privateRangesOf(network, { host, port }).map(({ prefix }) => prefix);
  expect(ranges('a.corp.example', 443)).toEqual([16]);
  expect(ranges('a.corp.example', 80)).toEqual([]);
  expect(ranges('db.corp.example', 443)).toEqual([16, 128, 32]);
  expect(ranges('corp.example', 443)).toEqual([]);
});

test('a policy speaks of method and path, and what has none is not permitted by it', () => {
  const policies = Object.values(stockPolicies).join('\n');
  const api = bundleOf(`${policies}
    @id("own.api")
    permit (principal, action == Writ::Action::"connect", resource)
    when { resource.host == "api.example" && context has method && context has path &&
           context.method == "GET" && context.path like "/v1/*" };`);
  const decided = (method: string, path: string) =>
    decision(connection('api.example:80', { request: { method, path } }), api);
  expect([decided('GET', '/v1/things'), decided('DELETE', '/v1/things'), decided('GET', '/admin')]).toEqual([
    'allow',
    'step-up',
    'step-up',
  ]);
  expect(decision(connection('api.example:443'), api)).toBe('step-up');
});

test.each([
  ["registries: { npm: ['https://user:secret@npm.example/'] }", 'without login, query and fragment'],
  ["registries: { npm: ['https://npm.example/?token=1'] }", 'without login, query and fragment'],
  ["registries: { npm: ['ftp://npm.example/'] }", 'must be an https or http address'],
  ["registries: { npm: ['registry:pypi'] }", 'must be an https or http address'],
  ['registries: { npm: [] }', 'is wrong'],
  ["private: { 'registry:npm': [10.0.0.1] }", 'must be host, host:port or *.host'],
  ['private: { npm.example: [10.0.0.1/8] }', 'must be an IP address, or a range'],
  ['private: { npm.example: [npm.example] }', 'must be an IP address, or a range'],
  ['proxies: {}', 'proxies'],
])('network: { %s } is a fault', (line, message) => {
  const { bundle: loaded, problems } = load(undefined, `${organisationText}network: { ${line} }\n`);
  expect(loaded).toBeNull();
  expect(problems.map((problem) => problem.message).join('; ')).toContain(message);
});
