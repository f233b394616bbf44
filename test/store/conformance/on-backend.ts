/** What the parts of the conformance suite work with. */
import { expect } from 'vitest';
import { readLayout } from '../../../src/authority/store/layout.ts';
import type { Store } from '../../../src/authority/store/port.ts';
import { openCheckpoint } from '../../../src/core/log/checkpoint.ts';
import { parseVerifierKey } from '../../../src/core/log/verifier-key.ts';
import { verifyLog, type LogReport, type TrustedHead } from '../../../src/core/log/verify.ts';
import type { Backend, Place } from '../backends.ts';
import { signer } from '../signer.ts';

/** A fresh place for each test, with one store open on it. */
export interface OnBackend {
  readonly backend: Backend;
  place: Place;
  store: Store;
}

export const verifier = parseVerifierKey(signer.vkey);

/** Zero, a lone surrogate, letters that differ by case or composition, quotes and wildcards. */
export const hostile = 'a\0b\ud800 \u{1f600} É "\'\\ %_ \u202e';

export function withCode(code: string): unknown {
  return expect.objectContaining({ code });
}

export async function verifyStore({ log }: Store, trusted?: TrustedHead): Promise<LogReport> {
  const read = (path: string): Promise<Uint8Array | null> => readLayout(log, path);
  return verifyLog({ read, vkey: signer.vkey, ...(trusted === undefined ? {} : { trusted }) });
}

export async function headOf({ log }: Store): Promise<TrustedHead> {
  return openCheckpoint(await log.checkpoint(), verifier);
}

export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}
