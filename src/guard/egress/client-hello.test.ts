import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect } from 'node:tls';
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { ClientHelloReader, type FirstBytes } from './client-hello.ts';

const readClientHello = (bytes: Buffer): FirstBytes => new ClientHelloReader().read(bytes);

/** What Node's own TLS says first. */
async function realHello(servername?: string): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, ...(servername === undefined ? {} : { servername }) });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  for (const one of [client, socket]) one.destroy();
  server.close();
  return bytes;
}

const extension = (type: number, data: Buffer): Buffer => sized(2, data, Buffer.of(type >> 8, type & 255));
const sized = (width: 1 | 2 | 3, data: Buffer, before = Buffer.alloc(0)): Buffer => {
  const length = Buffer.alloc(width);
  length.writeUIntBE(data.length, 0, width);
  return Buffer.concat([before, length, data]);
};
const names = (...all: readonly (readonly [type: number, name: string])[]): Buffer =>
  extension(
    0,
    sized(2, Buffer.concat(all.map(([type, name]) => sized(2, Buffer.from(name), Buffer.of(type))))),
  );

/** A hello of our own making, so that it can be wrong. */
function hello(extensions: Buffer | null, more = Buffer.alloc(0)): Buffer {
  const fields = [
    Buffer.from('0303', 'hex'),
    Buffer.alloc(32),
    Buffer.of(0),
    Buffer.from('00021301', 'hex'),
    Buffer.from('0100', 'hex'),
  ];
  const body = Buffer.concat([...fields, ...(extensions === null ? [] : [sized(2, extensions)]), more]);
  return sized(3, body, Buffer.of(1));
}
const records = (handshake: Buffer, size = 16_384): Buffer => {
  const parts = Array.from({ length: Math.ceil(handshake.length / size) }, (_, index) =>
    sized(2, handshake.subarray(index * size, (index + 1) * size), Buffer.of(22, 3, 1)),
  );
  return Buffer.concat(parts);
};

describe('the name is found', () => {
  it('in what a real client says', async () => {
    expect(readClientHello(await realHello('web.example'))).toEqual({
      kind: 'hello',
      serverName: 'web.example',
      encryptedName: false,
    });
    expect(readClientHello(await realHello())).toMatchObject({ kind: 'hello', serverName: null });
  });

  test.each([1, 2, 3, 4, 5, 7, 40, 100])('in records of %i bytes each', async (size) => {
    const bytes = await realHello('web.example');
    expect(readClientHello(records(bytes.subarray(5), size))).toMatchObject({ serverName: 'web.example' });
  });

  it('only when all of it is there, however it is cut', async () => {
    const bytes = records((await realHello('web.example')).subarray(5), 60);
    const kinds = Array.from(
      { length: bytes.length },
      (_, end) => readClientHello(bytes.subarray(0, end)).kind,
    );
    expect(new Set(kinds)).toEqual(new Set(['incomplete']));
    expect(readClientHello(Buffer.concat([bytes, Buffer.from('later')])).kind).toBe('hello');
  });

  test.each([
    ['none', null, null],
    ['other extensions alone', extension(10, Buffer.from('0000')), null],
    [
      'among others',
      Buffer.concat([extension(0x0a0a, Buffer.alloc(0)), names([0, 'a.example'])]),
      'a.example',
    ],
  ])('%s', (_title, extensions, serverName) =>
    expect(readClientHello(records(hello(extensions)))).toEqual({
      kind: 'hello',
      serverName,
      encryptedName: false,
    }),
  );

  test.each([0xfe0d, 0xffce])('and that there is an encrypted one beside it: %i', (type) => {
    const extensions = Buffer.concat([names([0, 'front.example']), extension(type, Buffer.alloc(80))]);
    expect(readClientHello(records(hello(extensions)))).toMatchObject({
      serverName: 'front.example',
      encryptedName: true,
    });
  });
});

