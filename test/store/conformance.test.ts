/** What services rely on, the same on SQLite and on PostgreSQL. */
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { readLayout } from '../../src/authority/store/layout.ts';
import type { EntryQuery, Store, StoredEntry, Unit } from '../../src/authority/store/port.ts';
import { proveConsistency, proveInclusion } from '../../src/authority/store/proofs.ts';
import { openCheckpoint } from '../../src/core/log/checkpoint.ts';
import { decodeEntry, encodeEntry } from '../../src/core/log/entry-codec.ts';
import { verifyConsistency } from '../../src/core/log/merkle.ts';
import { formatProof, parseProof, verifyProof } from '../../src/core/log/proof.ts';
import { parseVerifierKey, signerFromSeed } from '../../src/core/log/verifier-key.ts';
import { verifyLog, type LogReport, type TrustedHead } from '../../src/core/log/verify.ts';
import type { Entry } from '../../src/core/model/entry.ts';
import { backends, type Place } from './backends.ts';
import { sampleApproval, sampleEntry, sampleWrit } from './samples.ts';
import { signer } from './signer.ts';

const verifier = parseVerifierKey(signer.vkey);
const withCode = (code: string): unknown => expect.objectContaining({ code });
const hostile = 'a\0b\ud800 \u{1f600} É "\'\\ %_ \u202e';

async function verifyStore({ log }: Store, trusted?: TrustedHead): Promise<LogReport> {
  const read = (path: string): Promise<Uint8Array | null> => readLayout(log, path);
  return verifyLog({ read, vkey: signer.vkey, ...(trusted === undefined ? {} : { trusted }) });
}

async function headOf({ log }: Store): Promise<TrustedHead> {
  return openCheckpoint(await log.checkpoint(), verifier);
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}

