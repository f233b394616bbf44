/** Changes behind the store’s back: told on opening, on reading, and before anything more is signed. */
import { expect, test } from 'vitest';
import { signerFromSeed } from '../../../src/core/log/verifier-key.ts';
import { sampleEntry, sampleWrit } from '../samples.ts';
import { range, verifyStore, withCode, type OnBackend } from './on-backend.ts';

export function tamperingConform(on: OnBackend): void {
  const before = async (): Promise<void> => {
    await Promise.all(
      range(600).map((time) => on.store.commit((unit) => unit.append(sampleEntry({ time })))),
    );
    await on.store.commit((unit) => unit.insertWrit(sampleWrit('w')));
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
      ['insert into entries (seq, type, time, body) select 600, type, time, body from entries where seq = 1'],
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
    for (const statement of statements) await on.place.execute(statement);
    await expect(on.place.open()).rejects.toEqual(withCode(code));
  });

  test('a row changed deep in the past is told by the full check, and on reading', async () => {
    await before();
    await on.place.execute(copy(5, 6));
    expect((await verifyStore(on.store)).failures).toMatchObject([{ code: 'entry_mismatch', index: 6 }]);
    await on.place.execute(
      `update entries set body = (select hashes from tiles where seq = 0) where seq = 7`,
    );
    await expect(on.store.log.entries({ from: 7, limit: 1 })).rejects.toEqual(withCode('log_tampered'));
  });

  test('and while it runs, before anything more is signed', async () => {
    await before();
    await on.place.execute('update log_head set size = 599');
    await expect(on.store.commit((unit) => unit.append(sampleEntry()))).rejects.toEqual(
      withCode('log_tampered'),
    );
    await on.place.execute('update log_head set size = 600');
    expect((await on.store.commit((unit) => unit.append(sampleEntry()))).indexes).toEqual([600]);
  });

  test('a log is continued by its own key only', async () => {
    const other = signerFromSeed('test.example/log', new Uint8Array(32).fill(4));
    await expect(on.place.open(other)).rejects.toEqual(withCode('log_key_mismatch'));
  });
}
