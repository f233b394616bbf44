/** Parts of a compact JWS (RFC 7515) in one spelling only: no doubled members, no other order, no spare bits. */
import { isUtf8 } from 'node:buffer';
import { canonicalJson } from '../model/canonical-json.ts';
import type { Json } from '../model/entry.ts';

export function encodePart(value: object): string {
  return Buffer.from(canonicalJson(value as unknown as Json)).toString('base64url');
}

/** Undefined for what is not base64url of canonical JSON. */
export function decodePart(part: string): unknown {
  const encoded = decodeBase64url(part);
  if (encoded === null || !isUtf8(encoded)) return undefined;
  const text = encoded.toString('utf8');
  try {
    const value = JSON.parse(text) as Json;
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Null unless unpadded base64url with no spare bits set. */
export function decodeBase64url(part: string): Buffer | null {
  const decoded = Buffer.from(part, 'base64url');
  return decoded.toString('base64url') === part ? decoded : null;
}
