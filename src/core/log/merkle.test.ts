import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  nodeHash,
  sameHash,
  verifyConsistency,
  verifyInclusion,
  type Hash,
  type NodeReader,
} from './merkle.ts';

/** The definitions of RFC 6962 section 2.1, word for word and as slow as they come. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
function mth(d: readonly Hash[]): Hash {
  if (d.length === 0) return emptyRoot;
  if (d.length === 1) return d[0] as Hash;
  const k = split(d.length);
  return nodeHash(mth(d.slice(0, k)), mth(d.slice(k)));
}
function path(m: number, d: readonly Hash[]): readonly Hash[] {
  if (d.length === 1) return [];
  const k = split(d.length);
  return m < k
    ? [...path(m, d.slice(0, k)), mth(d.slice(k))]
    : [...path(m - k, d.slice(k)), mth(d.slice(0, k))];
}
function subproof(m: number, d: readonly Hash[], whole: boolean): readonly Hash[] {
  if (m === d.length) return whole ? [] : [mth(d)];
  const k = split(d.length);
  return m <= k
    ? [...subproof(m, d.slice(0, k), whole), mth(d.slice(k))]
    : [...subproof(m - k, d.slice(k), false), mth(d.slice(0, k))];
}

const leaves = Array.from({ length: 600 }, (_, at) => leafHash(Buffer.from(`entry ${at}`)));
const reader: NodeReader = async ({ level, index }) =>
  mth(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
const hex = (hash: Hash): string => Buffer.from(hash).toString('hex');

test('hashes are those of the published vectors', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) => leafHash(Buffer.from(text))) as [Hash, Hash, Hash];
  expect([a, b, c].map(hex)).toEqual([
    '022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c',
    '57eb35615d47f34ec714cacdf5fd74608a5e8e102724e80b24b287c0c27b6a31',
    '597fcb31282d34654c200d3418fca5705c648ebf326ec73d8ddef11841f876d8',
  ]);
  expect(hex(nodeHash(a, b))).toBe('b137985ff484fb600db93107c77b0365c80d78f5b429ded0fd97361d077999eb');
  expect(hex(mth([a, b, c]))).toBe('36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1');
  expect(hex(emptyRoot)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(hex(leafHash(new Uint8Array()))).toBe(
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  );
});

describe('inclusion', () => {
  test('of every entry in every tree up to 40 is the proof of the definition, and verifies', async () => {
    for (let size = 1; size <= 40; size += 1) {
      const d = leaves.slice(0, size);
      for (let index = 0; index < size; index += 1) {
        const proof = await inclusionProof(index, size, reader);
        expect(proof.map(hex)).toEqual(path(index, d).map(hex));
        expect(verifyInclusion(d[index] as Hash, index, size, proof, mth(d))).toBe(true);
      }
    }
  });

  test('holds for no other entry, index, size, root or proof', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 600 }), fc.nat(), fc.nat(), async (size, a, b) => {
        const [index, other] = [a % size, b % size];
        const proof = await inclusionProof(index, size, reader);
        const [leaf, root] = [leaves[index] as Hash, mth(leaves.slice(0, size))];
        expect(verifyInclusion(leaf, index, size, proof, root)).toBe(true);
        expect(verifyInclusion(leaf, other, size, proof, root)).toBe(other === index);
        expect(verifyInclusion(leaves[other] as Hash, index, size, proof, root)).toBe(other === index);
        expect(verifyInclusion(leaf, index, size, [...proof, root], root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, proof.slice(1), root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, proof, leaf)).toBe(false);
        expect(verifyInclusion(leaf, size, size, proof, root)).toBe(false);
        expect(verifyInclusion(leaf, -1, size, proof, root)).toBe(false);
        expect(verifyInclusion(leaf, index + 0.5, size, proof, root)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

describe('consistency', () => {
  test('of every pair of trees up to 40 is the proof of the definition, and verifies', async () => {
    for (let to = 1; to <= 40; to += 1) {
      const root = mth(leaves.slice(0, to));
      for (let from = 0; from <= to; from += 1) {
        const proof = await consistencyProof(from, to, reader);
        expect(proof.map(hex)).toEqual(from === 0 ? [] : subproof(from, leaves.slice(0, to), true).map(hex));
        expect(verifyConsistency(from, mth(leaves.slice(0, from)), to, root, proof)).toBe(true);
      }
    }
  });

  test('does not hold for a forked, shorter or tampered tree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 600 }), fc.nat(), fc.nat(), async (to, a, b) => {
        const from = 1 + (a % (to - 1));
        const changed = b % from;
        const proof = await consistencyProof(from, to, reader);
        const [old, root] = [mth(leaves.slice(0, from)), mth(leaves.slice(0, to))];
        expect(verifyConsistency(from, old, to, root, proof)).toBe(true);
        const forked = leaves.slice(0, from).with(changed, leafHash(Buffer.from('forged')));
        expect(verifyConsistency(from, mth(forked), to, root, proof)).toBe(false);
        expect(verifyConsistency(from, old, to, old, proof)).toBe(false);
        expect(verifyConsistency(to, root, from, old, proof)).toBe(false);
        expect(verifyConsistency(from, old, to, root, [...proof, root])).toBe(false);
        expect(verifyConsistency(from, old, to, root, proof.slice(1))).toBe(false);
        expect(verifyConsistency(from, old, to, root, [])).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('from the empty tree needs its root, and no proof', () => {
    const root = mth(leaves);
    expect(verifyConsistency(0, emptyRoot, 600, root, [])).toBe(true);
    expect(verifyConsistency(0, root, 600, root, [])).toBe(false);
    expect(verifyConsistency(0, emptyRoot, 600, root, [root])).toBe(false);
  });
});

test.each([
  ['inclusion past the end', () => inclusionProof(5, 5, reader)],
  ['inclusion before the start', () => inclusionProof(-1, 5, reader)],
  ['inclusion of a fraction', () => inclusionProof(1.5, 5, reader)],
  ['consistency with a larger tree', () => consistencyProof(6, 5, reader)],
  ['a size beyond integers', () => consistencyProof(1, 2 ** 60, reader)],
])('no proof for %s', async (_, ask) => {
  await expect(ask()).rejects.toMatchObject({ code: 'range_invalid' });
});

test('hashes compare by all of their bytes', () => {
  expect(sameHash(leaves[0] as Hash, Uint8Array.from(leaves[0] as Hash))).toBe(true);
  expect(sameHash(leaves[0] as Hash, (leaves[0] as Hash).subarray(0, 31))).toBe(false);
});
