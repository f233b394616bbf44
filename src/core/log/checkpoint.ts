/** The signed head of a log, C2SP tlog-checkpoint v1.0.0. */
import { decodeBase64, encodeBase64 } from './base64.ts';
import { logError } from './errors.ts';
import { hashBytes, type Hash } from './merkle.ts';
import { openNote, signNote } from './note.ts';
import type { NoteSigner, NoteVerifier } from './verifier-key.ts';

export interface Checkpoint {
  /** Unique name of the log: a URL without scheme. Equals the name of the log's key. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/**
 * Extension lines are allowed, as the standard asks of readers, and dropped.
 * @throws WritError `checkpoint_malformed`
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', digits = '', encoded = '', ...rest] = text.split('\n');
  if (origin === '' || rest.pop() !== '' || rest.includes(''))
    throw malformed('its lines are not those of one');
  const size = Number(digits);
  if (!/^(?:0|[1-9]\d*)$/.test(digits) || !Number.isSafeInteger(size))
    throw malformed('its size is no number');
  const root = decodeBase64(encoded);
  if (root?.length !== hashBytes) throw malformed('its root is no hash of 32 bytes');
  return { origin, size, root };
}

export function signCheckpoint(size: number, root: Hash, signer: NoteSigner): string {
  return signNote(formatCheckpoint({ origin: signer.name, size, root }), [signer]);
}

/**
 * The first verifier is the log's own and must have signed; its name must be the origin. Further ones are
 * witnesses: whoever of them signed is in `cosignedBy`.
 * @throws WritError `note_malformed`, `note_key_unknown`, `note_signature_invalid`, `checkpoint_malformed`
 */
export function openCheckpoint(
  note: string,
  log: NoteVerifier,
  witnesses: readonly NoteVerifier[] = [],
): Checkpoint & { readonly cosignedBy: readonly string[] } {
  openNote(note, [log]);
  const { text, signedBy } = openNote(note, [log, ...witnesses]);
  const checkpoint = parseCheckpoint(text);
  if (checkpoint.origin !== log.name) {
    throw logError(
      'checkpoint_malformed',
      `the checkpoint is of ${checkpoint.origin} and not of ${log.name}`,
    );
  }
  return { ...checkpoint, cosignedBy: signedBy.filter((by) => by !== log).map(({ name }) => name) };
}

function malformed(reason: string): Error {
  return logError('checkpoint_malformed', `the checkpoint cannot be read: ${reason}`);
}
