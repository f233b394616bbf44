/** The first thing a TLS client says (RFC 8446 section 4.1.2): it names the server in the clear. */

export type FirstBytes =
  | { readonly kind: 'incomplete' }
  /** Not TLS. */
  | { readonly kind: 'other' }
  /** Begins as TLS and is not a ClientHello as it must be. */
  | { readonly kind: 'broken' }
  | {
      readonly kind: 'hello';
      /** RFC 6066 section 3, as sent; null where none is. */
      readonly serverName: string | null;
      /** Carries a second, encrypted name (ECH or the older ESNI), or pretends to (GREASE). */
      readonly encryptedName: boolean;
    };

const handshakeRecord = 22;
const clientHello = 1;
const largestFragment = 2 ** 14;
/** Larger than any client sends, post-quantum key shares included, bytes. */
const largestHello = 64 * 1024;
/** With the headers of records, which are no shorter than a few bytes in anything but an attack. */
const mostReceived = 4 * largestHello;

const serverNameExtension = 0;
const encryptedNameExtensions = [0xfe0d, 0xffce];

/** Takes what a client says in whatever pieces it comes, in time that grows with its length alone. */
export class ClientHelloReader {
  /** All of it, as it came. */
  readonly received = new Growing();
  readonly #handshake = new Growing();
  #header = Buffer.alloc(0);
  /** Of the current record. */
  #left = 0;
  #result: FirstBytes = { kind: 'incomplete' };

  read(chunk: Buffer): FirstBytes {
    this.received.add(chunk);
    for (let at = 0; at < chunk.length && this.#result.kind === 'incomplete';) {
      at += this.#left === 0 ? this.#readHeader(chunk.subarray(at)) : this.#readFragment(chunk.subarray(at));
    }
    if (this.#result.kind === 'incomplete' && this.received.length > mostReceived)
      this.#result = { kind: 'broken' };
    return this.#result;
  }

  #readHeader(bytes: Buffer): number {
    const taken = Math.min(5 - this.#header.length, bytes.length);
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, taken)]);
    const [type, major] = this.#header;
    if (type !== handshakeRecord || (major !== undefined && major !== 3)) {
      this.#result = { kind: this.#handshake.length === 0 ? 'other' : 'broken' };
    } else if (this.#header.length === 5) {
      this.#left = this.#header.readUInt16BE(3);
      this.#header = Buffer.alloc(0);
      if (this.#left === 0 || this.#left > largestFragment) this.#result = { kind: 'broken' };
    }
    return taken;
  }

  #readFragment(bytes: Buffer): number {
    const taken = Math.min(this.#left, bytes.length);
    this.#left -= taken;
    this.#handshake.add(bytes.subarray(0, taken));
    const said = this.#handshake.bytes;
    if (said[0] !== clientHello) this.#result = { kind: 'broken' };
    else if (said.length >= 4) {
      const wanted = said.readUIntBE(1, 3);
      if (wanted > largestHello) this.#result = { kind: 'broken' };
      else if (said.length >= 4 + wanted) this.#result = readBody(said.subarray(4, 4 + wanted));
    }
    return taken;
  }
}

/** Bytes that are added to often. */
class Growing {
  #room = Buffer.alloc(2048);
  length = 0;

  get bytes(): Buffer {
    return this.#room.subarray(0, this.length);
  }

  add(more: Buffer): void {
    if (this.length + more.length > this.#room.length) {
      const larger = Buffer.alloc(2 * (this.length + more.length));
      this.bytes.copy(larger);
      this.#room = larger;
    }
    more.copy(this.#room, this.length);
    this.length += more.length;
  }
}

function readBody(body: Buffer): FirstBytes {
  try {
    const fields = new Fields(body);
    fields.take(2 + 32);
    fields.vector(1);
    fields.vector(2);
    fields.vector(1);
    const extensions = fields.done ? [] : readExtensions(fields.vector(2));
    const types = new Set(extensions.map(({ type }) => type));
    const names = extensions.flatMap(({ type, data }) =>
      type === serverNameExtension ? hostNames(data) : [],
    );
    if (!fields.done || names.length > 1 || types.size < extensions.length) return { kind: 'broken' };
    return {
      kind: 'hello',
      serverName: names[0] ?? null,
      encryptedName: encryptedNameExtensions.some((type) => types.has(type)),
    };
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'broken' };
    throw error;
  }
}

function readExtensions(bytes: Buffer): { readonly type: number; readonly data: Buffer }[] {
  const fields = new Fields(bytes);
  const extensions = [];
  while (!fields.done) extensions.push({ type: fields.number(2), data: fields.vector(2) });
  return extensions;
}

function hostNames(data: Buffer): string[] {
  const extension = new Fields(data);
  const list = new Fields(extension.vector(2));
  const names: string[] = [];
  while (!list.done) {
    if (list.number(1) !== 0) throw new RangeError('a kind of name that does not exist');
    names.push(list.vector(2).toString('latin1'));
  }
  if (!extension.done || names.length === 0) throw new RangeError('not one name');
  return names;
}

/** Reads on until there is nothing left; RangeError when more is asked for than is there. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('cut short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(size: 1 | 2): number {
    return this.take(size).readUIntBE(0, size);
  }

  /** Data behind a length of `size` bytes. */
  vector(size: 1 | 2): Buffer {
    return this.take(this.number(size));
  }
}
