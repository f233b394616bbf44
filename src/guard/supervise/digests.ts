/** What is in the files that run, as digests that are computed once for each content. */
import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Image } from './protocol.ts';

const mostKept = 20_000;
/** Larger files are not run: a sparse one would be read for hours. */
const largestFile = 1024 ** 3;

/** By identity: a file whose content was changed has other times. */
const known = new Map<string, Promise<string | null>>();

/**
 * @param supervisor process that holds the file open, so that no path can lead elsewhere meanwhile
 * @returns SHA-256, lower-case hex; null where the file cannot be read
 */
export function digestOf(image: Image, supervisor: number): Promise<string | null> {
  const { identity, fd } = image;
  if (isTooLarge(image)) return Promise.resolve(null);
  return keptOr(identity, () => readDigest(`/proc/${supervisor}/fd/${fd}`));
}

/** Of the file that the path leads to now. */
export async function digestAt(path: string): Promise<string | null> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  // As native/image.c makes identities.
  const identity = [dev, ino, size, mtimeNs, ctimeNs].join(':');
  return await keptOr(identity, () => readDigest(`/proc/self/fd/${file.fd}`));
}

function keptOr(identity: string, read: () => Promise<string | null>): Promise<string | null> {
  const kept = known.get(identity);
  if (kept !== undefined) return kept;
  const digest = read();
  if (known.size >= mostKept) known.clear();
  known.set(identity, digest);
  void digest.then((value) => (value === null ? known.delete(identity) : value));
  return digest;
}

export function isTooLarge({ identity }: Image): boolean {
  return Number(identity.split(':')[2]) > largestFile;
}

/** Dynamic loaders of the systems that we know (ld.so(8)). */
const loaders = [
  '/lib64/ld-linux-x86-64.so.2',
  '/lib/ld-linux-aarch64.so.1',
  '/lib/ld-linux.so.2',
  '/lib/ld-musl-x86_64.so.1',
  '/lib/ld-musl-aarch64.so.1',
];
let loaderDigests: Promise<readonly (string | null)[]> | null = null;

/** Whether a file is the loader under another name. */
export async function isLoaderCopy(digest: string | null): Promise<boolean> {
  loaderDigests ??= Promise.all(loaders.filter((path) => existsSync(path)).map(readDigest));
  return digest !== null && (await loaderDigests).includes(digest);
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
