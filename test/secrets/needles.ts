/** Finding a secret in bytes, in whatever form it may have got there. */
import { createPrivateKey } from 'node:crypto';

export interface Needle {
  readonly name: string;
  readonly forms: readonly Buffer[];
}

/** @param secret text, a private key in PEM, or raw bytes */
export function needle(name: string, secret: string | Buffer): Needle {
  const core = typeof secret === 'string' ? secretPart(secret) : secret;
  if (core.length < 12) throw new Error(`${name} is too short to be told from chance`);
  return { name, forms: formsOf(core) };
}

/** Names of those that are in there. */
export function found(needles: readonly Needle[], haystack: Buffer): readonly string[] {
  return needles.filter(({ forms }) => forms.some((form) => haystack.includes(form))).map(({ name }) => name);
}

/** Raw, hexadecimal, URL-encoded, and base64 wherever in a longer text it begins. */
function formsOf(secret: Buffer): Buffer[] {
  const shifted = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), secret]).toString('base64');
    // Its first and last characters depend on what stands around it.
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + secret.length) * 8) / 6));
  });
  const hex = secret.toString('hex');
  const texts = [
    hex,
    hex.toUpperCase(),
    ...shifted,
    ...shifted.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    encodeURIComponent(secret.toString('latin1')),
  ];
  return [secret, ...texts.map((text) => Buffer.from(text))];
}

/** Of a key's file only what is private: the rest is everybody's to know. */
function secretPart(text: string): Buffer {
  if (!text.startsWith('-----BEGIN')) return Buffer.from(text);
  if (text.includes('OPENSSH')) {
    const body = Buffer.from(text.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    // PROTOCOL.key: the last string but the comment is the seed with the public key, 64 bytes.
    const at = body.lastIndexOf(Buffer.from('00000040', 'hex')) + 4;
    return body.subarray(at, at + 32);
  }
  return Buffer.from(createPrivateKey(text).export({ format: 'jwk' }).d ?? '', 'base64url').subarray(0, 48);
}
