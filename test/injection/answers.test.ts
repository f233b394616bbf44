/** Answers that hold the secret: whatever the server repeats, the program does not learn it. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import { secretForms } from '../../src/guard/injection/secret-forms.ts';
import { until } from '../egress/desk.ts';
import { filled, InjectingDesk, secret } from './desk.ts';

const covered = '*'.repeat(secret.length);

test('an endpoint that repeats its request does not tell the secret', async () => {
  await using at = await new InjectingDesk().open();
  const answer = await at.ask('GET /echo', filled);
  expect(at.api.heard[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  expect(answer).toContain(`"authorization":"Bearer ${covered}"`);
  expect(answer).not.toContain('4711');
  await until(() => at.desk.of('egress.answered').length === 1, 'the answer on record');
  expect(at.desk.of('egress.answered')).toMatchObject([{ masked: 1 }]);
});

describe('in every form that servers write values in', () => {
  const login = Buffer.from(`user:${secret}`).toString('base64');
  const forms: readonly (readonly [name: string, text: string])[] = [
    ['as it is', secret],
    ['percent-encoded', encodeURIComponent(secret)],
    [
      'percent-encoded in lower case',
      encodeURIComponent(secret).replaceAll(/%../g, (one) => one.toLowerCase()),
    ],
    ['in JSON with escaped slashes', secret.replaceAll('/', String.raw`\/`)],
    ['in HTML', secret.replaceAll('&', '&amp;')],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['as a login in base64', login],
    ['in base64, shifted by one', Buffer.from(`x${secret}yz`).toString('base64')],
    ['in base64, shifted by two', Buffer.from(`xy${secret}z`).toString('base64')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
  ];
  it.each(forms)('%s', async (_name, text) => {
    await using at = await new InjectingDesk().open();
    at.api.serve = (_heard, response) => response.writeHead(200, { 'x-repeated': text }).end(`<${text}>`);
    const answer = await at.ask('GET /v1/a', filled);
    expect(answer).toMatch(/x-repeated: .*\*{20}/);
    expect(answer).toMatch(/<.*\*{20}.*>/);
    expect(secretForms(secret).filter((form) => answer.includes(form.toString('latin1')))).toEqual([]);
  });
});

test('in pieces, however they are cut, and without holding back what is none', async () => {
  await using at = await new InjectingDesk().open();
  at.api.serve = async (_heard, response) => {
    for (const piece of ['event: one\n\n', 'key=', ...secret.split(''), '\n\n', secret.slice(0, 9)]) {
      response.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
  const answer = await at.ask('GET /v1/stream', filled);
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4).replaceAll(/(^|\r\n)[0-9a-f]+\r\n/g, '');
  expect(body.replaceAll('\r\n', '')).toBe(`event: one\n\nkey=${covered}\n\n${secret.slice(0, 9)}`);
});

test('what is no secret passes at once, while the server has not finished', async () => {
  await using at = await new InjectingDesk().open();
  let answering: ServerResponse | undefined;
  at.api.serve = (_heard, response) => {
    answering = response;
    response.write('event: first\n\n');
  };
  const socket = await at.secure();
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => (said += text));
  socket.write(`GET /v1/stream HTTP/1.1\r\nhost: api.example:${at.port}\r\n\r\n`);
  await until(() => said.includes('event: first\n\n'), 'the first event');
  answering?.end();
});

test('a redirect goes to the program as it is, without secret, cookie or another way in', async () => {
  await using at = await new InjectingDesk().open();
  at.api.serve = (_heard, response) =>
    response
      .writeHead(302, {
        location: `https://elsewhere.example/?key=${encodeURIComponent(secret)}`,
        'set-cookie': 'session=a-login-of-its-own',
        'alt-svc': 'h3=":443"',
      })
      .end();
  const answer = await at.ask('GET /v1/a', filled);
  expect(answer).toMatch(/^HTTP\/1\.1 302 Found\r\n/);
  expect(answer).toMatch(/\r\nlocation: https:\/\/elsewhere\.example\/\?key=\*+\r\n/i);
  expect(answer).not.toMatch(/set-cookie|alt-svc/i);
});

test('status line, informational answers and trailers hold none', async () => {
  await using at = await new InjectingDesk().open();
  at.api.serve = (_heard, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload', 'x-hint': secret });
    response.writeHead(200, `Hello ${secret}`, { trailer: 'x-end' });
    response.write('body');
    response.addTrailers({ 'x-end': secret });
    response.end();
  };
  const answer = await at.ask('GET /v1/a', filled);
  expect(answer).toContain(`HTTP/1.1 200 Hello ${covered}\r\n`);
  expect(answer).toContain('body');
  expect(answer).not.toMatch(/4711|x-hint|x-end/);
});

describe('what cannot be looked through is not asked for, and not passed on', () => {
  it('compressed all the same', async () => {
    await using at = await new InjectingDesk().open();
    at.api.serve = (_heard, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(secret));
    const answer = await at.ask('GET /v1/a', { ...filled, 'accept-encoding': 'gzip' });
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer).toContain('coding that cannot be looked through');
    expect(at.api.heard[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('a part of it', async () => {
    await using at = await new InjectingDesk().open();
    await at.ask('GET /v1/a', { ...filled, range: 'bytes=0-3', 'if-range': '"1"', te: 'trailers' });
    expect(Object.keys(at.api.heard[0]?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/range|^te$/)]),
    );
  });
});

test('a request without the secret is not told it either, by what an earlier one left at the server', async () => {
  await using at = await new InjectingDesk().open();
  await at.ask('GET /v1/a', filled);
  at.api.serve = (_heard, response) => response.end(`stored: ${secret}`);
  expect(await at.ask('GET /stored')).toContain(`stored: ${covered}`);
});
