/** Plain HTTP through the proxy: what is passed on, in which framing, and what never is. */
import { text } from 'node:stream/consumers';
import { describe, expect, it, test } from 'vitest';
import { Desk, until } from './desk.ts';
import { tcp, web } from './servers.ts';

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
    it('a length that the client lists as between it and the proxy alone', async () => {
      await using desk = await new Desk().open();
      const heard: string[] = [];
      const port = await web((request, response) => {
        void text(request).then((body) => {
          heard.push(`${request.url} ${body}`);
          return response.end();
        });
      });
      const hidden = `GET /hidden HTTP/1.1\r\nHost: web.example:${port}\r\n\r\n`;
      const head = `GET http://web.example:${port}/seen HTTP/1.1\r\nHost: web.example:${port}\r\n`;
      await desk.say(
        `${head}Connection: content-length, close\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      );
      expect(heard).toEqual([`/seen ${hidden}`]);
    });

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
