/** The log: grows, continues, proves, and is shared. */
import { expect, test } from 'vitest';
import { readLayout } from '../../../src/authority/store/layout.ts';
import type { Store } from '../../../src/authority/store/port.ts';
import { proveConsistency, proveInclusion } from '../../../src/authority/store/proofs.ts';
import { openCheckpoint } from '../../../src/core/log/checkpoint.ts';
import { decodeEntry, encodeEntry } from '../../../src/core/log/entry-codec.ts';
import { verifyConsistency } from '../../../src/core/log/merkle.ts';
import { formatProof, parseProof, verifyProof } from '../../../src/core/log/proof.ts';
import type { TrustedHead } from '../../../src/core/log/verify.ts';
import { sampleEntry, sampleWrit } from '../samples.ts';
import { headOf, range, verifier, verifyStore, withCode, type OnBackend } from './on-backend.ts';

export function logConform(on: OnBackend): void {
  test('is empty and signed at first', async () => {
    expect(await headOf(on.store)).toMatchObject({ origin: 'test.example/log', size: 0 });
    expect(await on.store.log.entries()).toEqual([]);
    expect(await on.store.log.leaf(0)).toBeNull();
    expect((await verifyStore(on.store)).failures).toEqual([]);
  });

  test('grows over tile borders and reopening, and continues every earlier head', async () => {
    const heads: TrustedHead[] = [];
    for (const batch of [1, 254, 1, 1, 255, 300, 1]) {
      await Promise.all(
        range(batch).map((at) => on.store.commit((unit) => unit.append(sampleEntry({ time: at })))),
      );
      heads.push(await headOf(on.store));
      await on.store.close();
      on.store = await on.place.open();
      expect(await headOf(on.store)).toEqual(heads.at(-1));
    }
    expect(heads.map(({ size }) => size)).toEqual([1, 255, 256, 257, 512, 812, 813]);
    for (const head of heads) expect((await verifyStore(on.store, head)).failures).toEqual([]);
    for (const { size, root } of heads) {
      const proof = await proveConsistency(on.store.log, size);
      const now = openCheckpoint(proof.checkpoint, verifier);
      expect(verifyConsistency(size, root, proof.to, now.root, proof.hashes)).toBe(true);
    }
  });

  test('proves any entry offline', async () => {
    const commands = range(700).map((at) => `echo ${at}`);
    await Promise.all(
      commands.map((command) => on.store.commit((unit) => unit.append(sampleEntry({ command })))),
    );
    for (const index of [0, 1, 255, 256, 511, 512, 699]) {
      const proof = parseProof(formatProof(await proveInclusion(on.store.log, index)));
      const leaf = (await on.store.log.leaf(index)) as Uint8Array;
      expect(Buffer.from(leaf)).toEqual(encodeEntry(sampleEntry({ command: `echo ${index}` })));
      expect(verifyProof(proof, leaf, verifier).size).toBe(700);
      expect(() => verifyProof(proof, encodeEntry(sampleEntry()), verifier)).toThrow(
        withCode('proof_invalid'),
      );
    }
    await expect(proveInclusion(on.store.log, 700)).rejects.toEqual(withCode('range_invalid'));
    await expect(proveConsistency(on.store.log, 701)).rejects.toEqual(withCode('range_invalid'));
  });

  test('has no entries, tiles or files beyond its end', async () => {
    await Promise.all(range(300).map(() => on.store.commit((unit) => unit.append(sampleEntry()))));
    expect(await on.store.log.leaf(300)).toBeNull();
    expect(await on.store.log.leaf(-1)).toBeNull();
    expect(await on.store.log.leaf(0.5)).toBeNull();
    expect(await on.store.log.leaves(300, 300)).toEqual([]);
    expect(await on.store.log.leaves(298, 300)).toHaveLength(2);
    await expect(on.store.log.leaves(0, 301)).rejects.toEqual(withCode('log_range'));
    await expect(on.store.log.leaves(2, 1)).rejects.toEqual(withCode('log_range'));
    for (const [level, index, width] of [
      [0, 1, 45],
      [0, 2, 1],
      [1, 0, 2],
      [0, 0, 257],
      [0, 0, 0],
      [-1, 0, 1],
      [0, NaN, 1],
    ] as const) {
      await expect(on.store.log.tile(level, index, width)).rejects.toEqual(withCode('log_range'));
    }
    const whole = await on.store.log.tile(0, 0, 256);
    expect(Buffer.from(await on.store.log.tile(0, 0, 9))).toEqual(Buffer.from(whole.subarray(0, 288)));
    for (const path of [
      'tile/0/001.p/45',
      'tile/0/001',
      'tile/entries/002',
      'tile/9/000',
      '../checkpoint',
      'x',
      '',
    ]) {
      expect(await readLayout(on.store.log, path)).toBeNull();
    }
  });

  test('is shared by several stores, which append in turn', async () => {
    const others = await Promise.all(range(3).map(() => on.place.open()));
    const all = [on.store, ...others];
    const commits = range(400).map((at) =>
      (all[at % all.length] as Store).commit(async (unit) => {
        unit.append(sampleEntry({ command: `${at}` }));
        if (at % 7 === 0) await unit.insertWrit(sampleWrit(`${at}`));
      }),
    );
    const indexes = (await Promise.all(commits)).flatMap((result) => result.indexes);
    expect(indexes.toSorted((a, b) => a - b)).toEqual(range(400));
    for (const [at, index] of indexes.entries()) {
      const leaf = (await on.store.log.leaf(index)) as Uint8Array;
      expect(decodeEntry(leaf).command).toBe(`${at}`);
    }
    for (const one of all) expect((await verifyStore(one)).checkpoint?.size).toBe(400);
    expect((await verifyStore(on.store)).failures).toEqual([]);
    await Promise.all(others.map((other) => other.close()));
  });

  test('is opened and made by several at once', async () => {
    const fresh = await on.backend.newPlace();
    const stores = await Promise.all(range(4).map(() => fresh.open()));
    await Promise.all(stores.map((one) => one.commit((unit) => unit.append(sampleEntry()))));
    expect(await (stores[0] as Store).log.size()).toBe(4);
    await Promise.all(stores.map((one) => one.close()));
  });
}
