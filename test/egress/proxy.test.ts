/** The proxy of one session: what it refuses, whom it asks for names, how much it takes. */
import { type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, test } from 'vitest';
import { from } from '../../src/guard/egress/names.ts';
import { collect, Desk, until } from './desk.ts';
import { DnsServer } from './dns-server.ts';
import { echo, named, socksRequest, tcp } from './servers.ts';

describe('a refusal', () => {
  it('says what was refused, why, and the way on, in the status line too', async () => {
    await using desk = await new Desk().open();
    desk.rule = () => ({
      decision: 'step-up',
      reason: 'the host is unlisted',
      missing: ['approval:m'],
      advice: 'Ask\r\nfor it.',
    });
    const plain = await desk.fetch('http://web.example/');
    expect(plain).toMatchObject({
      status: 403,
      body: 'writ: refused: connecting to web.example:80: the host is unlisted\nwrit: missing: approval:m\nwrit: Ask\r\nfor it.\n',
    });
    const { answer } = await desk.tunnel('web.example:443');
    expect(answer.status).toBe(403);
    expect(answer.phrase).toMatch(/refused: connecting to web\.example:443: the host is unlisted/);
    expect(desk.asked).toEqual([]);
  });

  it('that comes again and again is on the log once, and counted', async () => {
    await using desk = await new Desk().open();
    desk.rule = () => ({ decision: 'deny', reason: 'never' });
    for (let time = 0; time < 5; time++) await desk.tunnel('web.example:443');
    expect(desk.of('egress.refused')).toHaveLength(1);
    expect(desk.refused).toHaveLength(1);
    await desk.stop();
    expect(desk.of('egress.refused')[1]).toMatchObject({
      kind: 'repeated',
      repeated: [{ target: 'web.example:443', reason: 'never', times: 5 }],
    });
  });
});

describe('names are resolved by the proxy alone', () => {
  it('once, and the connection goes to that address whatever the name means by then', async () => {
    const port = await echo();
    using dns = new DnsServer((_name, time) => [time === 0 ? '127.0.0.1' : '169.254.169.254']);
    await using desk = new Desk();
    await desk.open({ resolve: from(await dns.listen()) });
    const { socket, answer } = await desk.tunnel(`rebind.example:${port}`);
    expect(answer.status).toBe(200);
    socket.end();
    expect(dns.asked).toEqual(['rebind.example 1', 'rebind.example 28']);
    const again = await desk.tunnel(`rebind.example:${port}`);
    expect(again.answer.status).toBe(403);
    expect(again.answer.phrase).toContain("169.254.169.254, a cloud's metadata service");
  });

  it('and not before policy allows them', async () => {
    await using desk = await new Desk().open();
    desk.rule = () => ({ decision: 'deny' });
    await desk.tunnel('c2VjcmV0.attacker.example:443');
    expect(desk.asked).toEqual([]);
  });

  test.each([
    ['one private address among public ones', ['93.184.215.14', '10.0.0.1']],
    ['a public name for loopback', ['127.0.0.1']],
    ['IPv4 in IPv6', ['::ffff:127.0.0.1']],
    ['something that is no address', ['localhost']],
  ])('%s is refused', async (_title, addresses) => {
    await using desk = await new Desk().open();
    desk.names.set('web.example', addresses);
    desk.rule = () => ({ privateRanges: [] });
    const { answer } = await desk.tunnel('web.example:443');
    expect(answer.status).toBe(403);
    expect(desk.of('egress.refused')).toMatchObject([{ kind: 'address', target: 'web.example:443' }]);
  });

  test.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.1',
    '[::1]',
    '[::ffff:7f00:1]',
    '169.254.169.254',
    '0xa9fea9fe',
  ])('the address %s needs to be named, however it is written', async (host) => {
    await using desk = await new Desk().open();
    desk.rule = () => ({ privateRanges: [] });
    expect((await desk.tunnel(`${host}:80`)).answer.status).toBe(403);
    expect(desk.asked).toEqual([]);
  });
});

