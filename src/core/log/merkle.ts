/** Merkle tree hashes and proofs of RFC 6962 section 2.1 (RFC 9162 section 2.1 is the same tree). */
import { hash } from 'node:crypto';
import { logError } from './errors.ts';

/** SHA-256, 32 bytes. */
export type Hash = Uint8Array;
export const hashBytes = 32;

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

export const emptyRoot: Hash = sha256(new Uint8Array());

export function sha256(bytes: Uint8Array): Hash {
  return hash('sha256', bytes, 'buffer');
}

export function leafHash(entry: Uint8Array): Hash {
  return sha256(Buffer.concat([leafPrefix, entry]));
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(Buffer.concat([nodePrefix, left, right]));
}

export function sameHash(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The perfect subtree over the leaves `[index * 2^level, (index + 1) * 2^level)`. */
interface TreeNode {
  readonly level: number;
  readonly index: number;
}

export type NodeReader = (node: TreeNode) => Promise<Hash>;

/** Half-open range of leaves whose hash stands in a proof. */
interface LeafRange {
  readonly begin: number;
  readonly end: number;
}

/**
 * PATH(index, D[size]), nearest sibling first.
 * @throws WritError `range_invalid`
 */
export async function inclusionProof(
  index: number,
  size: number,
  read: NodeReader,
): Promise<readonly Hash[]> {
  assertRange(Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size);
  const ranges: LeafRange[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = begin + split(end - begin);
    if (index < middle) {
      ranges.push({ begin: middle, end });
      end = middle;
    } else {
      ranges.push({ begin, end: middle });
      begin = middle;
    }
  }
  return Promise.all(ranges.reverse().map((range) => rangeHash(range, read)));
}

/**
 * PROOF(from, D[to]). Empty for equal sizes and from the empty tree, as C2SP asks.
 * @throws WritError `range_invalid`
 */
export async function consistencyProof(from: number, to: number, read: NodeReader): Promise<readonly Hash[]> {
  assertRange(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to);
  if (from === 0) return [];
  const ranges: LeafRange[] = [];
  let [begin, end, whole] = [0, to, true];
  while (from !== end) {
    const middle = begin + split(end - begin);
    if (from <= middle) {
      ranges.push({ begin: middle, end });
      end = middle;
    } else {
      ranges.push({ begin, end: middle });
      begin = middle;
      whole = false;
    }
  }
  if (!whole) ranges.push({ begin, end });
  return Promise.all(ranges.reverse().map((range) => rangeHash(range, read)));
}

/** RFC 9162 section 2.1.3.2. */
export function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let [fn, sn, current] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      current = nodeHash(sibling, current);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      current = nodeHash(current, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameHash(current, root);
}

/** RFC 9162 section 2.1.4.2. Every tree is consistent with the empty one. */
export function verifyConsistency(
  from: number,
  fromRoot: Hash,
  to: number,
  toRoot: Hash,
  proof: readonly Hash[],
): boolean {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to) return false;
  if (from === 0) return proof.length === 0 && sameHash(fromRoot, emptyRoot);
  if (from === to) return proof.length === 0 && sameHash(fromRoot, toRoot);
  const [first, ...rest] = split(from * 2) === from ? [fromRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [fn, sn, old, current] = [from - 1, to - 1, first, first];
  while (isOdd(fn)) [fn, sn] = [half(fn), half(sn)];
  for (const sibling of rest) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      old = nodeHash(sibling, old);
      current = nodeHash(sibling, current);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      current = nodeHash(current, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameHash(old, fromRoot) && sameHash(current, toRoot);
}

/** Root over adjacent subtrees that shrink from left to right: `node(a, node(b, c))`. */
export function foldRight(subtrees: readonly Hash[]): Hash {
  return (
    subtrees.reduceRight<Hash | null>((right, left) => (right ? nodeHash(left, right) : left), null) ??
    emptyRoot
  );
}

async function rangeHash({ begin, end }: LeafRange, read: NodeReader): Promise<Hash> {
  const nodes: TreeNode[] = [];
  for (let at = begin; at < end;) {
    let [level, width] = [0, 1];
    while (at % (width * 2) === 0 && at + width * 2 <= end) [level, width] = [level + 1, width * 2];
    nodes.push({ level, index: at / width });
    at += width;
  }
  return foldRight(await Promise.all(nodes.map(read)));
}

/** Largest power of two below `n`. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function isOdd(n: number): boolean {
  return n % 2 === 1;
}

function half(n: number): number {
  return Math.floor(n / 2);
}

function assertRange(holds: boolean): asserts holds {
  if (!holds) throw logError('range_invalid', 'the tree has no such index or size');
}
