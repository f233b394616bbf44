import { expect, test } from 'vitest';
import { asTheSystem, from, resolveInTime } from './names.ts';

test.each(['nonsense', 'dns.example:53', '127.0.0.1:x', ''])('%j is no DNS server', (server) => {
  expect(() => from(server)).toThrow('WRIT_DNS_SERVER is not the address of a DNS server');
});

test('the system knows its own names', async () => {
  const found = await resolveInTime(asTheSystem, 'localhost');
  expect(found.every((address) => address === '127.0.0.1' || address === '::1')).toBe(true);
  expect(found.length).toBeGreaterThan(0);
});
