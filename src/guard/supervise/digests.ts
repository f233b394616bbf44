/** What is in the files that run, as digests that are computed once for each content. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Image } from './protocol.ts';

const mostKept = 20_000;

/** By identity: a file whose content was changed has other times. */
const known = new Map<string, Promise<string | null>>();

/**
 * @param supervisor process that holds the file open, so that no path can lead elsewhere meanwhile
 * @returns SHA-256, lower-case hex; null where the file cannot be read
 */
export function digestOf({ identity, fd }: Image, supervisor: number): Promise<string | null> {
  const kept = known.get(identity);
  if (kept !== undefined) return kept;
  const digest = readDigest(`/proc/${supervisor}/fd/${fd}`);
  if (known.size >= mostKept) known.clear();
  known.set(identity, digest);
  void digest.then((value) => (value === null ? known.delete(identity) : value));
  return digest;
}

async function readDigest(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  } catch {
    return null;
  }
  return hash.digest('hex');
}
