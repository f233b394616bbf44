/** Writes the little DER (ITU-T X.690) that our certificates need. Reading certificates is left to Node. */

/** Dotted object identifier to its content, once. */
const identifiers = new Map<string, Buffer>();

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return element(0x31, ...parts);
}

/** Constructed, context-specific. */
export function explicit(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  return element(0xa0 | tag, ...parts);
}

/** Primitive, context-specific. */
export function implicit(tag: number, content: Uint8Array): Buffer {
  return element(0x80 | tag, content);
}

/** @param magnitude big endian, not negative */
export function integer(magnitude: Uint8Array): Buffer {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const bytes = first < 0 ? Uint8Array.of(0) : magnitude.subarray(first);
  return (bytes[0] ?? 0) < 0x80 ? element(0x02, bytes) : element(0x02, Uint8Array.of(0), bytes);
}

export function boolean(value: boolean): Buffer {
  return element(0x01, Uint8Array.of(value ? 0xff : 0));
}

export function octetString(...parts: readonly Uint8Array[]): Buffer {
  return element(0x04, ...parts);
}

/** @param unusedBits of the last byte */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return element(0x03, Uint8Array.of(unusedBits), content);
}

export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text, 'utf8'));
}

export function objectIdentifier(dotted: string): Buffer {
  const known = identifiers.get(dotted) ?? encodeIdentifier(dotted);
  identifiers.set(dotted, known);
  return known;
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). @param time ms since the epoch */
export function time(time: number): Buffer {
  const digits = new Date(time).toISOString().replaceAll(/\.\d{3}|[-:T]/g, '');
  return digits < '2050'
    ? element(0x17, Buffer.from(digits.slice(2), 'ascii'))
    : element(0x18, Buffer.from(digits, 'ascii'));
}

function encodeIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((value) => {
    const digits = [value & 0x7f];
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift((left & 0x7f) | 0x80);
    }
    return digits;
  });
  return element(0x06, Uint8Array.from(bytes));
}

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content), content]);
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  return Uint8Array.of(0x82, length >> 8, length & 0xff);
}
