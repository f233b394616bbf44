/** Leases: found by whom they belong to and by when something is due, and left once. */
import { expect, test } from 'vitest';
import { revoking } from '../../../src/core/model/lease.ts';
import type { Store } from '../../../src/authority/store/port.ts';
import { sampleLease } from '../samples.ts';
import { hostile, range, type OnBackend } from './on-backend.ts';

export function leasesConform(on: OnBackend): void {
  const ids = async (filter: Parameters<Store['leases']>[0]): Promise<readonly string[]> =>
    (await on.store.leases(filter)).map(({ id }) => id);

  test('come back as they went in', async () => {
    const lease = sampleLease(hostile, {
      writ: hostile,
      session: hostile,
      sealed: 'AA==',
      handle: { hostile },
    });
    expect(await on.store.lease(hostile)).toBeNull();
    const { value } = await on.store.commit(async (unit) => {
      await unit.insertLease(lease);
      return unit.lease(hostile);
    });
    expect(value).toEqual(lease);
    expect(await on.store.leases({ writ: hostile, session: hostile })).toEqual([lease]);
  });

  test('are found by owner and state, and by what is due first', async () => {
    const soon = revoking(sampleLease('soon'), 'ann', 'over', 50);
    await on.store.commit(async (unit) => {
      await unit.insertLease(sampleLease('late', { expiresAt: 900, requestedAt: 3 }));
      await unit.insertLease(sampleLease('early', { expiresAt: 100, requestedAt: 1, writ: 'w2' }));
      await unit.insertLease({ ...soon, requestedAt: 2, session: 's2' });
      await unit.insertLease(sampleLease('asked', { state: 'requested', issuedAt: null, requestedAt: 4 }));
    });
    expect(await ids({})).toEqual(['asked', 'late', 'soon', 'early']);
    expect(await ids({ writ: 'w2' })).toEqual(['early']);
    expect(await ids({ session: 's2' })).toEqual(['soon']);
    expect(await ids({ states: ['issued'], limit: 1 })).toEqual(['late']);
    expect(await ids({ due: 99 })).toEqual(['soon']);
    expect(await ids({ due: 900 })).toEqual(['soon', 'early', 'late']);
    expect(await ids({ due: 100_000, states: ['requested'] })).toEqual(['asked']);
    expect(await ids({ states: [] })).toEqual([]);
  });

  test('leave a state once, however many try', async () => {
    const issued = sampleLease('a');
    await on.store.commit((unit) => unit.insertLease(issued));
    const tries = range(20).map((at) =>
      on.store.commit((unit) => unit.updateLease(revoking(issued, `by ${at}`, 'over', 5), 'issued')),
    );
    const results = (await Promise.all(tries)).map(({ value }) => value);
    expect(results.filter((won) => won)).toHaveLength(1);
    expect((await on.store.lease('a'))?.state).toBe('revoking');
  });
}
