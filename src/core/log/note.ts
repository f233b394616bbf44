/** Signed notes, C2SP signed-note v1.0.0: a text, an empty line, and a line for each signature. */
import { decodeBase64, encodeBase64 } from './base64.ts';
import { logError } from './errors.ts';
import { isKeyName, keyIdBytes, type NoteSigner, type NoteVerifier } from './verifier-key.ts';

const maxNoteLength = 1_000_000;
const maxSignatures = 100;

interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** Ends with a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface OpenedNote {
  readonly text: string;
  /** Those of the given verifiers whose signature is there and good; at least one. */
  readonly signedBy: readonly NoteVerifier[];
}

/** `text` must end with a newline. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const lines = signers.map((signer) => {
    const bytes = Buffer.concat([signer.keyId, signer.sign(text)]);
    return `— ${signer.name} ${encodeBase64(bytes)}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** @throws WritError `note_malformed` */
export function parseNote(note: string): Note {
  if (note.length > maxNoteLength) throw malformed(`it has more than ${maxNoteLength} characters`);
  if (!note.isWellFormed() || /[\0-\x09\x0b-\x1f]/.test(note)) throw malformed('it holds control characters');
  const border = note.lastIndexOf('\n\n');
  if (border < 0) throw malformed('no empty line parts text and signatures');
  const lines = note.slice(border + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0) throw malformed('it does not end with a signature line');
  if (lines.length > maxSignatures) throw malformed(`it has more than ${maxSignatures} signatures`);
  return { text: note.slice(0, border + 1), signatures: lines.map(parseSignature) };
}

/**
 * Signatures of unknown keys are ignored; one that a known key did not make spoils the note.
 * @throws WritError `note_malformed`, `note_key_unknown`, `note_signature_invalid`
 */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): OpenedNote {
  const { text, signatures } = parseNote(note);
  const signedBy = verifiers.filter((verifier) => {
    const own = signatures.find(
      ({ name, keyId }) => name === verifier.name && Buffer.compare(keyId, verifier.keyId) === 0,
    );
    if (own === undefined) return false;
    if (verifier.verify(text, own.signature)) return true;
    throw logError('note_signature_invalid', `the signature of ${verifier.name} does not fit the text`);
  });
  if (signedBy.length > 0) return { text, signedBy };
  const names = signatures.map(({ name }) => name).join(', ');
  throw logError('note_key_unknown', `none of the known keys signed this note, but ${names}`, {
    hint: 'Give the verifier key of the log as it was when this was signed',
  });
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', encoded = ''] = /^— ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  const bytes = decodeBase64(encoded);
  if (!isKeyName(name) || bytes === null || bytes.length <= keyIdBytes) {
    throw malformed('a line after the text is no signature');
  }
  return { name, keyId: bytes.subarray(0, keyIdBytes), signature: bytes.subarray(keyIdBytes) };
}

function malformed(reason: string): Error {
  return logError('note_malformed', `the signed note cannot be read: ${reason}`);
}
