/** Requests that two servers could read differently, inside a tunnel: at most one goes on, and never with the secret. */
import { describe, expect, it } from 'vitest';
import { host, InjectingDesk, placeholder, secret } from './desk.ts';

const hidden = `GET /admin HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${placeholder}\r\n\r\n`;
const chunkedHidden = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;

interface Attempt {
  readonly name: string;
  readonly head?: string;
  readonly fields: readonly string[];
  readonly body?: string;
  readonly port?: boolean;
}

const attempts: readonly Attempt[] = [
  {
    name: 'length and chunks',
    fields: ['content-length: 4', 'transfer-encoding: chunked'],
    body: `0\r\n\r\n${hidden}`,
  },
  {
    name: 'chunks and length',
    fields: ['transfer-encoding: chunked', 'content-length: 4'],
    body: `0\r\n\r\n${hidden}`,
  },
  { name: 'two lengths', fields: ['content-length: 0', `content-length: ${hidden.length}`], body: hidden },
  { name: 'two lengths in one field', fields: [`content-length: 0, ${hidden.length}`], body: hidden },
  { name: 'a length with a sign', fields: [`content-length: +${hidden.length}`], body: hidden },
  { name: 'a length in hex', fields: ['content-length: 0x10'], body: hidden },
  { name: 'a length that is negative', fields: ['content-length: -1'], body: hidden },
  { name: 'an unknown coding', fields: ['transfer-encoding: gzip, chunked'], body: chunkedHidden },
  { name: 'chunked, not at the end', fields: ['transfer-encoding: chunked, identity'], body: chunkedHidden },
  {
    name: 'a coding with a tab',
    fields: ['transfer-encoding:\tchunked', 'content-length: 4'],
    body: `0\r\n\r\n${hidden}`,
  },
  { name: 'a coding spelt with a control', fields: ['transfer-encoding: \x0bchunked'], body: chunkedHidden },
  {
    name: 'two codings',
    fields: ['transfer-encoding: chunked', 'transfer-encoding: x'],
    body: chunkedHidden,
  },
  { name: 'space before the colon', fields: ['transfer-encoding : chunked'], body: chunkedHidden },
  { name: 'a folded field', fields: ['x-a: 1', ' transfer-encoding: chunked'], body: chunkedHidden },
  {
    name: 'a line that ends in LF alone',
    fields: ['x-a: 1\ntransfer-encoding: chunked'],
    body: chunkedHidden,
  },
  { name: 'a bare CR in a field', fields: ['x-a: 1\rtransfer-encoding: chunked'], body: chunkedHidden },
  { name: 'NUL in a field', fields: ['x-a: 1\x002'] },
  {
    name: 'a chunk size beyond its chunk',
    fields: ['transfer-encoding: chunked'],
    body: `ffffffffffffffffff\r\n${hidden}`,
  },
  { name: 'a chunk ended by LF alone', fields: ['transfer-encoding: chunked'], body: `1\nx\n0\n\n${hidden}` },
  {
    name: 'a chunk extension with LF',
    fields: ['transfer-encoding: chunked'],
    body: `1;a\nb\r\nx\r\n0\r\n\r\n`,
  },
  { name: 'two hosts', fields: ['host: other.example'] },
  { name: 'no version', head: 'GET /v1/a', fields: [] },
  { name: 'another version', head: 'GET /v1/a HTTP/2.0', fields: [] },
  { name: 'a space in the path', head: 'GET /v1/a HTTP/1.1 x HTTP/1.1', fields: [] },
  { name: 'a tunnel within', head: `CONNECT ${host}:443 HTTP/1.1`, fields: [] },
  { name: 'the server as a whole', head: 'OPTIONS * HTTP/1.1', fields: [] },
  {
    name: 'an upgrade to HTTP/2',
    fields: ['connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABk'],
  },
  { name: 'HTTP/2 at once', head: 'PRI * HTTP/2.0', fields: [], body: 'SM\r\n\r\n' },
  { name: 'the secret’s header twice', fields: [`authorization: Bearer ${placeholder}`] },
  { name: 'the secret’s header twice, one folded', fields: ['Authorization: Bearer x'] },
];

async function attempt(
  at: InjectingDesk,
  { head = 'POST /v1/a HTTP/1.1', fields, body = '' }: Attempt,
): Promise<string> {
  const all = [`host: ${host}:${at.port}`, `authorization: Bearer ${placeholder}`, ...fields];
  return at.say([`${head}\r\n${all.join('\r\n')}\r\n\r\n`, body]);
}

describe('is refused before the server hears of it', () => {
  it.each(attempts)('$name', async (one) => {
    await using at = await new InjectingDesk().open();
    expect(await attempt(at, one)).not.toMatch(/HTTP\/1\.1 2/);
    expect(at.api.heard.map(({ what }) => what)).toEqual([]);
    expect(at.desk.faults).toEqual([]);
  });
});

describe('is read once, in one way', () => {
  it('a body that looks like a request, with its length taken out of the message', async () => {
    await using at = await new InjectingDesk().open();
    const fields = ['connection: content-length, close', `content-length: ${hidden.length}`];
    await attempt(at, { name: '', head: 'GET /v1/a HTTP/1.1', fields, body: hidden });
    expect(at.api.heard).toMatchObject([{ what: 'GET /v1/a', body: hidden }]);
  });

  it('a chunked body that looks like a request', async () => {
    await using at = await new InjectingDesk().open();
    const fields = ['connection: close', 'transfer-encoding: chunked'];
    await attempt(at, { name: '', head: 'GET /v1/a HTTP/1.1', fields, body: chunkedHidden });
    expect(at.api.heard).toMatchObject([{ what: 'GET /v1/a', body: hidden }]);
  });

  it('a second request behind the first, which is decided like the first', async () => {
    await using at = await new InjectingDesk().open();
    const first = {
      name: '',
      head: 'GET /v1/a HTTP/1.1',
      fields: [],
      body: hidden.replace(host, `${host}:${at.port}`),
    };
    const answer = await attempt(at, first);
    expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403']);
    expect(at.api.heard.map(({ what }) => what)).toEqual(['GET /v1/a']);
    expect(answer).not.toContain(secret);
  });
});
