import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startModelRelay, type ModelRelay } from './model-relay.ts';
import { modelUpstream } from './model-upstream.ts';

const placeholder = 'writ-placeholder-1';
const key = 'sk-real-secret';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

let directory: string;
let socket: string;
let upstream: http.Server;
let relay: ModelRelay;
let seen: Seen[];
let respond: (request: Seen, response: http.ServerResponse) => void;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'writ-relay-'));
  socket = join(directory, 'model.sock');
  seen = [];
  respond = (_request, response) => response.end('{}');
  upstream = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks) };
      seen.push(one);
      respond(one, response);
    });
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  relay = await start('/api/');
});

afterEach(async () => {
  await relay.close();
  upstream.closeAllConnections();
  await new Promise((done) => upstream.close(done));
  rmSync(directory, { recursive: true });
});

function start(path: string, name = 'model.sock'): Promise<ModelRelay> {
  const { port } = upstream.address() as AddressInfo;
  return startModelRelay({
    socket: join(directory, name),
    placeholder,
    upstream: {
      base: new URL(`http://127.0.0.1:${port}${path}`),
      credential: { header: 'x-api-key', value: key },
    },
  });
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(options: http.RequestOptions & { readonly body?: string | Buffer }): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = http.request(
    {
      socketPath: socket,
      path: '/v1/messages',
      headers: { 'x-api-key': placeholder },
      agent: false,
      ...options,
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
      response.on('error', reject);
    },
  );
  request.on('error', reject);
  request.end(options.body);
  return promise;
}

/** Sends bytes as they are and returns everything that comes back. */
function raw(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const connection = connect(socket, () => connection.end(text));
  let answer = '';
  connection.on('data', (chunk) => (answer += chunk.toString('latin1')));
  connection.on('error', () => undefined);
  connection.on('close', () => resolve(answer));
  return promise;
}

describe('an answer that repeats the key', () => {
  test('does not tell it', async () => {
    respond = ({ headers }, response) =>
      response.writeHead(400, { 'x-repeated': key }).end(`no such key: ${String(headers['x-api-key'])}`);
    const answer = await ask({ headers: { 'x-api-key': placeholder } });
    expect(answer.headers['x-repeated']).toBe('*'.repeat(key.length));
    expect(answer.body.toString()).toBe(`no such key: ${'*'.repeat(key.length)}`);
  });

  test('in a coding that cannot be looked through does not arrive', async () => {
    respond = (_request, response) => response.writeHead(200, { 'content-encoding': 'br' }).end(key);
    const answer = await ask({ headers: { 'x-api-key': placeholder, 'accept-encoding': 'br' } });
    expect(answer.status).toBe(502);
    expect(seen[0]?.headers['accept-encoding']).toBe('identity');
  });
});

describe('what passes', () => {
  test('a request with its body, the real key in the place of the placeholder', async () => {
    respond = (_request, response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'request-id': 'r1' });
      response.end('{"ok":true}');
    };
    const answer = await ask({
      method: 'POST',
      path: '/v1/messages?beta=true',
      headers: {
        'x-api-key': placeholder,
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
      },
      body: '{"a":1}',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['request-id']).toBe('r1');
    expect(answer.body.toString()).toBe('{"ok":true}');
    const [request] = seen;
    expect(request).toMatchObject({ method: 'POST', url: '/api/v1/messages?beta=true' });
    expect(request?.body.toString()).toBe('{"a":1}');
    expect(request?.headers).toMatchObject({ 'x-api-key': key, 'anthropic-version': '2023-06-01' });
    expect(JSON.stringify(request?.headers)).not.toContain(placeholder);
  });

  test('a placeholder in a bearer token', async () => {
    expect((await ask({ headers: { authorization: `Bearer ${placeholder}` } })).status).toBe(200);
    expect(seen[0]?.headers['authorization']).toBeUndefined();
    expect(seen[0]?.headers['x-api-key']).toBe(key);
  });

  test('large bodies both ways, unharmed, with a length and chunked', async () => {
    const sent = randomBytes(8 * 1024 * 1024);
    respond = ({ body }, response) => response.end(body);
    const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');
    const chunked = { 'x-api-key': placeholder, 'transfer-encoding': 'chunked' };
    for (const headers of [{ 'x-api-key': placeholder, 'content-length': sent.length }, chunked]) {
      expect(digest((await ask({ method: 'POST', headers, body: sent })).body)).toBe(digest(sent));
    }
  });

  test('events arrive while the answer is still going on', async () => {
    const { promise: next, resolve: proceed } = Promise.withResolvers<void>();
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      void next.then(() => response.end('data: 2\n\n'));
    };
    const { promise, resolve } = Promise.withResolvers<string>();
    const request = http.get(
      { socketPath: socket, path: '/v1/messages', headers: { 'x-api-key': placeholder } },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          // Only now does the upstream go on: had the relay collected the answer, this would hang.
          if (text === 'data: 1\n\n') proceed();
        });
        response.on('end', () => resolve(text));
      },
    );
    expect(await promise).toBe('data: 1\n\ndata: 2\n\n');
    request.destroy();
  });

  test.each([
    '/v1/messages',
    '/v1/messages/count_tokens?beta=true',
    '/v1/models',
    '/v1/models/claude-x-4.5?a=b%2f',
  ])('the path %s', async (path) => {
    expect((await ask({ path })).status).toBe(200);
    expect(seen[0]?.url).toBe(`/api${path}`);
  });

  test('errors of the API reach the assistant as they are', async () => {
    respond = (_request, response) => response.writeHead(529).end('{"type":"error"}');
    expect(await ask({})).toMatchObject({ status: 529 });
  });
});

