/** Search: finds exactly what a look at every entry finds. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EntryQuery, StoredEntry } from '../../../src/authority/store/port.ts';
import type { Entry } from '../../../src/core/model/entry.ts';
import { sampleEntry } from '../samples.ts';
import { hostile, range, type OnBackend } from './on-backend.ts';

export function searchConform(on: OnBackend): void {
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
    await Promise.all(given.map((entry) => on.store.commit((unit) => unit.append(entry))));
    const all = given.map((entry, index) => ({ index, entry }));
    expect(await on.store.log.entries()).toEqual(all);
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        expect(await on.store.log.entries(query)).toEqual(filter(all, query));
      }),
      { numRuns: 300 },
    );
  });

  test('gives 1,000 when not told how many, and never more than 10,000', async () => {
    await on.store.commit((unit) => range(10_005).forEach((time) => unit.append(sampleEntry({ time }))));
    expect(await on.store.log.entries()).toHaveLength(1000);
    expect(await on.store.log.entries({ limit: 1e9 })).toHaveLength(10_000);
    expect((await on.store.log.entries({ limit: 1, order: 'newest-first' }))[0]?.index).toBe(10_004);
  });
}
