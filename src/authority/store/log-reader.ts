/** What can be asked of the log. */
import type { Kysely } from 'kysely';
import { decodeEntry } from '../../core/log/entry-codec.ts';
import { tileWidth } from '../../core/log/tiles.ts';
import type { Database } from './database.ts';
import { storeError } from './errors.ts';
import { bodies, levelHashes } from './log-tree.ts';
import type { EntryQuery, LogReader, StoredEntry } from './port.ts';
import { searchable } from './sql-reader.ts';
import type { EntryRow, Tables } from './tables.ts';

const defaultLimit = 1000;
const maxLimit = 10_000;

export function sqlLogReader({ reader: db, contains }: Database): LogReader {
  const head = (): Promise<{ size: number; checkpoint: string }> =>
    db.selectFrom('log_head').select(['size', 'checkpoint']).executeTakeFirstOrThrow();
  return {
    checkpoint: async () => (await head()).checkpoint,
    size: async () => (await head()).size,
    entries: async (query = {}) => (await search(db, contains, query)).map(storedEntry),
    leaf: async (index) => {
      if (!Number.isSafeInteger(index)) return null;
      const row = await db.selectFrom('entries').select('body').where('seq', '=', index).executeTakeFirst();
      return row?.body ?? null;
    },
    leaves: async (from, to) => {
      const { size } = await head();
      assertInLog(
        Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to && to <= size,
      );
      return bodies(db, from, to);
    },
    tile: async (level, index, width) => {
      const { size } = await head();
      const from = index * tileWidth;
      const known = Math.floor(size / tileWidth ** level);
      assertInLog([level, index, width].every((given) => Number.isSafeInteger(given) && given >= 0));
      assertInLog(width > 0 && width <= tileWidth && from + width <= known);
      const full = await db
        .selectFrom('tiles')
        .select('hashes')
        .where('level', '=', level)
        .where('seq', '=', index)
        .executeTakeFirst();
      if (full !== undefined) return full.hashes.subarray(0, width * 32);
      return Buffer.concat(await levelHashes(db, level, from, from + width));
    },
  };
}

async function search(
  db: Kysely<Tables>,
  contains: Database['contains'],
  asked: EntryQuery,
): Promise<readonly Pick<EntryRow, 'seq' | 'body'>[]> {
  const { types, decision, command, since, until, from, order = 'oldest-first' } = asked;
  if (types?.length === 0) return [];
  const limit = Math.min(Math.max(asked.limit ?? defaultLimit, 0), maxLimit);
  let query = db
    .selectFrom('entries')
    .select(['seq', 'body'])
    .orderBy('seq', order === 'newest-first' ? 'desc' : 'asc')
    .limit(limit);
  for (const column of ['assistant', 'repository', 'writ', 'session'] as const) {
    const wanted = asked[column];
    if (wanted !== undefined) query = query.where(column, '=', searchable(wanted));
  }
  if (types !== undefined) query = query.where('type', 'in', types);
  if (decision !== undefined) query = query.where('decision', '=', decision);
  if (command !== undefined) query = query.where((is) => contains(is.ref('command'), searchable(command)));
  if (since !== undefined) query = query.where('time', '>=', since);
  if (until !== undefined) query = query.where('time', '<=', until);
  if (from !== undefined) query = query.where('seq', '>=', from);
  return query.execute();
}

function storedEntry({ seq, body }: Pick<EntryRow, 'seq' | 'body'>): StoredEntry {
  try {
    return { index: seq, entry: decodeEntry(body) };
  } catch (cause) {
    throw storeError('log_tampered', `entry ${seq} is not one that was written`, {
      cause,
      hint: 'Run "writ log verify" and compare with an export or a backup',
    });
  }
}

function assertInLog(holds: boolean): void {
  if (!holds) throw storeError('log_range', 'the log has no such entries or tile');
}
