/** Overwrites secrets in what passes, byte for byte, so that lengths stay as they were announced. */
import { Transform, type TransformCallback } from 'node:stream';

const cover = '*'.charCodeAt(0);

/** In place. @returns how many were found */
function coverAll(bytes: Buffer, forms: readonly Buffer[]): number {
  let found = 0;
  for (const form of forms) {
    for (let at = bytes.indexOf(form); at >= 0; at = bytes.indexOf(form, at + form.length)) {
      bytes.fill(cover, at, at + form.length);
      found += 1;
    }
  }
  return found;
}

/** Of a header: Latin-1, as it goes over the wire. */
export function maskText(text: string, forms: readonly Buffer[]): string {
  const bytes = Buffer.from(text, 'latin1');
  return coverAll(bytes, forms) === 0 ? text : bytes.toString('latin1');
}

/** Holds back only what may be the beginning of a secret. */
export class Masking extends Transform {
  readonly #forms: readonly Buffer[];
  #held: Buffer = Buffer.alloc(0);
  /** Bytes that have passed. */
  bytes = 0;
  /** Secrets that were covered. */
  found = 0;

  constructor(forms: readonly Buffer[]) {
    super();
    this.#forms = forms;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    const all = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.found += coverAll(all, this.#forms);
    const clear = all.length - longestBeginning(all, this.#forms);
    this.#held = all.subarray(clear);
    done(null, all.subarray(0, clear));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#held);
  }
}

/** Length of the longest end of the bytes with which some form begins. */
function longestBeginning(bytes: Buffer, forms: readonly Buffer[]): number {
  let longest = 0;
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, bytes.length); length > longest; length -= 1) {
      const at = bytes.length - length;
      if (bytes[at] !== form[0] || bytes.compare(form, 0, length, at) !== 0) continue;
      longest = length;
    }
  }
  return longest;
}
