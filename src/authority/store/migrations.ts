/** The schema's history. A migration that was released never changes; later ones are added. */
import { sql, type Kysely } from 'kysely';
import type { ColumnTypes, Database } from './database.ts';
import { storeError } from './errors.ts';
import type { Tables } from './tables.ts';

type Migration = (db: Kysely<Tables>, types: ColumnTypes) => Promise<void>;

const migrations: readonly Migration[] = [createTables, addIdentity, createLeases];

/**
 * Brings the schema up to date, all of it in one transaction.
 * @throws WritError `store_newer` for a database that a later version made
 */
export async function migrate({ writer, columns, lockForWriting }: Database): Promise<void> {
  await writer.transaction().execute(async (transaction) => {
    await lockForWriting(transaction);
    const db = transaction as unknown as Kysely<{ schema_version: { id: number; version: number } }>;
    await db.schema
      .createTable('schema_version')
      .ifNotExists()
      .addColumn('id', columns.integer, (column) => column.primaryKey())
      .addColumn('version', columns.integer, (column) => column.notNull())
      .execute();
    const row = await db.selectFrom('schema_version').select('version').executeTakeFirst();
    const version = row?.version ?? 0;
    if (version > migrations.length) {
      throw storeError(
        'store_newer',
        `the database has schema ${version}, this Writ knows ${migrations.length}`,
        {
          hint: 'Use the Writ that made it, or a later one',
        },
      );
    }
    if (version === migrations.length) return;
    for (const migration of migrations.slice(version)) await migration(transaction, columns);
    await db
      .insertInto('schema_version')
      .values({ id: 1, version: migrations.length })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ version: migrations.length }))
      .execute();
  });
}

async function createTables(
  db: Kysely<Tables>,
  { text, integer, bytes, suffix }: ColumnTypes,
): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('entries')
    .addColumn('seq', integer, (column) => column.primaryKey())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('time', integer, (column) => column.notNull())
    .addColumn('assistant', text)
    .addColumn('repository', text)
    .addColumn('writ', text)
    .addColumn('session', text)
    .addColumn('decision', text)
    .addColumn('command', text)
    .addColumn('body', bytes, (column) => column.notNull())
    .modifyEnd(suffix)
    .execute();
  for (const column of ['type', 'time'] as const) {
    await schema.createIndex(`entries_${column}`).on('entries').columns([column, 'seq']).execute();
  }
  for (const column of ['assistant', 'repository', 'writ', 'session', 'decision'] as const) {
    await schema
      .createIndex(`entries_${column}`)
      .on('entries')
      .columns([column, 'seq'])
      .where(sql.ref(column), 'is not', null)
      .execute();
  }
  await schema
    .createTable('tiles')
    .addColumn('level', integer, (column) => column.notNull())
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('hashes', bytes, (column) => column.notNull())
    .addColumn('root', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('tiles_key', ['level', 'seq'])
    .modifyEnd(suffix)
    .execute();
  await schema
    .createTable('log_head')
    .addColumn('id', integer, (column) => column.primaryKey())
    .addColumn('size', integer, (column) => column.notNull())
    .addColumn('checkpoint', text, (column) => column.notNull())
    .addCheckConstraint('log_head_single', sql`id = 1`)
    .modifyEnd(suffix)
    .execute();
  await schema
    .createTable('writs')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('assistant', text, (column) => column.notNull())
    .addColumn('repository', text, (column) => column.notNull())
    .addColumn('issued_at', integer, (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .modifyEnd(suffix)
    .execute();
  await schema.createIndex('writs_state').on('writs').columns(['state', 'issued_at']).execute();
  await schema.createIndex('writs_issued').on('writs').columns(['issued_at', 'id']).execute();
  await schema
    .createTable('approvals')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('writ', text, (column) => column.notNull())
    .addColumn('digest', text, (column) => column.notNull())
    .addColumn('requested_at', integer, (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .modifyEnd(suffix)
    .execute();
  await schema.createIndex('approvals_state').on('approvals').columns(['state', 'requested_at']).execute();
  await schema.createIndex('approvals_digest').on('approvals').columns(['digest']).execute();
  await schema.createIndex('approvals_writ').on('approvals').columns(['writ']).execute();
  await schema
    .createTable('assistant_modes')
    .addColumn('assistant', text, (column) => column.primaryKey().notNull())
    .addColumn('mode', text, (column) => column.notNull())
    .addColumn('decided_by', text, (column) => column.notNull())
    .addColumn('reason', text, (column) => column.notNull())
    .addColumn('decided_at', integer, (column) => column.notNull())
    .modifyEnd(suffix)
    .execute();
  await schema
    .createTable('policies')
    .addColumn('version', text, (column) => column.primaryKey().notNull())
    .addColumn('files', text, (column) => column.notNull())
    .addColumn('published_at', integer, (column) => column.notNull())
    .modifyEnd(suffix)
    .execute();
  await schema
    .createTable('current_policy')
    .addColumn('id', integer, (column) => column.primaryKey())
    .addColumn('version', text, (column) => column.notNull().references('policies.version'))
    .addCheckConstraint('current_policy_single', sql`id = 1`)
    .modifyEnd(suffix)
    .execute();
}

async function addIdentity(
  { schema }: Kysely<Tables>,
  { text, integer, suffix }: ColumnTypes,
): Promise<void> {
  await schema
    .createTable('svid_keys')
    .addColumn('kid', text, (column) => column.primaryKey().notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .modifyEnd(suffix)
    .execute();
  await schema
    .createTable('spent_tokens')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('expires_at', integer, (column) => column.notNull())
    .modifyEnd(suffix)
    .execute();
  await schema.createIndex('spent_tokens_expiry').on('spent_tokens').columns(['expires_at']).execute();
}

async function createLeases(
  { schema }: Kysely<Tables>,
  { text, integer, suffix }: ColumnTypes,
): Promise<void> {
  await schema
    .createTable('leases')
    .addColumn('id', text, (column) => column.primaryKey().notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('writ', text, (column) => column.notNull())
    .addColumn('session', text, (column) => column.notNull())
    .addColumn('requested_at', integer, (column) => column.notNull())
    .addColumn('due_at', integer, (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .modifyEnd(suffix)
    .execute();
  await schema.createIndex('leases_due').on('leases').columns(['state', 'due_at']).execute();
  await schema.createIndex('leases_requested').on('leases').columns(['requested_at', 'id']).execute();
  await schema.createIndex('leases_writ').on('leases').columns(['writ', 'state']).execute();
  await schema.createIndex('leases_session').on('leases').columns(['session', 'state']).execute();
}
