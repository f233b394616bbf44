/** Names and contents of the files of a log, C2SP tlog-tiles v0.1.0. */
import { logError } from './errors.ts';
import { hashBytes, type Hash } from './merkle.ts';

export const tileWidth = 256;

/** A tile of hashes, or a bundle of entries. `width` is 256 for a full one. */
export interface TileName {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** `tile/0/x001/x234/067.p/112` */
export function tilePath({ level, index, width }: TileName): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${level}/${name}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** Null unless it is exactly what `tilePath` writes for some tile. */
export function parseTilePath(path: string): TileName | null {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (match === null) return null;
  const [, level = '', groups = '', width] = match;
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replace(/[x/]/g, '')),
    width: width === undefined ? tileWidth : Number(width),
  };
  const inRange = name.width > 0 && name.width <= tileWidth && (name.level === 'entries' || name.level < 64);
  return inRange && tilePath(name) === path ? name : null;
}

/** Every tile and bundle of a tree, the last of each level partial unless full. */
export function* tilesOf(size: number): Generator<TileName> {
  yield* level('entries', size);
  for (let [at, count] = [0, size]; count > 0; [at, count] = [at + 1, Math.floor(count / tileWidth)]) {
    yield* level(at, count);
  }
}

function* level(name: TileName['level'], count: number): Generator<TileName> {
  const full = Math.floor(count / tileWidth);
  for (let index = 0; index < full; index += 1) yield { level: name, index, width: tileWidth };
  if (count % tileWidth > 0) yield { level: name, index: full, width: count % tileWidth };
}

/** How many hashes or entries a tile has in a tree of that size: 0 to 256. */
export function tileWidthAt(size: number, name: Omit<TileName, 'width'>): number {
  const count = name.level === 'entries' ? size : Math.floor(size / tileWidth ** name.level);
  return Math.min(Math.max(count - name.index * tileWidth, 0), tileWidth);
}

/** @throws WritError `tile_malformed` unless it is `width` hashes long. */
export function decodeTile(bytes: Uint8Array, width: number): readonly Hash[] {
  if (bytes.length !== width * hashBytes) {
    throw logError('tile_malformed', `a tile of ${width} hashes has ${bytes.length} bytes`);
  }
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * hashBytes, (at + 1) * hashBytes));
}

/** Each entry is preceded by its length as a big-endian uint16, so it has at most 65,535 bytes. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(entries.reduce((total, entry) => total + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    bytes.writeUInt16BE(entry.length, at);
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** @throws WritError `tile_malformed` unless it holds exactly `width` entries and nothing else. */
export function decodeBundle(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const end = at + 2 <= bytes.length ? at + 2 + view.getUint16(at) : Infinity;
    if (end > bytes.length)
      throw logError('tile_malformed', `the bundle ends within entry ${entries.length}`);
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length === width && at === bytes.length) return entries;
  throw logError(
    'tile_malformed',
    at < bytes.length
      ? `the bundle holds more than ${width} entries`
      : `the bundle holds ${entries.length} entries instead of ${width}`,
  );
}
