import { expect, test } from 'vitest';
import { hostMatches } from './host-pattern.ts';

test.each<[pattern: string, host: string, port: number | null, matches: boolean]>([
  ['example.com', 'example.com', 443, true],
  ['example.com', 'example.com', null, true],
  ['example.com', 'example.com.', 443, true],
  ['example.com', 'a.example.com', 443, false],
  ['example.com', 'evilexample.com', 443, false],
  ['example.com', 'example.com.evil.net', 443, false],
  ['example.com:443', 'example.com', 443, true],
  ['example.com:443', 'example.com', 80, false],
  ['example.com:443', 'example.com', null, false],
  ['*.example.com', 'a.example.com', 443, true],
  ['*.example.com', 'a.b.example.com', 443, true],
  ['*.example.com', 'example.com', 443, false],
  ['*.example.com', '.example.com', 443, false],
  ['*.example.com', 'evilexample.com', 443, false],
  ['*.example.com:8080', 'a.example.com', 8080, true],
  ['*.example.com:8080', 'a.example.com', 80, false],
  ['[::1]:80', '[::1]', 80, true],
  ['[::1]', '::1', null, true],
  ['::1', '[::1]', 443, true],
  ['[::1]:80', '[::1]', 443, false],
  ['registry:npm', 'registry:npm', null, true],
  ['registry:npm', 'registry:pypi', null, false],
  ['registry:npm', 'registry', null, false],
  ['registry', 'registry:npm', null, false],
  ['*.npm', 'registry:npm', null, false],
  ['remote:origin', 'remote:origin', null, true],
  ['remote:origin', 'remote:fork', null, false],
])('%s for %s and port %s: %s', (pattern, host, port, matches) => {
  expect(hostMatches(pattern, { host, port })).toBe(matches);
});
