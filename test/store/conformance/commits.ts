/** Commits: whole or not at all, each for itself, in the order of asking. */
import { expect, test, vi } from 'vitest';
import type { Unit } from '../../../src/authority/store/port.ts';
import { decodeEntry } from '../../../src/core/log/entry-codec.ts';
import { sampleEntry, sampleWrit } from '../samples.ts';
import { range, verifyStore, withCode, type OnBackend } from './on-backend.ts';

export function commitsConform(on: OnBackend): void {
  test('give the value and the indexes of the entries, dense and in the order of asking', async () => {
    expect(await on.store.commit(() => 'nothing')).toEqual({ value: 'nothing', indexes: [] });
    const commits = range(300).map((at) =>
      on.store.commit(async (unit) => {
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
        expect(decodeEntry((await on.store.log.leaf(index)) as Uint8Array).command).toBe(`${value}`);
    }
    expect(await on.store.log.size()).toBe(300);
    expect((await verifyStore(on.store)).failures).toEqual([]);
  });

  test('that throw roll back alone, with their rows and entries', async () => {
    const commits = range(60).map((at) =>
      on.store.commit(async (unit) => {
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
    const commands = (await on.store.log.entries()).map(({ entry }) => entry.command);
    expect(commands).toEqual(kept.flatMap((at) => [`${at}`, `${at} again`]));
    const writs = (await on.store.writs()).map(({ claims }) => Number(claims.id)).sort((a, b) => a - b);
    expect(writs).toEqual(kept.filter((at) => at % 2 === 0));
    expect((await verifyStore(on.store)).failures).toEqual([]);
  });

  test('are not seen from outside before they are durable', async () => {
    let during: unknown[] = [];
    await on.store.commit(async (unit) => {
      await unit.insertWrit(sampleWrit('w'));
      unit.append(sampleEntry());
      during = [await on.store.writ('w'), await on.store.log.size(), (await unit.writ('w'))?.claims.id];
    });
    expect(during).toEqual([null, 0, 'w']);
    expect([(await on.store.writ('w'))?.claims.id, await on.store.log.size()]).toEqual(['w', 1]);
  });

  test('whose operation failed fail whole, even if the work went on; their neighbours do not', async () => {
    await on.store.commit((unit) => unit.insertWrit(sampleWrit('taken')));
    const before = on.store.commit((unit) => unit.insertWrit(sampleWrit('before')));
    const failing = on.store.commit(async (unit) => {
      unit.append(sampleEntry());
      await unit.insertWrit(sampleWrit('lost'));
      await unit.insertWrit(sampleWrit('taken')).catch(() => {});
      return 'done';
    });
    const after = on.store.commit((unit) => unit.insertWrit(sampleWrit('after')));
    await expect(failing).rejects.toEqual(withCode('store_conflict'));
    await Promise.all([before, after]);
    const ids = (await on.store.writs()).map(({ claims }) => claims.id);
    expect(ids).toEqual(['after', 'before', 'taken']);
    expect(await on.store.log.size()).toBe(0);
  });

  test('of an invalid entry fail alone; of an over-long one it is shortened', async () => {
    const bad = on.store.commit((unit) => unit.append(sampleEntry({ time: -1 })));
    const long = on.store.commit((unit) => unit.append(sampleEntry({ command: 'x'.repeat(100_000) })));
    await expect(bad).rejects.toEqual(withCode('entry_invalid'));
    expect((await long).indexes).toEqual([0]);
    const [stored] = await on.store.log.entries({ command: 'xxx' });
    expect(stored?.entry.data).toHaveProperty('shortened');
  });

  test('end with their work: the unit is of no use afterwards', async () => {
    let kept: Unit | null = null;
    await on.store.commit((unit) => {
      kept = unit;
    });
    const unit = kept as unknown as Unit;
    expect(() => unit.append(sampleEntry())).toThrow(withCode('unit_ended'));
    await expect(async () => unit.insertWrit(sampleWrit('late'))).rejects.toEqual(withCode('unit_ended'));
    expect(await on.store.writ('late')).toBeNull();
  });

  test('take in what a work forgot to wait for', async () => {
    await on.store.commit((unit) => {
      void unit.insertWrit(sampleWrit('forgotten'));
    });
    expect(await on.store.writ('forgotten')).not.toBeNull();
  });

  test('do not wait for ever for a work that hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let begun = (): void => {};
      const started = new Promise<void>((resolve) => (begun = resolve));
      const hanging = on.store.commit(async (unit) => {
        await unit.insertWrit(sampleWrit('never'));
        begun();
        await new Promise(() => {});
      });
      const next = on.store.commit((unit) => unit.append(sampleEntry()));
      await started;
      vi.advanceTimersByTime(11_000);
      await expect(hanging).rejects.toEqual(withCode('work_overdue'));
      expect((await next).indexes).toEqual([0]);
      expect(await on.store.writ('never')).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  test('of works that commit again, or many at once, all get their turn', async () => {
    const chains = range(20).map(async (chain) => {
      for (const at of range(20))
        await on.store.commit((unit) => unit.append(sampleEntry({ session: `${chain}`, time: at })));
    });
    const burst = range(1500).map(() => on.store.commit((unit) => unit.append(sampleEntry())));
    await Promise.all([...chains, ...burst]);
    expect(await on.store.log.size()).toBe(1900);
    const own = await on.store.log.entries({ session: '7' });
    expect(own.map(({ entry }) => entry.time)).toEqual(range(20));
  });

  test('are refused after closing, and those under way are finished first', async () => {
    const other = await on.place.open();
    const last = other.commit((unit) => unit.append(sampleEntry()));
    const closing = other.close();
    await expect(other.commit(() => {})).rejects.toEqual(withCode('store_closed'));
    expect((await last).indexes).toEqual([0]);
    await closing;
    expect(await on.store.log.size()).toBe(1);
  });
}
