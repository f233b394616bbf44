/** The tree in the database: its signed head, its full tiles, and how both grow. */
import type { Kysely } from 'kysely';
import { openCheckpoint, signCheckpoint, type Checkpoint } from '../../core/log/checkpoint.ts';
import { Frontier, type FullTile } from '../../core/log/frontier.ts';
import { leafHash, sameHash, type Hash } from '../../core/log/merkle.ts';
import { tileWidth } from '../../core/log/tiles.ts';
import { parseVerifierKey, type NoteSigner } from '../../core/log/verifier-key.ts';
import { WritError } from '../../core/model/errors.ts';
import { storeError } from './errors.ts';
import { searchable } from './sql-reader.ts';
import type { PendingEntry } from './sql-work.ts';
import type { EntryRow, Tables } from './tables.ts';

export interface LogHead {
  readonly size: number;
  /** Signed note. */
  readonly checkpoint: string;
  readonly frontier: Frontier;
}

const rowsPerInsert = 256;

/** Signs the empty log into a database that holds nothing yet. */
export async function createHead(db: Kysely<Tables>, signer: NoteSigner): Promise<void> {
  const known = await db.selectFrom('log_head').select('id').executeTakeFirst();
  if (known !== undefined) return;
  for (const table of ['entries', 'tiles', 'writs', 'approvals', 'policies', 'assistant_modes'] as const) {
    const row = await db.selectFrom(table).selectAll().limit(1).executeTakeFirst();
    if (row !== undefined) throw tampered(`the log has no head, yet there are ${table}`);
  }
  const checkpoint = signCheckpoint(0, new Frontier().root(), signer);
  await db.insertInto('log_head').values({ id: 1, size: 0, checkpoint }).execute();
}

/**
 * The head, with the last entries and the tree's edge held against its signature. `cached` is taken where it
 * is still the head.
 * @throws WritError `log_tampered`, `log_key_mismatch`
 */
export async function loadHead(
  db: Kysely<Tables>,
  signer: NoteSigner,
  cached: LogHead | null,
): Promise<LogHead> {
  const row = await db.selectFrom('log_head').select(['size', 'checkpoint']).executeTakeFirst();
  if (row === undefined) throw tampered('the log has no head');
  if (cached !== null && cached.checkpoint === row.checkpoint && cached.size === row.size) return cached;
  const { size, root } = openOwn(row.checkpoint, signer);
  const last = await db
    .selectFrom('entries')
    .select('seq')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const entries = (last?.seq ?? -1) + 1;
  if (row.size !== size || entries !== size) {
    throw tampered(`the log has ${entries} entries, its signed checkpoint says ${size}`);
  }
  const frontier = await restoreFrontier(db, size);
  if (!sameHash(frontier.root(), root)) throw tampered('the last entries do not lead to the signed root');
  return { size, checkpoint: row.checkpoint, frontier };
}

/** Writes the entries, the tiles that they fill, and one new signed head. */
export async function extendLog(
  db: Kysely<Tables>,
  head: LogHead,
  entries: readonly PendingEntry[],
  signer: NoteSigner,
): Promise<LogHead> {
  if (entries.length === 0) return head;
  const frontier = head.frontier.copy();
  const tiles = entries.flatMap(({ body }) => frontier.append(leafHash(body)));
  const rows = entries.map((pending, at) => entryRow(head.size + at, pending));
  for (let at = 0; at < rows.length; at += rowsPerInsert) {
    await db
      .insertInto('entries')
      .values(rows.slice(at, at + rowsPerInsert))
      .execute();
  }
  if (tiles.length > 0) await db.insertInto('tiles').values(tiles.map(tileRow)).execute();
  const checkpoint = signCheckpoint(frontier.size, frontier.root(), signer);
  await db.updateTable('log_head').set({ size: frontier.size, checkpoint }).where('id', '=', 1).execute();
  return { size: frontier.size, checkpoint, frontier };
}

/** Hashes `[from, to)` of a level of tiles: of entries, or of the tiles below. */
export async function levelHashes(
  db: Kysely<Tables>,
  level: number,
  from: number,
  to: number,
): Promise<readonly Hash[]> {
  if (level === 0) return (await bodies(db, from, to)).map(leafHash);
  const rows = await db
    .selectFrom('tiles')
    .select('root')
    .where('level', '=', level - 1)
    .where('seq', '>=', from)
    .where('seq', '<', to)
    .orderBy('seq')
    .execute();
  if (rows.length !== to - from) throw tampered(`tiles of level ${level - 1} are missing`);
  return rows.map(({ root }) => root);
}

/** Encoded entries `[from, to)`. */
export async function bodies(db: Kysely<Tables>, from: number, to: number): Promise<readonly Uint8Array[]> {
  const rows = await db
    .selectFrom('entries')
    .select('body')
    .where('seq', '>=', from)
    .where('seq', '<', to)
    .orderBy('seq')
    .execute();
  if (rows.length !== to - from) throw tampered(`entries between ${from} and ${to} are missing`);
  return rows.map(({ body }) => body);
}

async function restoreFrontier(db: Kysely<Tables>, size: number): Promise<Frontier> {
  const edges: (readonly Hash[])[] = [];
  for (
    let [level, count] = [0, size];
    count > 0;
    [level, count] = [level + 1, Math.floor(count / tileWidth)]
  ) {
    edges.push(await levelHashes(db, level, count - (count % tileWidth), count));
  }
  return Frontier.restore(size, edges);
}

function openOwn(checkpoint: string, signer: NoteSigner): Checkpoint {
  try {
    return openCheckpoint(checkpoint, parseVerifierKey(signer.vkey));
  } catch (error) {
    if (!(error instanceof WritError)) throw error;
    if (error.code !== 'note_key_unknown') throw tampered(error.message);
    throw storeError('log_key_mismatch', `the log was signed with another key than ${signer.vkey}`, {
      hint: 'Restore the key that belongs to this log; another one cannot continue it',
    });
  }
}

function entryRow(seq: number, { entry, body }: PendingEntry): EntryRow {
  const { type, time, decision } = entry;
  return {
    seq,
    type,
    time,
    assistant: column(entry.assistant),
    repository: column(entry.repository),
    writ: column(entry.writ),
    session: column(entry.session),
    decision,
    command: column(entry.command),
    body,
  };
}

function tileRow({ level, index, hashes, root }: FullTile): Tables['tiles'] {
  return { level, seq: index, hashes: Buffer.concat(hashes), root };
}

function column(text: string | null): string | null {
  return text === null ? null : searchable(text);
}

function tampered(reason: string): Error {
  return storeError('log_tampered', `the log is not as it was written: ${reason}`, {
    hint: 'Stop, keep a copy of the database for examination, and compare with an export or a backup',
  });
}
