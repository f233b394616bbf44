/** Objects that git keeps in files of their own (gitformat-loose), read without a git process. */
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { readSmallFile } from './small-file.ts';

/** The content of a commit, not yet verified to be the one of that id; null where git must be asked. */
export async function readLooseCommit(objects: string, id: string, maxBytes: number): Promise<Buffer | null> {
  try {
    const packed = await readSmallFile(join(objects, id.slice(0, 2), id.slice(2)), maxBytes);
    if (packed === null) return null;
    const object = inflateSync(packed, { maxOutputLength: maxBytes + 64 });
    const end = object.indexOf(0);
    const size = /^commit (\d+)$/.exec(object.subarray(0, Math.max(0, end)).toString('latin1'))?.[1];
    const content = object.subarray(end + 1);
    return Number(size) === content.length ? content : null;
  } catch {
    return null;
  }
}
