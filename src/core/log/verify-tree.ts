/** The tree's part of `verifyLog`: one pass over entries and lowest hashes, then the tiles above. */
import { WritError } from '../model/errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { decodeEntry } from './entry-codec.ts';
import { Frontier } from './frontier.ts';
import type { Report } from './log-failure.ts';
import { leafHash, sameHash, type Hash } from './merkle.ts';
import { decodeBundle, decodeTile, tilePath, tilesOf, tileWidth, type TileName } from './tiles.ts';

export type ReadFile = (path: string) => Promise<Uint8Array | null>;

/** A bundle, or the hashes beneath it, with the tree's expectations of the levels above. */
interface Tree {
  readonly frontier: Frontier;
  /** Hashes by the path of their tile, for all levels but the lowest. */
  readonly tiles: Map<string, readonly Hash[]>;
  /** Root at the size that the caller asked for. */
  earlier: Hash | null;
}

/**
 * Two trees are built, one over the entries and one over the lowest tiles. Where they part, the one that has
 * the signed root tells which file was changed.
 * @returns the root that the tree had at size `at`; null where it cannot be told
 */
export async function verifyTree(
  { size, root }: Checkpoint,
  read: ReadFile,
  at: number,
  report: Report,
): Promise<Hash | null> {
  const entries = emptyTree(at);
  const hashes = emptyTree(at);
  const differing: { readonly name: TileName; readonly at: number }[] = [];
  for (const name of tilesOf(size)) {
    if (name.level !== 'entries') break;
    const fromEntries = await readLeaves(name, read, report);
    const fromTile = await readHashes({ ...name, level: 0 }, read, report);
    const [left, right] = [fromEntries ?? fromTile, fromTile ?? fromEntries];
    if (left === null || right === null) return null;
    for (let leaf = 0; leaf < name.width; leaf += 1) {
      const [a, b] = [left[leaf] as Hash, right[leaf] as Hash];
      if (!sameHash(a, b)) differing.push({ name, at: leaf });
      grow(entries, a, at);
      grow(hashes, b, at);
    }
  }
  const signed = [entries, hashes].find((tree) => sameHash(tree.frontier.root(), root));
  for (const { name, at } of differing) reportDifference(name, at, signed === entries, report);
  if (signed === undefined) {
    const message = `the ${size} entries do not have the root that the checkpoint signs`;
    report({ code: 'root_mismatch', message, path: 'checkpoint', index: null });
  }
  await verifyUpperTiles(size, signed ?? entries, read, report);
  return (signed ?? entries).earlier;
}

function emptyTree(at: number): Tree {
  const frontier = new Frontier();
  return { frontier, tiles: new Map(), earlier: at === 0 ? frontier.root() : null };
}

function grow(tree: Tree, leaf: Hash, at: number): void {
  for (const { level, index, hashes } of tree.frontier.append(leaf)) {
    if (level > 0) tree.tiles.set(tilePath({ level, index, width: tileWidth }), hashes);
  }
  if (tree.frontier.size === at) tree.earlier = tree.frontier.root();
}

async function verifyUpperTiles(size: number, tree: Tree, read: ReadFile, report: Report): Promise<void> {
  for (const name of tilesOf(size)) {
    if (name.level === 'entries' || name.level === 0) continue;
    const expected = tree.tiles.get(tilePath(name)) ?? tree.frontier.edges[name.level] ?? [];
    const found = await readHashes(name, read, report);
    const wrong = found?.findIndex((hash, at) => !sameHash(hash, expected[at] as Hash)) ?? -1;
    if (wrong < 0) continue;
    const index = (name.index * tileWidth + wrong) * tileWidth ** name.level;
    const message = `hash ${wrong} of the tile is not that of the entries under it`;
    report({ code: 'tile_mismatch', message, path: tilePath(name), index });
  }
}

function reportDifference(name: TileName, at: number, entriesAreSigned: boolean, report: Report): void {
  const index = name.index * tileWidth + at;
  if (entriesAreSigned) {
    const path = tilePath({ ...name, level: 0 });
    report({ code: 'tile_mismatch', message: `the hash of entry ${index} was changed`, path, index });
  } else {
    const message = `entry ${index} is not the one that was logged`;
    report({ code: 'entry_mismatch', message, path: tilePath(name), index });
  }
}

/** Hashes of the bundle's entries; null, with a report, when it cannot be read. */
async function readLeaves(name: TileName, read: ReadFile, report: Report): Promise<readonly Hash[] | null> {
  const entries = await readTile(name, read, decodeBundle, report);
  return (
    entries?.map((entry, at) => {
      const index = name.index * tileWidth + at;
      const message = whyNoEntry(entry);
      if (message !== null) report({ code: 'entry_malformed', message, path: tilePath(name), index });
      return leafHash(entry);
    }) ?? null
  );
}

function readHashes(name: TileName, read: ReadFile, report: Report): Promise<readonly Hash[] | null> {
  return readTile(name, read, decodeTile, report);
}

async function readTile(
  name: TileName,
  read: ReadFile,
  decode: (bytes: Uint8Array, width: number) => readonly Uint8Array[],
  report: Report,
): Promise<readonly Uint8Array[] | null> {
  const path = tilePath(name);
  const level = name.level === 'entries' ? 0 : name.level;
  const place = { path, index: name.index * tileWidth ** (level + 1) };
  const file = await readFileOf(name, read);
  if (file === null) {
    report({ code: 'tile_missing', message: 'the tile is missing', ...place });
    return null;
  }
  try {
    return decode(file.bytes, file.width).slice(0, name.width);
  } catch (error) {
    if (!(error instanceof WritError)) throw error;
    report({ code: 'tile_malformed', message: error.message, ...place });
    return null;
  }
}

/** A partial tile may be deleted once there is the full one, which begins with it. */
async function readFileOf(
  name: TileName,
  read: ReadFile,
): Promise<{ readonly bytes: Uint8Array; readonly width: number } | null> {
  for (const width of new Set([name.width, tileWidth])) {
    const bytes = await read(tilePath({ ...name, width }));
    if (bytes !== null) return { bytes, width };
  }
  return null;
}

function whyNoEntry(bytes: Uint8Array): string | null {
  try {
    decodeEntry(bytes);
    return null;
  } catch (error) {
    if (error instanceof WritError) return error.message;
    throw error;
  }
}