test.each<[string, Buffer]>([
  ['two names', records(hello(names([0, 'a.example'], [0, 'b.example'])))],
  [
    'two extensions of names',
    records(hello(Buffer.concat([names([0, 'a.example']), names([0, 'b.example'])]))),
  ],
  [
    'another extension twice',
    records(hello(Buffer.concat([extension(10, Buffer.alloc(2)), extension(10, Buffer.alloc(2))]))),
  ],
  ['a name of an unknown kind', records(hello(names([1, 'a.example'])))],
  ['an empty list of names', records(hello(extension(0, sized(2, Buffer.alloc(0)))))],
  ['an empty extension of names', records(hello(extension(0, Buffer.alloc(0))))],
  ['bytes after the list of names', records(hello(extension(0, Buffer.from('0000ff', 'hex'))))],
  ['bytes after the extensions', records(hello(names([0, 'a.example']), Buffer.from('x')))],
  [
    'extensions longer than the hello',
    records(
      Buffer.concat([
        Buffer.from('0100002a0303', 'hex'),
        Buffer.alloc(32),
        Buffer.from('0002130101000100', 'hex'),
      ]),
    ),
  ],
  ['another handshake message', records(sized(3, Buffer.alloc(40), Buffer.of(2)))],
  ['an empty record', Buffer.from('1603010000', 'hex')],
  ['a record that is too long', Buffer.from('1603014001', 'hex')],
  ['a hello that is too long', records(Buffer.from('01ffffff', 'hex'))],
])('%s is broken', (_title, bytes) => expect(readClientHello(bytes).kind).toBe('broken'));

test('records of another kind between two of one hello', () => {
  const handshake = hello(names([0, 'a.example']));
  const alert = Buffer.from('15030100020100', 'hex');
  const [first, second] = [records(handshake.subarray(0, 20)), records(handshake.subarray(20))];
  expect(readClientHello(Buffer.concat([first, alert, second])).kind).toBe('broken');
  expect(readClientHello(Buffer.concat([first, second])).kind).toBe('hello');
});

test.each(['GET / HTTP/1.1\r\n', 'SSH-2.0-OpenSSH\r\n', '\x80\x2e\x01\x03\x01', '\x16\x02\x01', '\0'])(
  '%j is not TLS',
  (text) => expect(readClientHello(Buffer.from(text, 'latin1')).kind).toBe('other'),
);

test('nothing, and the first byte alone, tell nothing yet', () => {
  expect(readClientHello(Buffer.alloc(0)).kind).toBe('incomplete');
  expect(readClientHello(Buffer.of(22)).kind).toBe('incomplete');
});

test('no bytes are more than it can take, and more of them never make TLS of what is none', () => {
  const kinds = ['incomplete', 'other', 'broken', 'hello'];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (some, more) => {
      const begun = Buffer.concat([Buffer.from('160301', 'hex'), some]);
      const first = readClientHello(begun).kind;
      const later = readClientHello(Buffer.concat([begun, more])).kind;
      expect(kinds).toContain(first);
      expect(first === 'incomplete' || first === later).toBe(true);
    }),
  );
});

describe('it comes in pieces', () => {
  test('of any size, with one outcome', async () => {
    const bytes = records((await realHello('web.example')).subarray(5), 60);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const reader = new ClientHelloReader();
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
        const last = ends.map((end, index) => reader.read(bytes.subarray(ends[index - 1] ?? 0, end))).at(-1);
        expect(last).toMatchObject({ kind: 'hello', serverName: 'web.example' });
        expect(reader.received.bytes.equals(bytes)).toBe(true);
      }),
    );
  });

  test('as small and as many as can be, without holding up the guard', () => {
    const handshake = Buffer.concat([Buffer.from('0100ffff', 'hex'), Buffer.alloc(65_535)]);
    const bytes = records(handshake.subarray(0, 60_000), 1);
    const reader = new ClientHelloReader();
    const before = process.cpuUsage();
    for (let at = 0; at < bytes.length; at++) reader.read(bytes.subarray(at, at + 1));
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
    expect(reader.read(Buffer.alloc(0)).kind).toBe('broken');
  });
});
