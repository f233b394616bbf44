import { describe, expect, it, test } from 'vitest';
import { holds, parseAddress, parseRange, whyRefused } from './addresses.ts';

const must = <T>(value: T | null): T => {
  if (value === null) throw new Error('the test itself is written wrongly');
  return value;
};

const reason = (text: string, named: readonly string[] = []): string | null =>
  whyRefused(
    must(parseAddress(text)),
    named.map((range) => must(parseRange(range))),
  );

describe('addresses that lead to no public host are refused', () => {
  test.each([
    ['127.0.0.1', 'a loopback address'],
    ['127.255.255.254', 'a loopback address'],
    ['::1', 'a loopback address'],
    ['0.0.0.0', 'an unspecified address'],
    ['0.1.2.3', 'an unspecified address'],
    ['::', 'an unspecified address'],
    ['10.0.0.1', 'a private address'],
    ['172.16.0.1', 'a private address'],
    ['172.31.255.255', 'a private address'],
    ['192.168.1.1', 'a private address'],
    ['fc00::1', 'a private address'],
    ['fd12:3456::1', 'a private address'],
    ['fec0::1', 'a private address'],
    ['100.64.0.1', 'an address shared behind a carrier'],
    ['100.127.255.255', 'an address shared behind a carrier'],
    ['169.254.1.1', 'a link-local address'],
    ['fe80::1', 'a link-local address'],
    ['febf::1', 'a link-local address'],
    ['224.0.0.1', 'a multicast address'],
    ['239.255.255.250', 'a multicast address'],
    ['ff02::1', 'a multicast address'],
    ['255.255.255.255', 'an address reserved for special use'],
    ['240.0.0.1', 'an address reserved for special use'],
    ['198.18.0.1', 'an address reserved for special use'],
    ['192.0.2.1', 'an address reserved for special use'],
    ['198.51.100.7', 'an address reserved for special use'],
    ['203.0.113.7', 'an address reserved for special use'],
    ['192.0.0.8', 'an address reserved for special use'],
    ['2001:db8::1', 'an address reserved for special use'],
    ['100::1', 'an address reserved for special use'],
    ['4000::1', 'an address reserved for special use'],
    ['::ffff:8.8.8.8', 'an IPv4 address in the form of an IPv6 address'],
    ['::ffff:127.0.0.1', 'an IPv4 address in the form of an IPv6 address'],
    ['::127.0.0.1', 'an IPv4 address in the form of an IPv6 address'],
    ['64:ff9b::7f00:1', 'an IPv4 address in the form of an IPv6 address'],
    ['64:ff9b:1::a00:1', 'an IPv4 address in the form of an IPv6 address'],
    ['2002:7f00:1::', 'an IPv4 address in the form of an IPv6 address'],
    ['2001:0:4136:e378::1', 'an IPv4 address in the form of an IPv6 address'],
    ['169.254.169.254', "a cloud's metadata service"],
    ['169.254.170.2', "a cloud's metadata service"],
    ['100.100.100.200', "a cloud's metadata service"],
    ['168.63.129.16', "a cloud's metadata service"],
    ['fd00:ec2::254', "a cloud's metadata service"],
  ])('%s: %s', (text, why) => expect(reason(text)).toBe(why));
});

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  '2a00:1450:4001::1',
])('%s is public', (text) => expect(reason(text)).toBeNull());

describe('what policy names for a host', () => {
  test.each([
    ['10.1.2.3', ['10.0.0.0/8'], null],
    ['10.1.2.3', ['10.1.2.3'], null],
    ['10.1.2.3', ['10.2.0.0/16'], 'a private address'],
    ['127.0.0.1', ['127.0.0.1'], null],
    ['::1', ['127.0.0.1'], 'a loopback address'],
    ['64:ff9b::808:808', ['64:ff9b::/96'], null],
    ['fd00::5', ['fd00::/8'], null],
  ] as const)('%s with %s: %s', (text, named, why) => expect(reason(text, named)).toBe(why));

  it("opens a cloud's metadata service only by its very address", () => {
    expect(reason('169.254.169.254', ['169.254.0.0/16'])).toBe("a cloud's metadata service");
    expect(reason('169.254.169.254', ['169.254.169.254'])).toBeNull();
    expect(reason('100.100.100.200', ['100.64.0.0/10'])).toBe("a cloud's metadata service");
  });
});

test.each([
  '127.1',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '2130706433',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3',
  'fe80::1%eth0',
  '[::1]',
  ':',
  '1::2::3',
  'g::1',
  '',
])('%j is no address in its one spelling', (text) => expect(parseAddress(text)).toBeNull());

test('one address has one value, however IPv6 is written', () => {
  const spellings = ['::1', '0:0:0:0:0:0:0:1', '0000::0001', '::0.0.0.1'].map((text) => parseAddress(text));
  expect(new Set(spellings.map((address) => address?.value))).toEqual(new Set([1n]));
});

test.each(['10.0.0.1/8', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', 'x'])(
  '%j is no range',
  (text) => expect(parseRange(text)).toBeNull(),
);

test('a range holds its own and no more', () => {
  const range = must(parseRange('192.168.4.0/22'));
  const inside = (text: string) => holds(range, must(parseAddress(text)));
  expect(['192.168.3.255', '192.168.4.0', '192.168.7.255', '192.168.8.0', '::c0a8:400'].map(inside)).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
});
