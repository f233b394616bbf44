/** Checks an exported log from its files alone: the signature, the root, every entry, every byte of every tile. */
import { WritError } from '../model/errors.ts';
import { openCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { LogFailure, LogFailureCode, Report } from './log-failure.ts';
import { sameHash, type Hash } from './merkle.ts';
import { parseVerifierKey } from './verifier-key.ts';
import { verifyTree, type ReadFile } from './verify-tree.ts';

/** A head that somebody saw and kept: the log may only have grown since. */
export interface TrustedHead {
  readonly size: number;
  readonly root: Hash;
}

export interface LogSource {
  /** A file of the layout (`checkpoint`, `tile/…`), null when there is none. */
  readonly read: ReadFile;
  readonly vkey: string;
  readonly witnesses?: readonly string[];
  readonly trusted?: TrustedHead;
}

export interface LogReport {
  /** Null when there is none that the key signed. */
  readonly checkpoint: Checkpoint | null;
  /** Names of the witnesses that signed it too. */
  readonly cosignedBy: readonly string[];
  /** Empty for a sound log. The first 100 are told. */
  readonly failures: readonly LogFailure[];
}

const maxFailures = 100;

/** @throws WritError `vkey_malformed`, and whatever `read` throws */
export async function verifyLog(source: LogSource): Promise<LogReport> {
  const failures: LogFailure[] = [];
  const report = (failure: LogFailure): void => {
    if (failures.length < maxFailures) failures.push(failure);
  };
  const head = await verifyHead(source, report);
  if (head === null) return { checkpoint: null, cosignedBy: [], failures };
  const { cosignedBy, ...checkpoint } = head;
  const earlier = await verifyTree(checkpoint, source.read, source.trusted?.size ?? 0, report);
  if (source.trusted !== undefined) compareHeads(source.trusted, checkpoint.size, earlier, report);
  return { checkpoint, cosignedBy, failures };
}

async function verifyHead(
  { read, vkey, witnesses = [] }: LogSource,
  report: Report,
): Promise<ReturnType<typeof openCheckpoint> | null> {
  const [log, others] = [parseVerifierKey(vkey), witnesses.map(parseVerifierKey)];
  const fail = (code: LogFailureCode, message: string): null => {
    report({ code, message, path: 'checkpoint', index: null });
    return null;
  };
  const bytes = await read('checkpoint');
  if (bytes === null) return fail('checkpoint_missing', 'there is no checkpoint');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return openCheckpoint(text, log, others);
  } catch (error) {
    if (!(error instanceof WritError)) return fail('checkpoint_malformed', 'the checkpoint is not UTF-8');
    if (error.code === 'note_key_unknown') return fail('checkpoint_key_unknown', error.message);
    if (error.code === 'note_signature_invalid') return fail('checkpoint_signature_invalid', error.message);
    return fail('checkpoint_malformed', error.message);
  }
}

/** `earlier`: the root that this log had at the trusted size, null where that cannot be told. */
function compareHeads(trusted: TrustedHead, size: number, earlier: Hash | null, report: Report): void {
  const place = { path: 'checkpoint', index: null };
  if (trusted.size > size) {
    const message = `the log has ${size} entries where it had ${trusted.size} before`;
    report({ code: 'log_truncated', message, ...place });
  } else if (earlier !== null && !sameHash(earlier, trusted.root)) {
    const message = `the first ${trusted.size} entries are not those that were there before`;
    report({ code: 'log_forked', message, ...place });
  }
}