describe('what does not pass', () => {
  test.each([
    ['no key', {}],
    ['another key', { 'x-api-key': 'sk-other' }],
    ['a prefix of the key', { 'x-api-key': placeholder.slice(0, -1) }],
    ['the real key', { 'x-api-key': key }],
    ['one right and one wrong', { 'x-api-key': placeholder, authorization: 'Bearer other' }],
    ['another scheme', { authorization: `Basic ${placeholder}` }],
    ['the key twice', { 'x-api-key': [placeholder, placeholder] }],
  ])('%s', async (_name, headers) => {
    const answer = await ask({ headers });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      type: 'error',
      error: { message: expect.any(String) as string },
    });
    expect(seen).toEqual([]);
  });

  test.each([
    'http://evil.example/v1/messages',
    'https://evil.example/',
    '//evil.example/v1',
    '/../admin',
    '/v1/../../admin',
    '/v1/%2e%2e/%2E./admin',
    '/v1/..%2fadmin',
    '/v1/.',
    '/v1\\..\\admin',
    '/v1/messages#x',
    '/v1/messages?x#y',
    '/v1/messages/',
    '/v1/messages/../files',
    '/v1/models/..',
    '/v1/messages/batches',
    '/v1/files',
    '/v1/organizations/users',
    '/',
    '*',
    'evil.example:443',
  ])('the target %s', async (path) => {
    const answer = await raw(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nx-api-key: ${placeholder}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^(HTTP\/1\.1 400 |$)/);
    expect(seen).toEqual([]);
  });

  test('CONNECT and upgrades', async () => {
    expect(
      await raw(`CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\nx-api-key: ${placeholder}\r\n\r\n`),
    ).toBe('');
    const upgrade = `GET /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: ${placeholder}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await raw(upgrade)).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen).toEqual([]);
  });

  test.each([
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2\r\n'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['an unknown coding', 'Transfer-Encoding: x\r\n'],
    ['a folded header', 'X-A: 1\r\n 2\r\n'],
    ['headers without end', `X-A: ${'a'.repeat(100_000)}\r\n`],
    ['a bare line feed', 'X-A: 1\nX-B: 2\r\n'],
  ])('ambiguous framing: %s', async (_name, header) => {
    await raw(`POST /v1/messages HTTP/1.1\r\nHost: x\r\nx-api-key: ${placeholder}\r\n${header}\r\n0\r\n\r\n`);
    expect(seen).toEqual([]);
  });

  test('hop-by-hop headers and what tells of this machine', async () => {
    respond = (_request, response) => {
      response.writeHead(200, {
        'set-cookie': 'a=b',
        connection: 'close, x-hop',
        'x-hop': '1',
        'x-end': '2',
        'alt-svc': 'h3',
      });
      response.end();
    };
    const answer = await ask({
      headers: {
        'x-api-key': placeholder,
        connection: 'x-named',
        'x-named': '1',
        'proxy-authorization': 'x',
        te: 'trailers',
        cookie: 'c',
        host: 'evil.example',
        'x-forwarded-for': '1.2.3.4',
        'x-kept': 'yes',
      },
    });
    const headers = seen[0]?.headers ?? {};
    for (const name of ['x-named', 'proxy-authorization', 'te', 'cookie', 'x-forwarded-for'])
      expect(headers[name]).toBeUndefined();
    expect(headers['x-kept']).toBe('yes');
    expect(headers.host).toMatch(/^127\.0\.0\.1:\d+$/);
    for (const name of ['set-cookie', 'x-hop', 'alt-svc']) expect(answer.headers[name]).toBeUndefined();
    expect(answer.headers['x-end']).toBe('2');
  });
});

describe('ends', () => {
  test('an upstream that is not there is told without its address or key', async () => {
    upstream.close();
    upstream.closeAllConnections();
    const answer = await ask({});
    expect(answer.status).toBe(502);
    expect(answer.body.toString()).not.toMatch(/127\.0\.0\.1|sk-/);
  });

  test('an answer that breaks off breaks off here too', async () => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    await expect(ask({})).rejects.toThrow(/aborted|hang up|reset/);
  });

  test.each(['before', 'within'] as const)(
    'an assistant that leaves %s the answer ends it upstream',
    async (when) => {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
      respond = (_request, response) => {
        response.on('close', resolve);
        if (when === 'within') response.write('x');
        begin();
      };
      const request = http.get({
        socketPath: socket,
        path: '/v1/messages',
        headers: { 'x-api-key': placeholder },
      });
      request.on('error', () => undefined);
      await begun;
      request.destroy();
      await closed;
    },
  );

  test('closing ends what is under way and removes the socket', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    respond = () => begin();
    const lost = ask({}).catch((error: unknown) => String(error));
    await begun;
    await relay.close();
    expect(await lost).toMatch(/hang up|reset/);
    expect(existsSync(socket)).toBe(false);
    relay = await start('/');
  });

  test('the socket is for its owner only', () => {
    expect(statSync(socket).mode & 0o077).toBe(0);
  });

  test('a socket that cannot be made is a typed error', async () => {
    await expect(start('/', 'nowhere/model.sock')).rejects.toMatchObject({ code: 'model_relay_failed' });
  });
});

describe('modelUpstream', () => {
  test.each([
    [{ ANTHROPIC_API_KEY: 'k' }, 'https://api.anthropic.com/', 'x-api-key', 'k'],
    [{ ANTHROPIC_AUTH_TOKEN: 't' }, 'https://api.anthropic.com/', 'authorization', 'Bearer t'],
    [
      { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/x', ANTHROPIC_API_KEY: 'k' },
      'http://127.0.0.1:9/x',
      'x-api-key',
      'k',
    ],
    [{ ANTHROPIC_BASE_URL: 'http://[::1]:9', ANTHROPIC_API_KEY: 'k' }, 'http://[::1]:9/', 'x-api-key', 'k'],
  ])('%j', (environment, base, header, value) => {
    const upstreamOf = modelUpstream(environment);
    expect([upstreamOf.base.href, upstreamOf.credential]).toEqual([base, { header, value }]);
  });

  test('a key from a file', () => {
    const file = join(directory, 'key');
    writeFileSync(file, 'k\n');
    expect(modelUpstream({ WRIT_MODEL_KEY_FILE: file }).credential.value).toBe('k');
  });

  test.each([
    ['model_key_missing', {}],
    ['model_key_missing', { ANTHROPIC_API_KEY: '' }],
    ['model_key_missing', { ANTHROPIC_API_KEY: 'a\r\nx: y' }],
    ['model_key_missing', { WRIT_MODEL_KEY_FILE: '/nonexistent/key' }],
    ['model_base_invalid', { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://evil.example' }],
    ['model_base_invalid', { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://127.0.0.1.evil.example' }],
    ['model_base_invalid', { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'https://u:p@api.example' }],
    ['model_base_invalid', { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'ftp://api.example' }],
    ['model_base_invalid', { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'api.example' }],
  ])('%s: %j', (code, environment) => {
    expect(() => modelUpstream(environment)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
