/** Secrets that the proxy puts in: only where the settings say, and never on the way back. */
import { describe, expect, it, test } from 'vitest';
import { until } from '../egress/desk.ts';
import { filled, host, InjectingDesk, placeholder, secret } from './desk.ts';

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

test('the secret reaches the server, the program sees its answer, and the log holds neither', async () => {
  await using at = await new InjectingDesk().open();
  at.api.serve = ({ headers }, response) =>
    response.end(headers.authorization === `Bearer ${secret}` ? 'in' : 'out');
  const answer = await at.ask(
    'POST /v1/issues?state=hidden-query',
    { ...filled, 'x-own': placeholder },
    placeholder,
  );
  expect(statusOf(answer)).toBe(200);
  expect(answer).toMatch(/\r\n\r\n(2\r\n)?in/);
  const [heard] = at.api.heard;
  expect(heard).toMatchObject({ what: 'POST /v1/issues?state=hidden-query', body: placeholder });
  expect(heard?.headers).toMatchObject({ 'x-own': placeholder, 'accept-encoding': 'identity' });
  await until(() => at.desk.of('egress.closed').length === 1, 'the end on record');
  const facts = { target: `${host}:${at.port}`, method: 'POST', path: '/v1/issues?…', leases: ['lse_1'] };
  expect(at.desk.of('egress.request')).toMatchObject([facts]);
  expect(at.desk.of('egress.answered')).toMatchObject([
    { ...facts, status: 200, up: placeholder.length, down: 2, masked: 0 },
  ]);
  expect(JSON.stringify(at.desk.records)).not.toMatch(/not&to|hidden-query/);
  expect(at.desk.faults).toEqual([]);
});

describe('the secret does not go out', () => {
  const cases: readonly (readonly [
    why: string,
    what: string,
    headers: Record<string, string>,
    status: number,
  ])[] = [
    ['to another path', 'GET /admin', filled, 403],
    ['to a path that begins alike', 'GET /v1', filled, 403],
    ['by another method', 'DELETE /v1/issues', filled, 403],
    ['through an encoded slash', 'GET /v1%2F..%2Fadmin', filled, 403],
    ['through a slash encoded within', 'GET /v1/a%2Fb', filled, 403],
    ['through dot segments', 'GET /v1/../admin', filled, 403],
    ['through encoded dot segments', 'GET /v1/%2e%2e/admin', filled, 403],
    ['through double encoding', 'GET /v1/%252e%252e/admin', filled, 403],
    ['through empty segments', 'GET /v1//../admin', filled, 403],
    ['to a doubled slash', 'GET /v1//issues', filled, 403],
    ['through parameters of a segment', 'GET /v1/..;/admin', filled, 403],
    ['through a backslash', String.raw`GET /v1/..\admin`, filled, 403],
    ['beside a value of the program’s own', 'GET /v1/a', { authorization: 'Bearer own' }, 403],
    ['where the placeholder is only part', 'GET /v1/a', { authorization: `Bearer ${placeholder}x` }, 403],
    ['under another scheme', 'GET /v1/a', { authorization: `Basic ${placeholder}` }, 403],
    ['to be traced', 'TRACE /v1/a', filled, 403],
    [
      'over an upgraded connection',
      'GET /v1/a',
      { ...filled, connection: 'upgrade', upgrade: 'websocket' },
      403,
    ],
    ['for another host', 'GET /v1/a', { ...filled, host: 'other.example' }, 403],
    ['to an absolute address', 'GET https://other.example/v1/a', filled, 403],
  ];
  it.each(cases)('%s', async (_why, what, headers, status) => {
    await using at = await new InjectingDesk().open();
    expect(statusOf(await at.ask(what, headers))).toBe(status);
    expect(at.api.heard).toEqual([]);
    expect(at.uses).toBe(0);
    expect(at.desk.of('egress.refused')).toHaveLength(1);
  });

  it('in any other header, nor where no placeholder stands', async () => {
    await using at = await new InjectingDesk().open();
    expect(statusOf(await at.ask('GET /v1/a', { 'x-api-key': placeholder, cookie: placeholder }))).toBe(200);
    expect(at.api.heard[0]?.headers).toMatchObject({ 'x-api-key': placeholder, cookie: placeholder });
    expect(at.api.heard[0]?.headers.authorization).toBeUndefined();
    expect(at.uses).toBe(0);
  });

  it('where policy forbids the request', async () => {
    await using at = await new InjectingDesk().open();
    at.desk.rule = ({ request }) =>
      request?.path === '/v1/a' ? { decision: 'deny', reason: 'not now' } : {};
    const answer = await at.ask('GET /v1/a', filled);
    expect(answer).toContain(`GET https://${host}:${at.port}/v1/a: not now`);
    expect(at.api.heard).toEqual([]);
  });

  it('once its lease has ended, also on a connection that is open', async () => {
    await using at = await new InjectingDesk().open();
    const socket = await at.secure();
    let said = '';
    socket.setEncoding('latin1').on('data', (text: string) => (said += text));
    const request = `GET /v1/a HTTP/1.1\r\nhost: ${host}:${at.port}\r\nauthorization: Bearer ${placeholder}\r\n\r\n`;
    socket.write(request);
    await until(() => said.includes('HTTP/1.1 200'), 'the first answer');
    at.refusal = 'the lease was revoked';
    socket.write(request);
    await until(() => said.includes('HTTP/1.1 403') && socket.readableEnded, 'the refusal, and the end');
    expect(said).toContain('the lease was revoked');
    expect(at.api.heard).toHaveLength(1);
  });

  it('to a server that cannot be verified', async () => {
    await using at = await new InjectingDesk().open(false);
    const answer = await at.ask('GET /v1/a', filled);
    expect(statusOf(answer)).toBe(403);
    expect(answer).toContain('the server cannot be verified (UNABLE_TO_VERIFY_LEAF_SIGNATURE)');
    expect(at.api.heard).toEqual([]);
  });
});

