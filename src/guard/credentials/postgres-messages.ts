/** The few messages of PostgreSQL's protocol 3 that stand before a session (PostgreSQL documentation, 55.7). */

/** What a client says first; its length stands in front. */
export type FirstMessage =
  | { readonly kind: 'encryption' } // asks for TLS or GSSAPI
  | { readonly kind: 'cancel'; readonly bytes: Buffer }
  | { readonly kind: 'startup'; readonly version: number; readonly parameters: ReadonlyMap<string, string> }
  | { readonly kind: 'invalid' };

const encryptionRequests = [80_877_103, 80_877_104];
const cancelRequest = 80_877_102;
const longestFirst = 10_000;
/** An authentication exchange has nothing longer; an error before it may have. */
const longestMessage = 64 * 1024;

/** Null while it is not whole yet. */
export function readFirst(bytes: Buffer): { readonly message: FirstMessage; readonly rest: Buffer } | null {
  if (bytes.length < 8) return null;
  const length = bytes.readUInt32BE(0);
  if (length < 8 || length > longestFirst) return { message: { kind: 'invalid' }, rest: bytes };
  if (bytes.length < length) return null;
  const rest = bytes.subarray(length);
  const code = bytes.readUInt32BE(4);
  if (encryptionRequests.includes(code)) return { message: { kind: 'encryption' }, rest };
  if (code === cancelRequest) {
    return { message: { kind: 'cancel', bytes: bytes.subarray(0, length) }, rest };
  }
  const parameters = readParameters(bytes.subarray(8, length));
  const startup = code >>> 16 === 3 && parameters !== null;
  return { message: startup ? { kind: 'startup', version: code, parameters } : { kind: 'invalid' }, rest };
}

function readParameters(bytes: Buffer): ReadonlyMap<string, string> | null {
  const parts = bytes.toString('utf8').split('\0');
  // Pairs, an empty name, and what follows the last zero.
  if (parts.length % 2 !== 0 || parts.splice(-2).some((part) => part !== '')) return null;
  const parameters = new Map<string, string>();
  for (let at = 0; at < parts.length; at += 2) parameters.set(parts[at] ?? '', parts[at + 1] ?? '');
  return parameters;
}

export function startup(version: number, parameters: ReadonlyMap<string, string>): Buffer {
  const pairs = [...parameters].map(([name, value]) => `${name}\0${value}\0`).join('');
  return withLength(Buffer.concat([uint32(version), Buffer.from(`${pairs}\0`)]));
}

export const tlsRequest = withLength(uint32(80_877_103));

export interface Message {
  /** One letter. */
  readonly type: string;
  readonly body: Buffer;
  /** As it came. */
  readonly bytes: Buffer;
}

/** The first whole message; null while there is none. @throws RangeError for one that is too long */
export function readMessage(bytes: Buffer): { readonly message: Message; readonly rest: Buffer } | null {
  if (bytes.length < 5) return null;
  const length = bytes.readUInt32BE(1);
  if (length < 4 || length > longestMessage) throw new RangeError('a message of an impossible length');
  if (bytes.length < length + 1) return null;
  const whole = bytes.subarray(0, length + 1);
  const message = { type: String.fromCharCode(whole[0] ?? 0), body: whole.subarray(5), bytes: whole };
  return { message, rest: bytes.subarray(length + 1) };
}

/** Answers the server's choice of SCRAM-SHA-256. */
export function saslInitial(first: string): Buffer {
  const text = Buffer.from(first);
  return typed('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), uint32(text.length), text]));
}

export function saslResponse(text: string): Buffer {
  return typed('p', Buffer.from(text));
}

/** As the server itself would refuse a connection. @param sqlState five characters */
export function fatalError(sqlState: string, message: string, hint: string | null): Buffer {
  const line = (text: string) => text.replaceAll('\0', ' ');
  const fields = [`SFATAL`, `VFATAL`, `C${sqlState}`, `Mwrit: ${line(message)}`];
  if (hint !== null) fields.push(`H${line(hint)}`);
  return typed('E', Buffer.from(`${fields.join('\0')}\0\0`));
}

function typed(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), withLength(body)]);
}

function withLength(body: Buffer): Buffer {
  return Buffer.concat([uint32(body.length + 4), body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
