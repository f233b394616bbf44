/**
 * Refs as git stores them in files (gitrepository-layout(5)), read without a git process. Null wherever git itself must
 * be asked: what is read here is the plain case only, and in it the answer is git's.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WritError } from '../../core/model/errors.ts';
import { readSmallFile } from './small-file.ts';

export interface Ref {
  readonly name: string;
  readonly id: string;
}

const longestRef = 8192;
const largestPackedRefs = 64 * 1024 * 1024;
const objectId = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
/** Of git-check-ref-format(1), as far as it matters to a path. */
const plainName = /^refs(\/(?!\.)[^/\\~^:?*[\s\p{Cc}]+)+$/u;

/** `none`: there is no such ref. */
export async function readRef(commonDirectory: string, name: string): Promise<string | null> {
  if (!isPlain(name)) return null;
  const loose = await readLoose(join(commonDirectory, name));
  if (loose !== 'none') return loose;
  const packed = await readPacked(commonDirectory);
  return packed === null ? null : (packed.get(name) ?? 'none');
}

/** Those below a prefix that ends in a slash. */
export async function readRefs(commonDirectory: string, prefix: string): Promise<readonly Ref[] | null> {
  if (!isPlain(prefix.slice(0, -1))) return null;
  const packed = await readPacked(commonDirectory);
  if (packed === null) return null;
  const found = new Map([...packed].filter(([name]) => name.startsWith(prefix)));
  const loose = await namesBelow(commonDirectory, prefix);
  if (loose === null) return null;
  for (const name of loose) {
    // It points at another branch of the same remote and is none of its own.
    if (name === `${prefix}HEAD`) continue;
    const id = isPlain(name) ? await readLoose(join(commonDirectory, name)) : null;
    if (id === null) return null;
    if (id !== 'none') found.set(name, id);
  }
  return [...found].map(([name, id]) => ({ name, id }));
}

function isPlain(name: string): boolean {
  return (
    plainName.test(name) && !name.includes('..') && !name.includes('@{') && !/(\.lock|\.)(\/|$)/.test(name)
  );
}

async function readLoose(path: string): Promise<string | null> {
  const text = await orNull(readSmallFile(path, longestRef), path);
  if (text === null || text === 'none') return text;
  const id = text.toString('latin1').trimEnd();
  return objectId.test(id) ? id : null;
}

async function readPacked(commonDirectory: string): Promise<ReadonlyMap<string, string> | null> {
  const path = join(commonDirectory, 'packed-refs');
  const text = await orNull(readSmallFile(path, largestPackedRefs), path);
  if (text === null) return null;
  const refs = new Map<string, string>();
  for (const line of text === 'none' ? [] : text.toString('utf8').split('\n')) {
    // A header, or what the annotated tag of the line before leads to.
    if (line === '' || line.startsWith('#') || line.startsWith('^')) continue;
    const space = line.indexOf(' ');
    const id = line.slice(0, space);
    if (!objectId.test(id)) return null;
    refs.set(line.slice(space + 1), id);
  }
  return refs;
}

async function namesBelow(commonDirectory: string, prefix: string): Promise<readonly string[] | null> {
  try {
    const entries = await readdir(join(commonDirectory, prefix), { withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries) {
      const name = `${prefix}${entry.name}`;
      if (entry.isFile()) names.push(name);
      else if (!entry.isDirectory()) return null;
      else {
        const below = await namesBelow(commonDirectory, `${name}/`);
        if (below === null) return null;
        names.push(...below);
      }
    }
    return names;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : null;
  }
}

/** `none` where there is no file; null where it is none that can simply be read, which git may judge. */
async function orNull(reading: Promise<Buffer | null>, path: string): Promise<Buffer | 'none' | null> {
  try {
    return (await reading) ?? 'none';
  } catch (error) {
    if (error instanceof WritError) return null;
    throw new Error(`${path} cannot be read`, { cause: error });
  }
}