describe.each(backends())('on $name', (backend) => {
  let place: Place;
  let store: Store;
  beforeAll(() => backend.start());
  afterAll(() => backend.stop());
  beforeEach(async () => {
    place = await backend.newPlace();
    store = await place.open();
  });
  afterEach(() => store.close());

  describe('rows', () => {
    test('come back as they went in, and are seen within their own work at once', async () => {
      const writ = sampleWrit(hostile, { assistant: hostile, signature: hostile });
      const approval = sampleApproval(hostile, { writ: hostile, reason: hostile });
      const policy = {
        version: 'v1',
        files: { 'organisation.yaml': hostile, [hostile]: '' },
        publishedAt: 5,
      };
      const mode = { assistant: 'claude', mode: 'enabled', by: 'ann', reason: 'É "why"', at: 7 } as const;
      const look = async (from: Store | Unit): Promise<unknown[]> => [
        await from.writ(hostile),
        await from.approval(hostile),
        await from.currentPolicy(),
        await from.assistantMode('claude'),
      ];
      expect(await look(store)).toEqual([null, null, null, null]);
      const { value } = await store.commit(async (unit) => {
        await unit.insertWrit(writ);
        await unit.insertApproval(approval);
        await unit.setCurrentPolicy(policy);
        await unit.setAssistantMode(mode);
        return look(unit);
      });
      expect(value).toEqual([writ, approval, policy, mode]);
      expect(await look(store)).toEqual([writ, approval, policy, mode]);
    });

    test('modes and the current policy are replaced', async () => {
      const first = { version: 'v1', files: { a: '1' }, publishedAt: 1 };
      const second = { version: 'v2', files: { a: '2' }, publishedAt: 2 };
      for (const policy of [first, second, { ...first, publishedAt: 3 }]) {
        await store.commit((unit) => unit.setCurrentPolicy(policy));
        expect(await store.currentPolicy()).toEqual(policy);
      }
      const mode = { assistant: 'claude', mode: 'enabled', by: 'ann', reason: 'x', at: 1 } as const;
      await store.commit((unit) => unit.setAssistantMode(mode));
      await store.commit((unit) => unit.setAssistantMode({ ...mode, mode: 'suspended', by: 'bob', at: 2 }));
      expect(await store.assistantMode('claude')).toEqual({ ...mode, mode: 'suspended', by: 'bob', at: 2 });
    });

    test('names are told apart by their bytes', async () => {
      await store.commit(async (unit) => {
        await unit.insertWrit(sampleWrit('id', { assistant: 'Claude' }));
        await unit.insertWrit(sampleWrit('ID', { assistant: 'claude' }));
        await unit.insertWrit(sampleWrit('íd', { assistant: 'claude ' }));
        await unit.insertWrit(sampleWrit('i\u0301d', { assistant: 'cláude' }));
      });
      for (const id of ['id', 'ID', 'íd', 'i\u0301d']) expect((await store.writ(id))?.claims.id).toBe(id);
      expect(await store.writ('Id')).toBeNull();
      expect((await store.writs({ assistant: 'claude' })).map(({ claims }) => claims.id)).toEqual(['ID']);
      expect(await store.assistantMode('CLAUDE')).toBeNull();
    });

    test('writs are listed newest first, then by the bytes of their ids', async () => {
      const given: readonly (readonly [string, number])[] = [
        ['b', 1],
        ['B', 1],
        ['a', 1],
        ['é', 1],
        ['z', 2],
        ['_', 1],
      ];
      await store.commit(async (unit) => {
        for (const [id, issuedAt] of given) await unit.insertWrit(sampleWrit(id, { issuedAt }));
      });
      const ids = async (filter: Parameters<Store['writs']>[0]): Promise<readonly string[]> =>
        (await store.writs(filter)).map(({ claims }) => claims.id);
      expect(await ids({})).toEqual(['z', 'B', '_', 'a', 'b', 'é']);
      expect(await ids({ limit: 2 })).toEqual(['z', 'B']);
      expect(await ids({ limit: 0 })).toEqual([]);
    });

    test('filters of writs and approvals narrow together', async () => {
      await store.commit(async (unit) => {
        await unit.insertWrit(sampleWrit('1'));
        await unit.insertWrit(sampleWrit('2', { state: 'active', assistant: 'codex' }));
        await unit.insertWrit(sampleWrit('3', { state: 'active', remote: 'github.com/acme/other' }));
        await unit.insertApproval(sampleApproval('1'));
        await unit.insertApproval(sampleApproval('2', { state: 'granted', digest: 'd' }));
        await unit.insertApproval(sampleApproval('3', { writ: 'w2', digest: 'd' }));
      });
      const writs = async (filter: Parameters<Store['writs']>[0]): Promise<readonly string[]> =>
        (await store.writs(filter)).map(({ claims }) => claims.id);
      expect(await writs({ states: ['active'] })).toEqual(['2', '3']);
      expect(await writs({ states: ['active', 'issued'], assistant: 'claude' })).toEqual(['1', '3']);
      expect(await writs({ repository: 'github.com/acme/shop', assistant: 'codex' })).toEqual(['2']);
      expect(await writs({ states: [] })).toEqual([]);
      const approvals = async (filter: Parameters<Store['approvals']>[0]): Promise<readonly string[]> =>
        (await store.approvals(filter)).map(({ id }) => id);
      expect(await approvals({})).toEqual(['1', '2', '3']);
      expect(await approvals({ digest: 'd' })).toEqual(['2', '3']);
      expect(await approvals({ digest: 'd', states: ['granted'] })).toEqual(['2']);
      expect(await approvals({ writ: 'w2' })).toEqual(['3']);
      expect(await approvals({ limit: 1 })).toEqual(['1']);
    });

    test('a state is left once, however many try', async () => {
      await store.commit((unit) => unit.insertApproval(sampleApproval('a', { state: 'granted' })));
      await store.commit((unit) => unit.insertWrit(sampleWrit('w')));
      const uses = range(100).map(() =>
        store.commit(async (unit) => ({
          approval: await unit.updateApproval(sampleApproval('a', { state: 'used' }), 'granted'),
          writ: await unit.updateWrit(sampleWrit('w', { state: 'active', renewals: 1 }), 'issued'),
        })),
      );
      const results = (await Promise.all(uses)).map(({ value }) => value);
      expect(results.filter(({ approval }) => approval)).toHaveLength(1);
      expect(results.filter(({ writ }) => writ)).toHaveLength(1);
      expect((await store.approval('a'))?.state).toBe('used');
      expect(await store.writ('w')).toMatchObject({ state: 'active', renewals: 1 });
      const { value } = await store.commit((unit) => unit.updateWrit(sampleWrit('nobody'), 'issued'));
      expect(value).toBe(false);
    });
  });

  describe('commits', () => {
    test('give the value and the indexes of the entries, dense and in the order of asking', async () => {
      expect(await store.commit(() => 'nothing')).toEqual({ value: 'nothing', indexes: [] });
      const commits = range(300).map((at) =>
        store.commit(async (unit) => {
          for (let n = 0; n < at % 3; n += 1) unit.append(sampleEntry({ command: `${at}` }));
          if (at % 5 === 0) await unit.writs();
          return at;
        }),
      );
      const results = await Promise.all(commits);
      expect(results.map(({ value }) => value)).toEqual(range(300));
      const indexes = results.flatMap((result) => result.indexes);
      expect(indexes).toEqual(range(300));
      for (const { value, indexes: own } of results) {
        for (const index of own)
          expect(decodeEntry((await store.log.leaf(index)) as Uint8Array).command).toBe(`${value}`);
      }
      expect(await store.log.size()).toBe(300);
      expect((await verifyStore(store)).failures).toEqual([]);
    });

    test('that throw roll back alone, with their rows and entries', async () => {
      const commits = range(60).map((at) =>
        store.commit(async (unit) => {
          unit.append(sampleEntry({ command: `${at}` }));
          if (at % 2 === 0) await unit.insertWrit(sampleWrit(`${at}`));
          unit.append(sampleEntry({ command: `${at} again` }));
          if (at % 3 === 0) throw new Error(`no ${at}`);
          return at;
        }),
      );
      const results = await Promise.allSettled(commits);
      const kept = range(60).filter((at) => at % 3 !== 0);
      const told = results.map((result) =>
        result.status === 'fulfilled' ? result.value.value : String(result.reason),
      );
      expect(told).toEqual(range(60).map((at) => (at % 3 === 0 ? `Error: no ${at}` : at)));
      const commands = (await store.log.entries()).map(({ entry }) => entry.command);
      expect(commands).toEqual(kept.flatMap((at) => [`${at}`, `${at} again`]));
      const writs = (await store.writs()).map(({ claims }) => Number(claims.id)).sort((a, b) => a - b);
      expect(writs).toEqual(kept.filter((at) => at % 2 === 0));
      expect((await verifyStore(store)).failures).toEqual([]);
    });

    test('are not seen from outside before they are durable', async () => {
      let during: unknown[] = [];
      await store.commit(async (unit) => {
        await unit.insertWrit(sampleWrit('w'));
        unit.append(sampleEntry());
        during = [await store.writ('w'), await store.log.size(), (await unit.writ('w'))?.claims.id];
      });
      expect(during).toEqual([null, 0, 'w']);
      expect([(await store.writ('w'))?.claims.id, await store.log.size()]).toEqual(['w', 1]);
    });

    test('whose operation failed fail whole, even if the work went on; their neighbours do not', async () => {
      await store.commit((unit) => unit.insertWrit(sampleWrit('taken')));
      const before = store.commit((unit) => unit.insertWrit(sampleWrit('before')));
      const failing = store.commit(async (unit) => {
        unit.append(sampleEntry());
        await unit.insertWrit(sampleWrit('lost'));
        await unit.insertWrit(sampleWrit('taken')).catch(() => {});
        return 'done';
      });
      const after = store.commit((unit) => unit.insertWrit(sampleWrit('after')));
      await expect(failing).rejects.toEqual(withCode('store_conflict'));
      await Promise.all([before, after]);
      const ids = (await store.writs()).map(({ claims }) => claims.id);
      expect(ids).toEqual(['after', 'before', 'taken']);
      expect(await store.log.size()).toBe(0);
    });

    test('of an invalid entry fail alone; of an over-long one it is shortened', async () => {
      const bad = store.commit((unit) => unit.append(sampleEntry({ time: -1 })));
      const long = store.commit((unit) => unit.append(sampleEntry({ command: 'x'.repeat(100_000) })));
      await expect(bad).rejects.toEqual(withCode('entry_invalid'));
      expect((await long).indexes).toEqual([0]);
      const [stored] = await store.log.entries({ command: 'xxx' });
      expect(stored?.entry.data).toHaveProperty('shortened');
    });

    test('end with their work: the unit is of no use afterwards', async () => {
      let kept: Unit | null = null;
      await store.commit((unit) => {
        kept = unit;
      });
      const unit = kept as unknown as Unit;
      expect(() => unit.append(sampleEntry())).toThrow(withCode('unit_ended'));
      await expect(async () => unit.insertWrit(sampleWrit('late'))).rejects.toEqual(withCode('unit_ended'));
      expect(await store.writ('late')).toBeNull();
    });

    test('take in what a work forgot to wait for', async () => {
      await store.commit((unit) => {
        void unit.insertWrit(sampleWrit('forgotten'));
      });
      expect(await store.writ('forgotten')).not.toBeNull();
    });

    test('do not wait for ever for a work that hangs', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        let begun = (): void => {};
        const started = new Promise<void>((resolve) => (begun = resolve));
        const hanging = store.commit(async (unit) => {
          await unit.insertWrit(sampleWrit('never'));
          begun();
          await new Promise(() => {});
        });
        const next = store.commit((unit) => unit.append(sampleEntry()));
        await started;
        vi.advanceTimersByTime(11_000);
        await expect(hanging).rejects.toEqual(withCode('work_overdue'));
        expect((await next).indexes).toEqual([0]);
        expect(await store.writ('never')).toBeNull();
      } finally {
        vi.useRealTimers();
      }
    });

    test('of works that commit again, or many at once, all get their turn', async () => {
      const chains = range(20).map(async (chain) => {
        for (const at of range(20))
          await store.commit((unit) => unit.append(sampleEntry({ session: `${chain}`, time: at })));
      });
      const burst = range(1500).map(() => store.commit((unit) => unit.append(sampleEntry())));
      await Promise.all([...chains, ...burst]);
      expect(await store.log.size()).toBe(1900);
      const own = await store.log.entries({ session: '7' });
      expect(own.map(({ entry }) => entry.time)).toEqual(range(20));
    });

    test('are refused after closing, and those under way are finished first', async () => {
      const other = await place.open();
      const last = other.commit((unit) => unit.append(sampleEntry()));
      const closing = other.close();
      await expect(other.commit(() => {})).rejects.toEqual(withCode('store_closed'));
      expect((await last).indexes).toEqual([0]);
      await closing;
      expect(await store.log.size()).toBe(1);
    });
  });

  describe('the log', () => {
    test('is empty and signed at first', async () => {
      expect(await headOf(store)).toMatchObject({ origin: 'test.example/log', size: 0 });
      expect(await store.log.entries()).toEqual([]);
      expect(await store.log.leaf(0)).toBeNull();
      expect((await verifyStore(store)).failures).toEqual([]);
    });

    test('grows over tile borders and reopening, and continues every earlier head', async () => {
      const heads: TrustedHead[] = [];
      for (const batch of [1, 254, 1, 1, 255, 300, 1]) {
        await Promise.all(
          range(batch).map((at) => store.commit((unit) => unit.append(sampleEntry({ time: at })))),
        );
        heads.push(await headOf(store));
        await store.close();
        store = await place.open();
        expect(await headOf(store)).toEqual(heads.at(-1));
      }
      expect(heads.map(({ size }) => size)).toEqual([1, 255, 256, 257, 512, 812, 813]);
      for (const head of heads) expect((await verifyStore(store, head)).failures).toEqual([]);
      for (const { size, root } of heads) {
        const proof = await proveConsistency(store.log, size);
        const now = openCheckpoint(proof.checkpoint, verifier);
        expect(verifyConsistency(size, root, proof.to, now.root, proof.hashes)).toBe(true);
      }
    });

    test('proves any entry offline', async () => {
      const commands = range(700).map((at) => `echo ${at}`);
      await Promise.all(
        commands.map((command) => store.commit((unit) => unit.append(sampleEntry({ command })))),
      );
      for (const index of [0, 1, 255, 256, 511, 512, 699]) {
        const proof = parseProof(formatProof(await proveInclusion(store.log, index)));
        const leaf = (await store.log.leaf(index)) as Uint8Array;
        expect(Buffer.from(leaf)).toEqual(encodeEntry(sampleEntry({ command: `echo ${index}` })));
        expect(verifyProof(proof, leaf, verifier).size).toBe(700);
        expect(() => verifyProof(proof, encodeEntry(sampleEntry()), verifier)).toThrow(
          withCode('proof_invalid'),
        );
      }
      await expect(proveInclusion(store.log, 700)).rejects.toEqual(withCode('range_invalid'));
      await expect(proveConsistency(store.log, 701)).rejects.toEqual(withCode('range_invalid'));
    });

    test('has no entries, tiles or files beyond its end', async () => {
      await Promise.all(range(300).map(() => store.commit((unit) => unit.append(sampleEntry()))));
      expect(await store.log.leaf(300)).toBeNull();
      expect(await store.log.leaf(-1)).toBeNull();
      expect(await store.log.leaf(0.5)).toBeNull();
      expect(await store.log.leaves(300, 300)).toEqual([]);
      expect(await store.log.leaves(298, 300)).toHaveLength(2);
      await expect(store.log.leaves(0, 301)).rejects.toEqual(withCode('log_range'));
      await expect(store.log.leaves(2, 1)).rejects.toEqual(withCode('log_range'));
      for (const [level, index, width] of [
        [0, 1, 45],
        [0, 2, 1],
        [1, 0, 2],
        [0, 0, 257],
        [0, 0, 0],
        [-1, 0, 1],
        [0, NaN, 1],
      ] as const) {
        await expect(store.log.tile(level, index, width)).rejects.toEqual(withCode('log_range'));
      }
      const whole = await store.log.tile(0, 0, 256);
      expect(Buffer.from(await store.log.tile(0, 0, 9))).toEqual(Buffer.from(whole.subarray(0, 288)));
      for (const path of [
        'tile/0/001.p/45',
        'tile/0/001',
        'tile/entries/002',
        'tile/9/000',
        '../checkpoint',
        'x',
        '',
      ]) {
        expect(await readLayout(store.log, path)).toBeNull();
      }
    });

    test('is shared by several stores, which append in turn', async () => {
      const others = await Promise.all(range(3).map(() => place.open()));
      const all = [store, ...others];
      const commits = range(400).map((at) =>
        (all[at % all.length] as Store).commit(async (unit) => {
          unit.append(sampleEntry({ command: `${at}` }));
          if (at % 7 === 0) await unit.insertWrit(sampleWrit(`${at}`));
        }),
      );
      const indexes = (await Promise.all(commits)).flatMap((result) => result.indexes);
      expect(indexes.toSorted((a, b) => a - b)).toEqual(range(400));
      for (const [at, index] of indexes.entries()) {
        const leaf = (await store.log.leaf(index)) as Uint8Array;
        expect(decodeEntry(leaf).command).toBe(`${at}`);
      }
      for (const one of all) expect((await verifyStore(one)).checkpoint?.size).toBe(400);
      expect((await verifyStore(store)).failures).toEqual([]);
      await Promise.all(others.map((other) => other.close()));
    });

    test('is opened and made by several at once', async () => {
      const fresh = await backend.newPlace();
      const stores = await Promise.all(range(4).map(() => fresh.open()));
      await Promise.all(stores.map((one) => one.commit((unit) => unit.append(sampleEntry()))));
      expect(await (stores[0] as Store).log.size()).toBe(4);
      await Promise.all(stores.map((one) => one.close()));
    });
  });

  describe('search', () => {
    const names = fc.constantFrom('claude', 'Claude', 'codex', 'é', hostile.replace('\ud800', ''));
    const maybe = fc.option(names);
    const entries = fc.record({
      v: fc.constant(1 as const),
      type: fc.constantFrom('decision', 'writ.issued', 'alert'),
      time: fc.integer({ min: 1000, max: 1010 }),
      assistant: maybe,
      repository: maybe,
      writ: maybe,
      session: maybe,
      person: fc.constant(null),
      command: fc.option(fc.constantFrom('git push', 'Git Push', 'echo 100%', 'a_b', 'x\0y', 'É')),
      decision: fc.option(fc.constantFrom('allow', 'deny', 'step-up')),
      data: fc.constant({}),
    }) as fc.Arbitrary<Entry>;
    const queries = fc.record(
      {
        types: fc.subarray(['decision', 'writ.issued', 'alert'] as const),
        assistant: names,
        repository: names,
        writ: names,
        session: names,
        decision: fc.constantFrom('allow', 'deny', 'step-up'),
        command: fc.constantFrom('git', 'Push', '%', '_', '', 'É', 'x\0y', 'nothing'),
        since: fc.integer({ min: 999, max: 1011 }),
        until: fc.integer({ min: 999, max: 1011 }),
        from: fc.integer({ min: 0, max: 130 }),
        order: fc.constantFrom('oldest-first', 'newest-first'),
        limit: fc.integer({ min: 0, max: 20 }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<EntryQuery>;

    /** The same, by looking at each. */
    function filter(all: readonly StoredEntry[], asked: EntryQuery): readonly StoredEntry[] {
      const found = all.filter(
        ({ index, entry }) =>
          (asked.types?.includes(entry.type) ?? true) &&
          (['assistant', 'repository', 'writ', 'session', 'decision'] as const).every(
            (key) => asked[key] === undefined || asked[key] === entry[key],
          ) &&
          (asked.command === undefined || (entry.command?.includes(asked.command) ?? false)) &&
          entry.time >= (asked.since ?? 0) &&
          entry.time <= (asked.until ?? Infinity) &&
          index >= (asked.from ?? 0),
      );
      const ordered = asked.order === 'newest-first' ? found.toReversed() : found;
      return ordered.slice(0, asked.limit ?? ordered.length);
    }

    test('finds exactly what a look at every entry finds', async () => {
      const given = fc.sample(entries, { numRuns: 120, seed: 4 });
      await Promise.all(given.map((entry) => store.commit((unit) => unit.append(entry))));
      const all = given.map((entry, index) => ({ index, entry }));
      expect(await store.log.entries()).toEqual(all);
      await fc.assert(
        fc.asyncProperty(queries, async (query) => {
          expect(await store.log.entries(query)).toEqual(filter(all, query));
        }),
        { numRuns: 300 },
      );
    });

    test('gives 1,000 when not told how many, and never more than 10,000', async () => {
      await store.commit((unit) => range(10_005).forEach((time) => unit.append(sampleEntry({ time }))));
      expect(await store.log.entries()).toHaveLength(1000);
      expect(await store.log.entries({ limit: 1e9 })).toHaveLength(10_000);
      expect((await store.log.entries({ limit: 1, order: 'newest-first' }))[0]?.index).toBe(10_004);
    });
  });

  describe('tampering is noticed on opening', () => {
    const before = async (): Promise<void> => {
      await Promise.all(range(600).map((time) => store.commit((unit) => unit.append(sampleEntry({ time })))));
      await store.commit((unit) => unit.insertWrit(sampleWrit('w')));
    };
    const copy = (from: number, to: number): string =>
      `update entries set body = (select body from entries where seq = ${from}) where seq = ${to}`;
    test.each<[string, readonly string[], string]>([
      ['the last entry changed', [copy(598, 599)], 'log_tampered'],
      ['an entry of the last tile changed', [copy(598, 513)], 'log_tampered'],
      ['the last entry deleted', ['delete from entries where seq = 599'], 'log_tampered'],
      ['an entry of the last tile deleted', ['delete from entries where seq = 550'], 'log_tampered'],
      [
        'an entry added',
        [
          'insert into entries (seq, type, time, body) select 600, type, time, body from entries where seq = 1',
        ],
        'log_tampered',
      ],
      ['a tile deleted', ['delete from tiles where seq = 1'], 'log_tampered'],
      [
        'a tile swapped',
        ['update tiles set root = (select t.root from tiles t where t.seq = 0) where seq = 1'],
        'log_tampered',
      ],
      [
        'entries and size cut back',
        ['delete from entries where seq >= 512', 'update log_head set size = 512'],
        'log_tampered',
      ],
      [
        'the checkpoint changed',
        [`update log_head set checkpoint = replace(checkpoint, '600', '599')`],
        'log_tampered',
      ],
      ['the checkpoint emptied', [`update log_head set checkpoint = ''`], 'log_tampered'],
      ['the head deleted', ['delete from log_head'], 'log_tampered'],
      [
        'the log deleted, its writs kept',
        ['delete from log_head', 'delete from entries', 'delete from tiles'],
        'log_tampered',
      ],
      ['a later schema', ['update schema_version set version = 99'], 'store_newer'],
    ])('%s', async (_, statements, code) => {
      await before();
      for (const statement of statements) await place.execute(statement);
      await expect(place.open()).rejects.toEqual(withCode(code));
    });

    test('a row changed deep in the past is told by the full check, and on reading', async () => {
      await before();
      await place.execute(copy(5, 6));
      expect((await verifyStore(store)).failures).toMatchObject([{ code: 'entry_mismatch', index: 6 }]);
      await place.execute(`update entries set body = (select hashes from tiles where seq = 0) where seq = 7`);
      await expect(store.log.entries({ from: 7, limit: 1 })).rejects.toEqual(withCode('log_tampered'));
    });

    test('and while it runs, before anything more is signed', async () => {
      await before();
      await place.execute('update log_head set size = 599');
      await expect(store.commit((unit) => unit.append(sampleEntry()))).rejects.toEqual(
        withCode('log_tampered'),
      );
      await place.execute('update log_head set size = 600');
      expect((await store.commit((unit) => unit.append(sampleEntry()))).indexes).toEqual([600]);
    });

    test('a log is continued by its own key only', async () => {
      const other = signerFromSeed('test.example/log', new Uint8Array(32).fill(4));
      await expect(place.open(other)).rejects.toEqual(withCode('log_key_mismatch'));
    });
  });
});
