/** Shortens what is too long for an entry, so that it can be recorded and still be held against the original. */
import { canonicalJson } from '../model/canonical-json.ts';
import { maxEntryBytes, type Entry, type Json } from '../model/entry.ts';
import { encodeUnbounded } from './entry-codec.ts';
import { logError } from './errors.ts';
import { sha256 } from './merkle.ts';

/** Of a single string or list, bytes; the first that makes the entry fit is taken. */
const limits = [16_384, 4096, 1024, 256];

/** What stood there before: of a string its UTF-8, of a list its canonical JSON. */
type Original = { readonly sha256: string; readonly bytes: number; readonly items?: number };
type Originals = Record<string, Original>;

/**
 * An entry that fits is returned as it is. Otherwise over-long strings and lists in `command` and `data` keep
 * their beginning, and `data.shortened` says for each (by JSON Pointer, RFC 6901) what the original was.
 * The same entry always gives the same result.
 * @throws WritError `entry_invalid`, `entry_too_long` when even that does not make it fit
 */
export function fitEntry(entry: Entry): Entry {
  return encodeFitted(entry).entry;
}

/** `fitEntry` together with the bytes that it had to make anyway. */
export function encodeFitted(entry: Entry): { readonly entry: Entry; readonly bytes: Uint8Array } {
  const bytes = encodeUnbounded(entry);
  if (bytes.length <= maxEntryBytes) return { entry, bytes };
  if (Object.hasOwn(entry.data, 'shortened')) throw tooLong('its data already has a member "shortened"');
  for (const limit of limits) {
    const originals: Originals = {};
    const command = entry.command === null ? null : shortenText(entry.command, '/command', limit, originals);
    const data = shortenMembers(entry.data, '/data', limit, originals);
    const fitted = { ...entry, command, data: { ...data, shortened: originals } };
    const shorter = encodeUnbounded(fitted);
    if (shorter.length <= maxEntryBytes) return { entry: fitted, bytes: shorter };
  }
  throw tooLong('it holds too many members');
}

function shorten(value: Json, pointer: string, limit: number, originals: Originals): Json {
  if (typeof value === 'string') return shortenText(value, pointer, limit, originals);
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return shortenList(value, pointer, limit, originals);
  return shortenMembers(value, pointer, limit, originals);
}

function shortenText(text: string, pointer: string, limit: number, originals: Originals): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  originals[pointer] = { sha256: hex(bytes), bytes: bytes.length };
  let end = limit;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1; // not within a code point
  return bytes.toString('utf8', 0, end);
}

function shortenList(
  list: readonly Json[],
  pointer: string,
  limit: number,
  originals: Originals,
): readonly Json[] {
  const kept: Json[] = [];
  let room = limit;
  for (const [at, item] of list.entries()) {
    const within: Originals = {};
    const short = shorten(item, `${pointer}/${at}`, Math.min(limit, 1024), within);
    room -= Buffer.byteLength(canonicalJson(short)) + 1;
    if (room < 0) break;
    kept.push(short);
    Object.assign(originals, within);
  }
  if (kept.length === list.length) return kept;
  const bytes = Buffer.from(canonicalJson(list));
  originals[pointer] = { sha256: hex(bytes), bytes: bytes.length, items: list.length };
  return kept;
}

function shortenMembers(
  members: Entry['data'],
  pointer: string,
  limit: number,
  originals: Originals,
): Entry['data'] {
  return Object.fromEntries(
    Object.entries(members).map(([key, value]) => {
      const inner = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return [key, shorten(value, inner, limit, originals)];
    }),
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(sha256(bytes)).toString('hex');
}

function tooLong(reason: string): Error {
  return logError('entry_too_long', `the entry is too long for the log: ${reason}`, {
    hint: `An entry has at most ${maxEntryBytes} bytes; shorten the command or its arguments`,
  });
}
