import { describe, expect, test } from 'vitest';
import { parseAuthority, parseEndpoint } from './endpoint.ts';

describe('one place has one spelling', () => {
  test.each([
    ['web.example:443', 'web.example', 443],
    ['WEB.Example:443', 'web.example', 443],
    ['web.example.:443', 'web.example', 443],
    ['under_score.example:1', 'under_score.example', 1],
    ['xn--bcher-kva.example:443', 'xn--bcher-kva.example', 443],
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['127.1:80', '127.0.0.1', 80],
    ['127.0.1:80', '127.0.0.1', 80],
    ['2130706433:80', '127.0.0.1', 80],
    ['017700000001:80', '127.0.0.1', 80],
    ['0177.0.0.01:80', '127.0.0.1', 80],
    ['0x7f000001:80', '127.0.0.1', 80],
    ['0x7f.1:80', '127.0.0.1', 80],
    ['0X7F.0.0.0x1:80', '127.0.0.1', 80],
    ['169.254.43518:80', '169.254.169.254', 80],
    ['0xa9fea9fe:80', '169.254.169.254', 80],
    ['127.0.0.1.:80', '127.0.0.1', 80],
    ['[::1]:80', '::1', 80],
    ['[0:0:0:0:0:0:0:1]:80', '::1', 80],
    ['[::ffff:127.0.0.1]:80', '::ffff:7f00:1', 80],
    ['[FE80::1]:80', 'fe80::1', 80],
  ])('%s is %s port %i', (text, host, port) =>
    expect(parseAuthority(text, null)).toMatchObject({ host, port }),
  );

  test('an address is told from a name', () => {
    expect(parseAuthority('0x7f.1:80', null)).toMatchObject({ address: { bits: 32, value: 0x7f000001n } });
    expect(parseAuthority('7f.example:80', null)).toMatchObject({ address: null });
  });
});

test.each([
  ['web.example', 'it does not say to which port'],
  ['web.example:', 'it is not host:port'],
  [':443', 'it names no host'],
  ['.:443', 'it names no host'],
  ['web.example:0', 'it names no valid port'],
  ['web.example:65536', 'it names no valid port'],
  ['web.example:443:443', 'it is not host:port'],
  ['web.example:44x', 'it is not host:port'],
  ['user@web.example:443', 'its host holds characters that no name has'],
  ['web.example/x:443', 'its host holds characters that no name has'],
  ['web.example\0.google.com:443', 'its host holds characters that no name has'],
  ['web.example%00.google.com:443', 'its host holds characters that no name has'],
  ['web example:443', 'its host holds characters that no name has'],
  ['web.example\t:443', 'its host holds characters that no name has'],
  ['*.example:443', 'its host holds characters that no name has'],
  ['bücher.example:443', 'its host holds characters that no name has'],
  ['ⓦeb.example:443', 'its host holds characters that no name has'],
  ['web。example:443', 'its host holds characters that no name has'],
  ['127。0。0。1:80', 'its host holds characters that no name has'],
  ['web..example:443', 'its host has a part that is empty or too long'],
  ['.web.example:443', 'its host has a part that is empty or too long'],
  ['web.example..:443', 'its host has a part that is empty or too long'],
  [`${'a'.repeat(64)}.example:443`, 'its host has a part that is empty or too long'],
  [`${'a.'.repeat(127)}example:443`, 'its host is longer than a name can be'],
  ['-web.example:443', 'its host has a part that begins or ends with -'],
  ['web-.example:443', 'its host has a part that begins or ends with -'],
  ['xn--.example:443', 'its host has a part that begins or ends with -'],
  ['256.1.1.1:80', 'its host is no valid name'],
  ['1.2.3.4.5:80', 'its host is no valid name'],
  ['0x100000000:80', 'its host is no valid name'],
  ['09.1.1.1:80', 'its host is no valid name'],
  ['web.example.1:80', 'its host is no valid name'],
  ['[fe80::1%eth0]:80', 'it is no IPv6 address'],
  ['[::1:80', 'it is not host:port'],
  ['::1:80', 'it is not host:port'],
  ['[web.example]:80', 'only IPv6 stands in brackets'],
  ['[127.0.0.1]:80', 'only IPv6 stands in brackets'],
  ['[1::2::3]:80', 'it is no IPv6 address'],
])('%j is no place: %s', (text, malformed) => expect(parseAuthority(text, null)).toEqual({ malformed }));

test('a host as SOCKS gives it, without port and brackets', () => {
  expect(parseEndpoint('0:0:0:0:0:0:0:1', 80)).toMatchObject({ host: '::1', port: 80 });
  expect(parseEndpoint('a\0b', 80)).toEqual({ malformed: 'its host holds characters that no name has' });
});
