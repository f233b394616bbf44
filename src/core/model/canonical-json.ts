import type { Json } from './entry.ts';

/**
 * JSON Canonicalization Scheme (RFC 8785): members sorted by UTF-16 code units, ECMAScript numbers and strings.
 * ECMAScript's own JSON.stringify already writes strings and numbers as the RFC asks.
 * @throws TypeError for a number that JSON cannot hold, and RangeError for a lone surrogate.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError('canonical JSON holds finite numbers only');
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new RangeError('canonical JSON holds well-formed Unicode only');
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonicalJson(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
