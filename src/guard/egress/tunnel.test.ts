import { expect, test } from 'vitest';
import type { FirstBytes } from './client-hello.ts';
import { parseAuthority } from './endpoint.ts';
import { mismatchOf } from './tunnel.ts';

const tls = (serverName: string | null): FirstBytes => ({ kind: 'hello', serverName, encryptedName: false });

test.each<[target: string, first: FirstBytes, reason: string | null]>([
  ['web.example:443', tls('web.example'), null],
  ['web.example:443', tls('WEB.example.'), null],
  ['web.example:443', tls('web.example.evil.example'), 'TLS names the server web.example.evil.example'],
  ['web.example:443', tls('evil\0\n.example'), 'TLS names the server evil??.example'],
  ['web.example:443', tls(null), 'TLS names no server'],
  ['web.example:443', tls(''), 'TLS names the server '],
  ['web.example:443', { kind: 'other' }, 'something else than TLS is spoken on port 443'],
  ['web.example:443', { kind: 'broken' }, 'what begins as TLS is none'],
  ['web.example:22', { kind: 'other' }, null],
  ['web.example:22', { kind: 'broken' }, 'what begins as TLS is none'],
  ['web.example:8443', tls('other.example'), 'TLS names the server other.example'],
  ['203.0.113.7:443', tls(null), null],
  ['203.0.113.7:443', tls('web.example'), 'TLS names the server web.example'],
  ['203.0.113.7:443', { kind: 'other' }, 'something else than TLS is spoken on port 443'],
])('for %s: %o is %s', (target, first, reason) => {
  const endpoint = parseAuthority(target, null);
  if ('malformed' in endpoint) throw new Error(endpoint.malformed);
  expect(mismatchOf(endpoint, first)).toBe(reason);
});
