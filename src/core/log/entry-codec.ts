/** Entries as bytes: canonical JSON (RFC 8785) in UTF-8, exactly one way of writing each. */
import * as z from 'zod';
import { canonicalJson } from '../model/canonical-json.ts';
import { entryTypes, maxEntryBytes, type Entry, type Json } from '../model/entry.ts';
import { logError } from './errors.ts';

/** Of assistant, repository, writ, session and person, UTF-8 bytes. They are indexed. */
const maxNameBytes = 2048;
const maxDepth = 64;

const name = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= maxNameBytes, `has more than ${maxNameBytes} bytes`)
  .nullable();

const entrySchema = z.strictObject({
  v: z.literal(1),
  type: z.enum(entryTypes),
  time: z.int().nonnegative(),
  assistant: name,
  repository: name,
  writ: name,
  session: name,
  person: name,
  command: z.string().nullable(),
  decision: z.enum(['allow', 'deny', 'step-up']).nullable(),
  data: z.custom<Entry['data']>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      isShallow(value as Json, maxDepth),
    `is no object, or deeper than ${maxDepth}`,
  ),
});

/** @throws WritError `entry_invalid`, `entry_too_long` (see `fitEntry`) */
export function encodeEntry(entry: Entry): Uint8Array {
  const bytes = encodeUnbounded(entry);
  if (bytes.length <= maxEntryBytes) return bytes;
  throw logError('entry_too_long', `the entry has ${bytes.length} bytes where ${maxEntryBytes} are allowed`);
}

/** Like `encodeEntry` without the bound on the length. */
export function encodeUnbounded(entry: Entry): Uint8Array {
  const checked = entrySchema.safeParse(entry);
  if (!checked.success)
    throw logError('entry_invalid', `the entry cannot be written: ${firstIssue(checked.error)}`);
  try {
    return Buffer.from(canonicalJson(entry as unknown as Json));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it is not JSON';
    throw logError('entry_invalid', `the entry cannot be written: ${reason}`, { cause });
  }
}

/** @throws WritError `entry_malformed` */
export function decodeEntry(bytes: Uint8Array): Entry {
  if (bytes.length > maxEntryBytes) throw malformed('it is too long');
  const text = decodeText(bytes);
  const checked = entrySchema.safeParse(parseJson(text));
  if (!checked.success) throw malformed(firstIssue(checked.error));
  // Other spellings of the same entry would have other hashes; duplicate members would hide one.
  if (canonicalText(checked.data) !== text) throw malformed('it is not canonical JSON');
  return checked.data;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('it is not UTF-8');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
}

function canonicalText(entry: Entry): string {
  try {
    return canonicalJson(entry as unknown as Json);
  } catch {
    throw malformed('it holds what canonical JSON cannot');
  }
}

function isShallow(value: Json, levels: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'it is no entry' : `${issue.path.join('.') || 'it'}: ${issue.message}`;
}

function malformed(reason: string): Error {
  return logError('entry_malformed', `the bytes are no entry: ${reason}`);
}
