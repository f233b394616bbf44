/** The proxy of one session: three protocols on one socket, real servers behind it, everything on record. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it, test } from 'vitest';
import { from } from '../../src/guard/egress/names.ts';
import { collect, Desk, until } from './desk.ts';
import { DnsServer } from './dns-server.ts';

const open: { close(done?: () => void): unknown }[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(open.splice(0).map((server) => new Promise<void>((done) => server.close(() => done()))));
});

async function listening(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as AddressInfo).port;
}
const tcp = (serve: (socket: Socket) => unknown): Promise<number> =>
  listening(createServer({ allowHalfOpen: true }, (socket) => void serve(socket)));
const web = (serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> =>
  listening(createHttpServer(serve));
const echo = (): Promise<number> => tcp((socket) => void socket.pipe(socket));

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const socksRequest = (address: readonly number[], port: number, command = 1): Buffer =>
  Buffer.from([5, 1, 0, 5, command, 0, ...address, port >> 8, port & 255]);
const named = (host: string | Buffer): number[] => [3, host.length, ...Buffer.from(host)];

describe('a tunnel', () => {
  it('carries megabytes each way byte by byte as they were, and says how many', async () => {
    await using desk = await new Desk().open();
    const upload = randomBytes(12 << 20);
    const download = randomBytes(12 << 20);
    let received = '';
    const port = await tcp(async (socket) => {
      received = sha(await collect(socket));
      socket.end(download);
    });
    const { socket, answer } = await desk.tunnel(`web.example:${port}`);
    expect(answer.status).toBe(200);
    socket.end(upload);
    expect(sha(await collect(socket))).toBe(sha(download));
    expect(received).toBe(sha(upload));
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')).toMatchObject([
      {
        target: `web.example:${port}`,
        address: '127.0.0.1',
        up: upload.length,
        down: download.length,
        outcome: 'closed',
      },
    ]);
  });

  it('is on record before anything goes out, and does not open where that fails', async () => {
    await using desk = new Desk();
    let connected = 0;
    const port = await tcp(() => (connected += 1));
    await desk.open({
      record: async (records) => {
        desk.records.push(...records);
        if (records[0]?.type === 'egress.opened') throw new Error('the writ has ended');
      },
    });
    const { answer } = await desk.tunnel(`web.example:${port}`);
    expect(answer.status).toBe(502);
    expect(answer.phrase).toContain('nothing goes out unrecorded');
    expect([connected, desk.asked]).toEqual([0, []]);
  });

  it('does not open where policy cannot be asked', async () => {
    await using desk = new Desk();
    await desk.open({ decide: () => Promise.reject(new Error('the authority is gone')) });
    expect((await desk.tunnel('web.example:443')).answer.status).toBe(502);
    expect([desk.records, desk.asked, desk.faults.length]).toEqual([[], [], 1]);
  });

  it('passes one end on and keeps the other open', async () => {
    await using desk = await new Desk().open();
    const port = await tcp((socket) => {
      socket.end('all that I say');
      void collect(socket).then((heard) => desk.asked.push(heard.toString()));
    });
    const { socket } = await desk.tunnel(`web.example:${port}`);
    expect((await collect(socket)).toString()).toBe('all that I say');
    socket.end('and I go on');
    await until(() => desk.asked.includes('and I go on'), 'the rest of the upload');
  });

  it('holds back a sender whose reader is slow', async () => {
    await using desk = await new Desk().open();
    let sent = 0;
    const chunk = randomBytes(1 << 20);
    const port = await tcp((socket) => {
      const push = (): void => {
        while (sent < 200 && socket.write(chunk)) sent += 1;
      };
      socket.on('drain', push);
      push();
    });
    const { socket } = await desk.tunnel(`web.example:${port}`);
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sent).toBeLessThan(30);
    socket.destroy();
  });

  it('tells the client when the server breaks off, and the log', async () => {
    await using desk = await new Desk().open();
    const port = await tcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { socket } = await desk.tunnel(`web.example:${port}`);
    socket.write('x');
    await collect(socket);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'broken' });
  });

  it('ends when the server goes before the client has said anything', async () => {
    await using desk = await new Desk().open();
    const servers: Socket[] = [];
    const port = await tcp((socket) => servers.push(socket));
    const { socket } = await desk.tunnel(`web.example:${port}`);
    await until(() => servers.length === 1, 'the connection');
    servers[0]?.resetAndDestroy();
    await collect(socket);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'broken' });
  });

  it('that never asks for anything is closed as well', async () => {
    await using desk = await new Desk().open({ patience: { idle: 50 } });
    const socket = desk.client();
    socket.write('GET http://web.example/ HTTP/1.1\r\nHost: web');
    await collect(socket);
    expect(desk.records).toEqual([]);
  });

  it('ends when nothing is said for long', async () => {
    await using desk = await new Desk().open({ patience: { idle: 50 } });
    const port = await tcp(() => {});
    const { socket } = await desk.tunnel(`web.example:${port}`);
    await collect(socket);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'idle' });
  });

  it('ends at once with its session, and that is on record', async () => {
    await using desk = await new Desk().open();
    const port = await tcp(() => {});
    const tunnels = await Promise.all([1, 2, 3].map(() => desk.tunnel(`web.example:${port}`)));
    const ends = tunnels.map(({ socket }) => collect(socket));
    await desk.stop();
    await Promise.all(ends);
    expect(desk.of('egress.closed').map(({ outcome }) => outcome)).toEqual(['stopped', 'stopped', 'stopped']);
    await expect(desk.tunnel(`web.example:${port}`)).rejects.toThrow(/ECONNREFUSED|gone/);
  });

  it('ends when a new policy no longer allows it', async () => {
    await using desk = await new Desk().open();
    const port = await echo();
    const { socket } = await desk.tunnel(`web.example:${port}`);
    socket.write('still allowed');
    await once(socket, 'data');
    desk.policyVersion = '2';
    desk.rule = () => ({ decision: 'deny' });
    await collect(socket);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'withdrawn' });
  });

  it('says when nobody listens there', async () => {
    await using desk = await new Desk().open();
    const port = await echo();
    await new Promise<void>((done) => open.pop()?.close(() => done()));
    const { answer } = await desk.tunnel(`web.example:${port}`);
    expect(answer.status).toBe(502);
    expect(answer.phrase).toContain('nothing listens there');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'unreachable', address: '127.0.0.1' });
  });

  it('takes what a client says without waiting for the answer', async () => {
    await using desk = await new Desk().open();
    const port = await echo();
    const socket = desk.client();
    socket.end(`CONNECT web.example:${port} HTTP/1.1\r\nHost: web.example\r\n\r\nat once`);
    expect((await collect(socket)).toString()).toMatch(/^HTTP\/1\.1 200 [^\r]+\r\n\r\nat once$/);
  });
});

describe('SOCKS', () => {
  test.each<[string, number[]]>([
    ['a name', named('web.example')],
    ['an IPv4 address', [1, 127, 0, 0, 1]],
  ])('with %s', async (_title, address) => {
    await using desk = await new Desk().open();
    const port = await echo();
    const socket = desk.client();
    socket.end(Buffer.concat([socksRequest(address, port), Buffer.from('hello')]));
    expect((await collect(socket)).toString('latin1')).toBe('\x05\0\x05\0\0\x01\0\0\0\0\0\0hello');
    expect(desk.of('egress.opened')).toMatchObject([{ protocol: 'socks5', port }]);
  });

  test.each<[string, Buffer, string]>([
    ['BIND', socksRequest(named('web.example'), 80, 2), '05000507'],
    ['UDP', socksRequest(named('web.example'), 80, 3), '05000507'],
    ['an unknown kind of address', socksRequest([9, 1, 2, 3, 4], 80), '05000508'],
    ['a client that insists on a password', Buffer.of(5, 1, 2), '05ff'],
    ['a name with a NUL', socksRequest(named('evil.example\0.good.example'), 80), '05000501'],
    ['an empty name', socksRequest(named(''), 80), '05000501'],
    ['a name in UTF-8', socksRequest(named(Buffer.from('bücher.example')), 80), '05000501'],
    ['port 0', socksRequest(named('web.example'), 0), '05000501'],
    ['a host that policy refuses', socksRequest(named('denied.example'), 80), '05000502'],
    ['a host at a private address', socksRequest(named('lan.example'), 80), '05000502'],
    [
      'IPv4 in IPv6',
      socksRequest([4, ...Buffer.from('00000000000000000000ffff7f000001', 'hex')], 80),
      '05000502',
    ],
  ])('%s is refused', async (_title, bytes, begins) => {
    await using desk = await new Desk().open();
    desk.names.set('lan.example', ['10.0.0.1']);
    desk.rule = ({ endpoint }) => (endpoint.host === 'denied.example' ? { decision: 'deny' } : {});
    expect((await desk.say(bytes)).toString('hex')).toMatch(new RegExp(`^${begins}`));
    expect(desk.of('egress.closed').every(({ down }) => down === 0)).toBe(true);
  });
});

describe('plain HTTP', () => {
  const mirror = (): Promise<number> =>
    web((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, rawHeaders } = request;
        response.setHeader('keep-alive', 'timeout=1');
        response.setHeader('x-mirror', 'yes');
        response.end(JSON.stringify({ method, url, rawHeaders, body: Buffer.concat(chunks).toString() }));
      });
    });

  it('is written anew, without what is between client and proxy alone', async () => {
    await using desk = await new Desk().open();
    const port = await mirror();
    const { status, headers, body } = await desk.fetch(`http://web.example:${port}/a%20b?c=%2e`, {
      method: 'PUT',
      body: 'content',
      headers: {
        'proxy-authorization': 'Basic c2VjcmV0',
        'proxy-connection': 'keep-alive',
        connection: 'x-hop, keep-alive',
        'x-hop': '1',
        te: 'trailers',
        upgrade: 'h2c',
        'x-stays': 'yes',
      },
    });
    expect(status).toBe(200);
    expect(headers['x-mirror']).toBe('yes');
    expect(headers['keep-alive']).not.toBe('timeout=1');
    expect(JSON.parse(body)).toEqual({
      method: 'PUT',
      url: '/a%20b?c=%2e',
      rawHeaders: [
        'x-stays',
        'yes',
        'Content-Length',
        '7',
        'Host',
        `web.example:${port}`,
        'Via',
        '1.1 writ',
        'Connection',
        'close',
      ],
      body: 'content',
    });
  });

  it('is decided request by request, by method and path, on one connection too', async () => {
    await using desk = await new Desk().open();
    const port = await mirror();
    desk.rule = ({ request }) =>
      request?.method === 'GET' && request.path === '/ok' ? {} : { decision: 'deny' };
    const ask = (method: string, path: string, last = '') =>
      `${method} http://web.example:${port}${path} HTTP/1.1\r\nHost: web.example:${port}\r\n${last}\r\n`;
    const said = await desk.say(
      ask('GET', '/ok') + ask('GET', '/%6fk') + ask('DELETE', '/ok', 'Connection: close\r\n'),
    );
    expect(said.toString().match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 403',
    ]);
    expect(desk.of('egress.opened').map(({ path }) => path)).toEqual(['/ok', '/ok']);
  });

  test.each([
    ['a path instead of an address', '/etc/passwd', 'web.example', 'this is a proxy'],
    ['an https address', 'https://web.example/', 'web.example', 'this is a proxy'],
    ['another scheme', 'ftp://web.example/', 'web.example', 'this is a proxy'],
    ['a login', 'http://a:b@web.example/', 'web.example', 'it is not host:port'],
    ['a Host field for another host', 'http://web.example/', 'other.example', 'names another host'],
    ['a Host field for another port', 'http://web.example/', 'web.example:81', 'names another host'],
    ['two Host fields', 'http://web.example/', 'web.example\r\nHost: web.example', 'names another host'],
    ['dot segments', 'http://web.example/a/../b', 'web.example', 'more than one way'],
    ['encoded dot segments', 'http://web.example/a/%2e%2E/b', 'web.example', 'more than one way'],
    ['an encoded slash before dots', 'http://web.example/a%2f..%2fb', 'web.example', 'more than one way'],
    ['a backslash', 'http://web.example/a\\..\\b', 'web.example', 'more than one way'],
    ['a double encoding', 'http://web.example/%252e%252e/', 'web.example', 'more than one way'],
    ['a broken encoding', 'http://web.example/%zz', 'web.example', 'more than one way'],
    [
      'a body in an unknown coding',
      'http://web.example/',
      'web.example\r\nTransfer-Encoding: gzip, chunked',
      'unknown way',
    ],
  ])('%s is refused', async (_title, url, host, reason) => {
    await using desk = await new Desk().open();
    const said = await desk.say(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(said.toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect(said.toString()).toContain(reason);
    expect(desk.of('egress.refused')).toMatchObject([{ kind: 'malformed' }]);
    expect(desk.asked).toEqual([]);
  });

  test.each([
    ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd'],
    ['a length that is no number', 'Content-Length: +4\r\n\r\nabcd'],
    ['chunks that are not last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'X-A : 1\r\n\r\n'],
    ['a folded field', 'X-A: 1\r\n 2\r\n\r\n'],
    ['a bare carriage return', 'X-A: 1\rX-B: 2\r\n\r\n'],
    ['a NUL in a field', 'X-A: \0\r\n\r\n'],
    ['fields without end', `X-A: ${'a'.repeat(70_000)}\r\n\r\n`],
  ])('what two servers could read in two ways is refused: %s', async (_title, rest) => {
    await using desk = await new Desk().open();
    let heard = 0;
    const port = await web((_request, response) => {
      heard += 1;
      response.end();
    });
    const said = await desk.say(
      `POST http://web.example:${port}/ HTTP/1.1\r\nHost: web.example:${port}\r\n${rest}`,
    );
    expect(said.toString()).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(heard).toBe(0);
  });

  it('ends in the middle of an answer when a new policy no longer allows it', async () => {
    await using desk = await new Desk().open();
    const port = await web((_request, response) => void response.write('begun'));
    const asked = desk.fetch(`http://web.example:${port}/`);
    await until(() => desk.of('egress.opened').length === 1, 'the request');
    desk.policyVersion = '2';
    desk.rule = () => ({ decision: 'deny' });
    await expect(asked).rejects.toThrow(/aborted|reset/);
    await until(() => desk.of('egress.closed').length === 1, 'the end on record');
    expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'withdrawn' });
  });

  it('lets an early answer to a large upload through', async () => {
    await using desk = await new Desk().open();
    const port = await web((_request, response) => response.writeHead(413).end('too much'));
    const { status, body } = await desk.fetch(`http://web.example:${port}/`, {
      method: 'PUT',
      body: 'x'.repeat(4 << 20),
    });
    expect([status, body]).toEqual([413, 'too much']);
  });

  describe('keeps the framing of bodies', () => {
    it('chunks of a body whose length is not known', async () => {
      await using desk = await new Desk().open();
      const port = await mirror();
      const said = await desk.say(
        `POST http://web.example:${port}/ HTTP/1.1\r\nHost: web.example:${port}\r\nConnection: close\r\n` +
          'Transfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: no\r\n\r\n',
      );
      expect(said.toString()).toContain('"body":"abcde"');
      expect(said.toString()).toContain('"Transfer-Encoding","chunked"');
      expect(said.toString()).not.toContain('X-Trailer');
    });

    it.each<[string, string, string, string]>([
      ['no body for HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', ''],
      ['no body for 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
      ['no body for 304', 'GET', 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n', ''],
      ['a body that ends with the connection', 'GET', 'HTTP/1.0 200 OK\r\n\r\nold style', 'old style'],
      [
        'words before the answer',
        'GET',
        'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
        'ok',
      ],
    ])('%s', async (_title, method, answer, body) => {
      await using desk = await new Desk().open();
      const port = await tcp((socket) => void socket.once('data', () => socket.end(answer)));
      const got = await desk.fetch(`http://web.example:${port}/`, { method });
      expect(got.body).toBe(body);
      expect(got.status).toBe(Number(/ (\d+) [A-Z][^\r]*\r\n(?!\r\nHTTP)/.exec(answer)?.[1]));
      await until(() => desk.of('egress.closed').length === 1, 'the end on record');
      expect(desk.of('egress.closed')[0]).toMatchObject({ outcome: 'closed' });
    });

    it.each([
      ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
      [
        'a length and chunks',
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['no HTTP', 'hello\r\n\r\n'],
      [
        'another protocol unasked',
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      ],
    ])('an answer of %s is none', async (_title, answer) => {
      await using desk = await new Desk().open();
      const port = await tcp((socket) => void socket.once('data', () => socket.end(answer)));
      expect(await desk.fetch(`http://web.example:${port}/`)).toMatchObject({ status: 502 });
    });
  });

  it('does not pass a cut answer off as a whole one', async () => {
    await using desk = await new Desk().open();
    const port = await tcp((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      setTimeout(() => socket.destroy(), 20);
    });
    await expect(desk.fetch(`http://web.example:${port}/`)).rejects.toThrow(/aborted|hang up|reset/);
  });
});

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
