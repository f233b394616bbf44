/** A governed command and a real database, through the built program: lent at first use, gone with the task. */
import { once } from 'node:events';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { scramVerifier } from '../../src/core/identity/scram.ts';
import { World } from '../cli/world.ts';
import { startShopDatabase, type ShopDatabase } from './database.ts';

const [psql = 'psql'] = globSync('/usr/lib/postgresql/*/bin/psql').sort().reverse();
const world = new World();
let shop: ShopDatabase;

beforeAll(async () => {
  shop = await startShopDatabase();
  world.write('query.sh', `#!/bin/sh\nexec ${psql} --no-psqlrc -At -v ON_ERROR_STOP=1 "$@"\n`);
  world.must('init', '--yes');
  const password = join(world.root, 'admin.password');
  writeFileSync(password, `${shop.adminPassword}\n`, { mode: 0o600 });
  world.organisation((document) => {
    document.set(
      'credentials',
      document.createNode({
        'shop-db': {
          broker: 'postgres',
          description: 'The shop, reading orders',
          host: shop.host,
          database: shop.database,
          tls: 'off',
          admin: { user: 'writ_admin', password: { file: password } },
          grants: [
            { schema: 'shop "s"', privileges: ['usage'] },
            { schema: 'shop "s"', tables: ['Order lines'], privileges: ['select'] },
          ],
        },
      }),
    );
    document.setIn(['profiles', 'develop'], document.createNode({ credentials: ['shop-db'] }));
  });
  world.must('policy', 'check');
});
afterAll(async () => {
  world.dispose();
  await shop.stop();
});
afterEach(noRoleLeft);

async function noRoleLeft(): Promise<void> {
  for (let tries = 0; (await rolesLeft()).length > 0; tries += 1) {
    if (tries > 600) throw new Error('a role outlives its task');
    await setTimeout(100);
  }
}

async function rolesLeft(): Promise<readonly unknown[]> {
  return shop.query(`select rolname from pg_roles where rolname ~ '^writ_[0-9]'`);
}

const query = (...args: string[]) => world.writ(['exec', '--', 'sh', './query.sh', ...args]);
const lines = 'select what from "shop ""s"""."Order lines"';

test('psql just works: host, database, role and login are there, and it may do what is granted', () => {
  const asked = query('-c', lines, '-c', 'select current_database()');
  expect(asked).toMatchObject({ status: 0, stdout: `tea\n${shop.database}\n` });
  const refused = query('-c', 'create table mine (id int)');
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain('permission denied');
});

test('neither role nor database is the client’s to choose', () => {
  const asked = query(
    '-U',
    'writ_admin',
    '-d',
    'postgres',
    '-c',
    'select current_user = session_user, current_user, current_database()',
  );
  expect(asked.stdout).toMatch(new RegExp(`^t\\|writ_[0-9a-z]{25}\\|${shop.database}\n$`));
});

test('nothing is lent to a command that does not use it; what was used is on the log', () => {
  const before = world.json('log', 'search', '--type', 'lease.issued') as unknown[];
  world.must('exec', '--', 'true');
  expect(world.json('log', 'search', '--type', 'lease.issued')).toHaveLength(before.length);
  query('-c', 'select 1', '-c', '\\connect', '-c', 'select 2');
  const types = (world.json('log', 'search', '--limit', '20') as { entry: { type: string } }[])
    .map(({ entry }) => entry.type)
    .filter((type) => type.startsWith('lease.'));
  expect(types).toEqual(
    expect.arrayContaining(['lease.requested', 'lease.issued', 'lease.used', 'lease.revoking']),
  );
});

test('a profile that does not name it has no such place', () => {
  expect(world.writ(['exec', '--', 'env']).stdout).toContain('PGHOST=/run/writ/postgres/shop-db');
  expect(world.writ(['exec', '--profile', 'observe', '--', 'env']).stdout).not.toContain('PGHOST');
});

describe('while a task holds a connection', () => {
  /** A session that has logged in and waits, and what it is logged in as. */
  async function hold(): Promise<{
    role: string;
    verifier: string;
    ended: Promise<unknown>;
    kill: () => void;
  }> {
    const child = world.start([
      'exec',
      '--',
      'sh',
      './query.sh',
      '-c',
      'select current_user',
      '-c',
      'select pg_sleep(600)',
    ]);
    const ended = once(child, 'exit');
    const [role] = (await once(createInterface(child.stdout), 'line')) as [string];
    const [row] = await shop.query(`select rolpassword as stored from pg_authid where rolname = '${role}'`);
    return { role, verifier: String(row?.['stored']), ended, kill: () => void child.kill('SIGKILL') };
  }

  const sessions = async (role: string) =>
    shop.query(`select from pg_stat_activity where usename = '${role}'`);

  test('revoking its writ ends connection and role', async () => {
    const { role, ended } = await hold();
    const [writ] = world.json('list') as { claims: { id: string } }[];
    world.must('revoke', writ?.claims.id ?? '', '--reason', 'odd queries');
    await ended;
    await expect.poll(() => sessions(role), { timeout: 60_000 }).toEqual([]);
  });

  test('revoking the lease alone ends them too, and the command is told by its database', async () => {
    const { role, ended } = await hold();
    const leases = world.json('lease', 'list') as { id: string; handle: { role: string } }[];
    const lease = leases.find(({ handle }) => handle.role === role);
    world.must('lease', 'revoke', lease?.id ?? '', '--reason', 'odd queries');
    expect(await ended).not.toEqual([0, null]);
  });

  test('the launcher killed: the same', async () => {
    const { kill, ended } = await hold();
    kill();
    await ended;
  });

  test('every process of Writ killed: after a start, role and connection are gone', async () => {
    const { role, ended, kill } = await hold();
    const { pid } = world.json('status') as { pid: number };
    process.kill(pid, 'SIGKILL');
    kill();
    await ended;
    expect(await rolesLeft()).toHaveLength(1);
    world.must('up');
    await expect.poll(rolesLeft, { timeout: 60_000 }).toEqual([]);
    expect(await sessions(role)).toEqual([]);
    expect(world.writ(['log', 'verify']).status).toBe(0);
  });

  test('the password is in no file of Writ’s, nor in its log', async () => {
    const { verifier, kill, ended } = await hold();
    kill();
    await ended;
    const exported = join(world.root, 'exported');
    world.must('log', 'export', exported);
    const files = [world.writHome, exported].flatMap((folder) =>
      globSync(`${folder}/**`, { withFileTypes: true }),
    );
    const words = new Set(
      files
        .filter((file) => file.isFile())
        .flatMap((file) => textOf(join(file.parentPath, file.name)).match(/[\w-]{32,}/g) ?? [])
        .filter((word) => word.length === 32),
    );
    expect(words.size).toBeGreaterThan(0);
    const salt = Buffer.from(/^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(verifier)?.[1] ?? '', 'base64');
    expect(salt).toHaveLength(16);
    expect([...words].filter((word) => scramVerifier(word, salt) === verifier)).toEqual([]);
  });
});

/** What the end of a session has just removed holds nothing any more. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
