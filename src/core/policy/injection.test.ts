import { describe, expect, it, test } from 'vitest';
import { injectionScopes, mayInject, type Injection } from './injection.ts';

const injection: Injection = {
  hosts: ['api.example', 'api.example:8443'],
  place: { header: 'x-api-key', prefix: '' },
  requests: [
    { methods: ['GET'], paths: ['/v1/issues', '/v1/issues/*', '/v1/*/labels', '/files/**'] },
    { methods: ['POST'], paths: ['/v1/issues'] },
  ],
};
const to = { host: 'api.example', port: 443 };

describe('a request that the settings name is filled in, and no other', () => {
  it.each([
    ['GET', '/v1/issues', true],
    ['GET', '/v1/issues/17', true],
    ['GET', '/v1/issues/', false],
    ['GET', '/v1/issues/17/comments', false],
    ['GET', '/v1/17/labels', true],
    ['GET', '/v1//labels', false],
    ['GET', '/files', false],
    ['GET', '/files/', true],
    ['GET', '/files/a/b/c', true],
    ['GET', '/files/a/../b', false],
    ['GET', '/files/a/..', false],
    ['GET', '/files/.', false],
    ['GET', '/files/...', true],
    ['GET', '/files/a//b', false],
    ['GET', '/files/a%2Fb', false],
    ['GET', '/files/%2E%2E', false],
    ['GET', '/files/a;b', false],
    ['GET', '/files/a\\b', false],
    ['GET', '/files/a b', false],
    ['GET', '/FILES/a', false],
    ['GET', 'files/a', false],
    ['GET', '', false],
    ['POST', '/v1/issues', true],
    ['POST', '/files/a', false],
    ['get', '/v1/issues', false],
    ['HEAD', '/v1/issues', false],
  ])('%s %s: %s', (method, path, expected) => {
    expect(mayInject(injection, to, method, path)).toBe(expected);
  });
});

test.each([
  ['api.example', 443, true],
  ['api.example', 8443, true],
  ['api.example', 80, false],
  ['sub.api.example', 443, false],
  ['api.example.evil', 443, false],
])('to %s:%d: %s', (host, port, expected) => {
  expect(mayInject(injection, { host, port }, 'GET', '/v1/issues')).toBe(expected);
});

test('scopes say hosts and requests, for policies', () => {
  expect(injectionScopes(injection)).toEqual([
    'GET /files/**',
    'GET /v1/*/labels',
    'GET /v1/issues',
    'GET /v1/issues/*',
    'POST /v1/issues',
    'host:api.example',
    'host:api.example:8443',
  ]);
});
