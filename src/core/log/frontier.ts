/** The right edge of a growing tree: all that is needed to append to it, and to know its root. */
import { foldRight, nodeHash, type Hash } from './merkle.ts';
import { tileWidth } from './tiles.ts';

/** A tile that just became full and will never change again. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: readonly Hash[];
  /** Hash of the subtree under it: an element of the tile above. */
  readonly root: Hash;
}

export class Frontier {
  #size = 0;
  /** By tile level: hashes of the last tile, always fewer than 256. */
  readonly #edges: Hash[][] = [];
  /** By binary level: root of the perfect subtree of that height, where the size has that bit. */
  readonly #peaks: (Hash | null)[] = [];

  /** From the partial tiles of a stored tree, one for each level, lowest first. */
  static restore(size: number, edges: readonly (readonly Hash[])[]): Frontier {
    const frontier = new Frontier();
    for (const [level, edge] of edges.entries()) {
      for (const hash of edge) frontier.#carry(hash, level * 8);
    }
    frontier.#size = size;
    return frontier;
  }

  get size(): number {
    return this.#size;
  }

  get edges(): readonly (readonly Hash[])[] {
    return this.#edges;
  }

  /** Returns the tiles that this leaf made full, lowest first. */
  append(leaf: Hash): readonly FullTile[] {
    const filled = this.#carry(leaf, 0);
    this.#size += 1;
    return filled;
  }

  root(): Hash {
    return foldRight(this.#peaks.filter((peak) => peak !== null).reverse());
  }

  copy(): Frontier {
    const copy = new Frontier();
    copy.#size = this.#size;
    copy.#edges.push(...this.#edges.map((edge) => [...edge]));
    copy.#peaks.push(...this.#peaks);
    return copy;
  }

  #carry(hash: Hash, from: number): readonly FullTile[] {
    const filled: FullTile[] = [];
    let [level, root] = [from, hash];
    this.#edge(level).push(root);
    for (let left = this.#peaks[level] ?? null; left !== null; left = this.#peaks[level] ?? null) {
      this.#peaks[level] = null;
      root = nodeHash(left, root);
      level += 1;
      if (level % 8 === 0) filled.push(this.#fill(level, root));
    }
    while (this.#peaks.length <= level) this.#peaks.push(null);
    this.#peaks[level] = root;
    return filled;
  }

  #fill(level: number, root: Hash): FullTile {
    const hashes = this.#edge(level - 8).splice(0, tileWidth);
    this.#edge(level).push(root);
    const at = level / 8 - 1;
    return { level: at, index: Math.floor(this.#size / tileWidth ** (at + 1)), hashes, root };
  }

  #edge(level: number): Hash[] {
    while (this.#edges.length <= level / 8) this.#edges.push([]);
    return this.#edges[level / 8] as Hash[];
  }
}
