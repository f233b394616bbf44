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

const serverNameExtension = 0;
const encryptedNameExtensions = [0xfe0d, 0xffce];

/** @param bytes all that the client has sent so far; a hello may lie in many records and segments */
export function readClientHello(bytes: Buffer): FirstBytes {
  if (bytes.length === 0) return { kind: 'incomplete' };
  if (bytes[0] !== handshakeRecord || (bytes.length > 1 && bytes[1] !== 3)) return { kind: 'other' };
  const fragments: Buffer[] = [];
  let gathered = 0;
  for (let at = 0; ;) {
    if (at > 0 && at < bytes.length && bytes[at] !== handshakeRecord) return { kind: 'broken' };
    if (at + 5 > bytes.length) return { kind: 'incomplete' };
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at + 1] !== 3 || length === 0 || length > largestFragment) return { kind: 'broken' };
    const fragment = bytes.subarray(at + 5, at + 5 + length);
    fragments.push(fragment);
    gathered += fragment.length;
    const handshake = Buffer.concat(fragments, gathered);
    if (handshake.length > 0 && handshake[0] !== clientHello) return { kind: 'broken' };
    if (handshake.length >= 4) {
      const wanted = handshake.readUIntBE(1, 3);
      if (wanted > largestHello) return { kind: 'broken' };
      if (handshake.length >= 4 + wanted) return readBody(handshake.subarray(4, 4 + wanted));
    }
    if (fragment.length < length) return { kind: 'incomplete' };
    at += 5 + length;
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