describe('what is said first in a tunnel', () => {
  /** A ClientHello for a name, from Node's own TLS through the tunnel. */
  const greet = (socket: Socket, servername: string): void => {
    connectTls({ socket, servername, rejectUnauthorized: false }).on('error', () => {});
  };
  const heard = async (desk: Desk, say: (socket: Socket) => void, host = 'web.example') => {
    let bytes = 0;
    const port = await tcp((socket) => socket.on('data', (chunk: Buffer) => (bytes += chunk.length)));
    const { socket } = await desk.tunnel(`${host}:${port}`);
    say(socket);
    return { bytes: () => bytes, socket };
  };

  it('is TLS for the host that was asked for, in whatever pieces it comes', async () => {
    await using desk = await new Desk().open();
    const { bytes } = await heard(desk, (socket) => greet(socket, 'web.example'));
    await until(() => bytes() > 100, 'the greeting');
    expect(desk.of('alert')).toEqual([]);
  });

  test.each<[string, string, (socket: Socket) => void, string]>([
    [
      'TLS for another host',
      'web.example',
      (socket) => greet(socket, 'hidden.example'),
      'TLS names the server hidden.example',
    ],
    ['TLS that names none', 'web.example', (socket) => greet(socket, ''), 'TLS names no server'],
    [
      'TLS for a name at an address',
      '127.0.0.1',
      (socket) => greet(socket, 'hidden.example'),
      'TLS names the server hidden.example',
    ],
    [
      'what only begins as TLS',
      'web.example',
      (socket) => socket.write(Buffer.from('16030100050200000100', 'hex')),
      'what begins as TLS is none',
    ],
    [
      'TLS that breaks off',
      'web.example',
      (socket) => socket.end(Buffer.from('1603010100010000', 'hex')),
      'what begins as TLS is none',
    ],
  ])('%s is closed, and an alert', async (_title, host, say, reason) => {
    await using desk = await new Desk().open();
    const { bytes, socket } = await heard(desk, say, host);
    socket.on('data', () => {});
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(bytes()).toBe(0);
    expect(desk.of('alert')).toMatchObject([{ kind: 'egress-mismatch', reason, host }]);
    expect(desk.of('egress.closed')).toMatchObject([{ outcome: 'mismatch', up: 0 }]);
  });

  it('may be something else than TLS, but not on port 443', async () => {
    await using desk = await new Desk().open();
    const { bytes } = await heard(desk, (socket) => socket.write('SSH-2.0-x\r\n'));
    await until(() => bytes() === 11, 'the words');
  });
});

test.each<[string, string | Buffer]>([
  ['refused tunnels', 'CONNECT denied.example:443 HTTP/1.1\r\nHost: denied.example\r\n\r\n'],
  ['malformed tunnels', 'CONNECT denied HTTP/1.1\r\nHost: denied\r\n\r\n'],
  ['refused requests', 'GET http://denied.example/ HTTP/1.1\r\nHost: denied.example\r\n\r\n'],
  ['what is no HTTP', 'HELLO\r\n\r\n'],
  ['refused SOCKS requests', socksRequest(named('denied.example'), 80)],
  ['malformed SOCKS requests', socksRequest(named(''), 80)],
  ['SOCKS commands that are not known', socksRequest(named('denied.example'), 80, 2)],
  ['SOCKS passwords', Buffer.of(5, 1, 2)],
  ['SOCKS requests that are none', Buffer.of(5, 1, 0, 4, 1, 0, 1, 1)],
])('%s take up no room', async (_title, words) => {
  await using desk = await new Desk().open();
  desk.rule = ({ endpoint }) => (endpoint.host === 'denied.example' ? { decision: 'deny' } : {});
  const port = await echo();
  for (let round = 0; round < 3; round++) {
    const clients = Array.from({ length: 100 }, () => desk.client());
    for (const client of clients) client.write(words);
    await Promise.all(clients.map(collect));
    for (const client of clients) client.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect((await desk.tunnel(`web.example:${port}`)).answer.status).toBe(200);
});

test('the proxy takes only so many at once, and goes on', async () => {
  await using desk = await new Desk().open();
  const port = await echo();
  const clients = Array.from({ length: 300 }, () => desk.client());
  await until(
    () =>
      clients.filter(({ destroyed, readableEnded }) => destroyed || readableEnded).length > 0 ||
      clients.every(({ pending }) => !pending),
    'all to have come',
  );
  for (const client of clients) client.destroy();
  await until(() => clients.every(({ closed }) => closed), 'all to be gone');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { answer } = await desk.tunnel(`web.example:${port}`);
  expect(answer.status).toBe(200);
});
