/** Hashes of any node of a tree, from its tiles. */
import { logError } from './errors.ts';
import { nodeHash, type Hash, type NodeReader } from './merkle.ts';
import { decodeTile, tileWidth, tileWidthAt, type TileName } from './tiles.ts';

/** `readTile` gives the bytes of a tile that has as many hashes as it can have in a tree of that size. */
export function nodesFromTiles(
  size: number,
  readTile: (name: TileName & { readonly level: number }) => Promise<Uint8Array>,
): NodeReader {
  const known = new Map<string, Promise<readonly Hash[]>>();
  const hashesOf = (level: number, index: number): Promise<readonly Hash[]> => {
    const key = `${level}/${index}`;
    const width = tileWidthAt(size, { level, index });
    const hashes =
      known.get(key) ?? readTile({ level, index, width }).then((bytes) => decodeTile(bytes, width));
    known.set(key, hashes);
    return hashes;
  };
  return async ({ level, index }) => {
    const count = 2 ** (level % 8);
    const first = index * count;
    const hashes = await hashesOf(Math.floor(level / 8), Math.floor(first / tileWidth));
    const under = hashes.slice(first % tileWidth, (first % tileWidth) + count);
    if (under.length === count) return perfectRoot(under);
    throw logError('range_invalid', 'the tree has no such node');
  };
}

function perfectRoot(hashes: readonly Hash[]): Hash {
  if (hashes.length === 1) return hashes[0] as Hash;
  const middle = hashes.length / 2;
  return nodeHash(perfectRoot(hashes.slice(0, middle)), perfectRoot(hashes.slice(middle)));
}
