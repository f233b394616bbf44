import { expect, test } from 'vitest';
import { Frontier, type FullTile } from './frontier.ts';
import { emptyRoot, leafHash, nodeHash, type Hash } from './merkle.ts';
import { tilePath } from './tiles.ts';

/** Bottom-up with carry of the odd one: another way to the same root. */
function pairwiseRoot(hashes: readonly Hash[]): Hash {
  if (hashes.length <= 1) return hashes[0] ?? emptyRoot;
  const above: Hash[] = [];
  for (let at = 0; at < hashes.length; at += 2) {
    const [left, right] = [hashes[at] as Hash, hashes[at + 1]];
    above.push(right === undefined ? left : nodeHash(left, right));
  }
  return pairwiseRoot(above);
}

const leaves = Array.from({ length: 66_000 }, (_, at) => leafHash(Buffer.from(`${at}`)));

test('root and edges are right at every size', () => {
  const frontier = new Frontier();
  expect(frontier.root()).toEqual(emptyRoot);
  for (let size = 1; size <= 1030; size += 1) {
    frontier.append(leaves[size - 1] as Hash);
    expect(frontier.size).toBe(size);
    expect(Buffer.compare(frontier.root(), pairwiseRoot(leaves.slice(0, size)))).toBe(0);
    expect(frontier.edges[0]?.length).toBe(size % 256);
    expect(frontier.edges[1]?.length ?? 0).toBe(Math.floor(size / 256));
  }
});

test('full tiles come once, in order, with the hashes under them; two levels fill together at 65,536', () => {
  const frontier = new Frontier();
  const tiles: FullTile[] = leaves.flatMap((leaf) => frontier.append(leaf));
  const names = tiles.map(({ level, index }) => tilePath({ level, index, width: 256 }));
  const lowest = Array.from({ length: 257 }, (_, index) => tilePath({ level: 0, index, width: 256 }));
  expect(names).toEqual([...lowest.slice(0, 256), 'tile/1/000', ...lowest.slice(256)]);
  for (const { level, index, hashes, root } of tiles) {
    const span = 256 ** level;
    expect(hashes).toHaveLength(256);
    const under = (at: number, width: number): readonly Hash[] => leaves.slice(at * width, (at + 1) * width);
    expect(Buffer.compare(hashes[7] as Hash, pairwiseRoot(under(index * 256 + 7, span)))).toBe(0);
    expect(Buffer.compare(root, pairwiseRoot(under(index, span * 256)))).toBe(0);
  }
  expect(Buffer.compare(frontier.root(), pairwiseRoot(leaves))).toBe(0);
  expect(frontier.edges.map((edge) => edge.length)).toEqual([66_000 % 256, 1, 1]);
});

test.each([0, 1, 255, 256, 257, 511, 65_535, 65_536, 65_537])(
  'restored or copied at %i it goes on alike',
  (size) => {
    const original = new Frontier();
    for (const leaf of leaves.slice(0, size)) original.append(leaf);
    const copy = original.copy();
    const restored = Frontier.restore(size, original.edges);
    for (const leaf of leaves.slice(size, size + 300)) {
      const filled = original.append(leaf);
      expect(restored.append(leaf)).toEqual(filled);
      expect(copy.append(leaf)).toEqual(filled);
    }
    expect(restored.root()).toEqual(original.root());
    expect(copy.root()).toEqual(original.root());
  },
);

test('a copy is independent', () => {
  const original = new Frontier();
  original.append(leaves[0] as Hash);
  const root = original.root();
  original.copy().append(leaves[1] as Hash);
  expect([original.size, original.root(), original.edges[0]?.length]).toEqual([1, root, 1]);
});