describe('a tunnel', () => {
  it('carries one request after the other over one connection to the server', async () => {
    await using at = await new InjectingDesk().open();
    const request = (path: string, more = ''): string =>
      `GET ${path} HTTP/1.1\r\nhost: ${host}:${at.port}\r\nauthorization: Bearer ${placeholder}\r\n${more}\r\n`;
    const answer = await at.say([
      request('/v1/a') + request('/v1/b'),
      request('/v1/c', 'connection: close\r\n'),
    ]);
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    expect(at.api.heard.map(({ what }) => what)).toEqual(['GET /v1/a', 'GET /v1/b', 'GET /v1/c']);
    expect(at.api.connections).toBe(1);
  });

  it('ends with the server’s side, and requests that wait behind do not go on', async () => {
    await using at = await new InjectingDesk().open();
    at.api.serve = (_heard, response) => response.writeHead(200, { connection: 'close' }).end('only it');
    const request = (path: string): string =>
      `GET ${path} HTTP/1.1\r\nhost: ${host}:${at.port}\r\nauthorization: Bearer ${placeholder}\r\n\r\n`;
    const answer = await at.say([request('/v1/a') + request('/v1/b') + request('/v1/c')]);
    expect(answer).toContain('only it');
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect(at.api.heard.map(({ what }) => what)).toEqual(['GET /v1/a']);
    await until(() => at.desk.of('egress.closed').length === 1, 'the end on record');
    expect(at.desk.of('egress.answered')).toHaveLength(at.desk.of('egress.request').length);
    expect(at.desk.faults).toEqual([]);
  });

  it('that speaks no TLS, or for another name, ends and is an alert', async () => {
    await using at = await new InjectingDesk().open();
    const { socket } = await at.desk.tunnel(`${host}:${at.port}`);
    socket.write('GET /v1/a HTTP/1.1\r\n\r\n');
    await until(() => socket.destroyed || socket.readableEnded, 'the end');
    await expect(at.secure('other.example')).rejects.toThrow(/socket|reset|EPIPE/i);
    await until(() => at.desk.of('egress.closed').length === 2, 'both ends on record');
    expect(at.desk.of('egress.closed').map(({ outcome }) => outcome)).toEqual(['mismatch', 'mismatch']);
    expect(at.desk.of('alert')).toHaveLength(2);
    expect(at.api.heard).toEqual([]);
  });

  it('ends where nothing passes for long: with a request, without one, and without a word', async () => {
    await using at = new InjectingDesk();
    at.patience = { idle: 100 };
    await at.open();
    at.api.serve = () => {};
    const silent = await at.secure();
    const mute = await at.desk.tunnel(`${host}:${at.port}`);
    const answer = await at.ask('GET /v1/a', filled);
    expect(answer).toBe('');
    await until(() => at.desk.of('egress.closed').length === 3, 'all ends on record');
    expect(at.desk.of('egress.closed').map(({ outcome }) => outcome)).toEqual(['idle', 'idle', 'idle']);
    for (const socket of [silent, mute.socket]) socket.destroy();
  });

  it('ends with the session', async () => {
    await using at = await new InjectingDesk().open();
    at.api.serve = (_heard, response) => response.writeHead(200).write('on and on');
    const answer = at.ask('GET /v1/a', filled);
    await until(() => at.api.heard.length === 1, 'the request');
    await at.desk.stop();
    expect(await answer).not.toContain('0\r\n\r\n');
    expect(at.desk.of('egress.closed')).toMatchObject([{ outcome: 'stopped' }]);
  });
});
