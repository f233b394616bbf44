/** A proof of inclusion with the checkpoint it leads to, verifiable offline: C2SP tlog-proof v1. */
import { decodeBase64, encodeBase64 } from './base64.ts';
import { openCheckpoint, type Checkpoint } from './checkpoint.ts';
import { logError } from './errors.ts';
import { hashBytes, leafHash, verifyInclusion, type Hash } from './merkle.ts';
import type { NoteVerifier } from './verifier-key.ts';

const header = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 entries is 53 levels high. */
const maxHashes = 53;
const maxLength = 2_000_000;

export interface TlogProof {
  readonly index: number;
  readonly hashes: readonly Hash[];
  /** The signed note, verbatim. */
  readonly checkpoint: string;
  /** Bytes for the application; Writ carries none of its own. */
  readonly extra: Uint8Array | null;
}

export function formatProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const lines = [
    header,
    ...(extra === null ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(encodeBase64),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** @throws WritError `proof_malformed` */
export function parseProof(text: string): TlogProof {
  if (text.length > maxLength) throw malformed(`it has more than ${maxLength} characters`);
  const border = text.indexOf('\n\n');
  if (border < 0) throw malformed('no empty line parts proof and checkpoint');
  const lines = text.slice(0, border).split('\n');
  if (lines.shift() !== header) throw malformed(`its first line is not ${header}`);
  const extra = lines[0]?.startsWith('extra ') === true ? lines.shift() : undefined;
  const [, digits = ''] = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '') ?? [];
  const index = Number(digits);
  if (digits === '' || !Number.isSafeInteger(index)) throw malformed('its index is no number');
  if (lines.length > maxHashes) throw malformed(`it has more than ${maxHashes} hashes`);
  return {
    index,
    hashes: lines.map((line) => base64Line(line, hashBytes)),
    checkpoint: text.slice(border + 2),
    extra: extra === undefined ? null : base64Line(extra.slice('extra '.length), null),
  };
}

/**
 * That `entry` stands at the proof's index in the log of `log`. Returns the checkpoint that says so.
 * @throws WritError `proof_invalid`, and the codes of `openCheckpoint`
 */
export function verifyProof(proof: TlogProof, entry: Uint8Array, log: NoteVerifier): Checkpoint {
  const checkpoint = openCheckpoint(proof.checkpoint, log);
  const { size, root } = checkpoint;
  if (verifyInclusion(leafHash(entry), proof.index, size, proof.hashes, root)) return checkpoint;
  throw logError('proof_invalid', `the entry is not number ${proof.index} of the log of ${size} entries`);
}

function base64Line(line: string, length: number | null): Uint8Array {
  const bytes = decodeBase64(line);
  if (bytes !== null && (length === null || bytes.length === length)) return bytes;
  throw malformed('a line of it is not the base64 it should be');
}

function malformed(reason: string): Error {
  return logError('proof_malformed', `the proof cannot be read: ${reason}`);
}
