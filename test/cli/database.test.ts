/** The whole program on a real PostgreSQL, chosen as an operator chooses it. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres, type PostgresServer } from '../store/postgres-server.ts';
import { World } from './world.ts';

const world = new World();
const file = join(world.root, 'database-url');
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
  world.must('init', '--yes');
  writeFileSync(file, `${await server.createDatabase()}\n`, { mode: 0o600 });
});
afterAll(async () => {
  world.dispose();
  await server.remove();
});

it('is chosen by a file that holds its URL, remembered, and holds the whole log', () => {
  const running = world.writ(['up', '--database', file]);
  expect({ status: running.status, told: running.stderr.includes('[already_up]') }).toEqual({
    status: 1,
    told: true,
  });
  world.must('down');
  world.must('up', '--database', file);
  world.must('assistant', 'enable', 'local', '--reason', 'for the test');
  expect(world.writ(['exec', '--', 'echo', 'governed']).stdout).toBe('governed\n');
  world.must('down');
  // Whatever starts Writ next uses the same.
  expect(world.writ(['exec', '--', 'echo', 'again']).stdout).toBe('again\n');
  expect(world.json('status')).toMatchObject({ running: true, store: 'postgresql' });
  const ended = world.json('log', 'search', '--type', 'execution.ended') as unknown[];
  expect(ended).toHaveLength(2);
  world.must('log', 'verify');
  world.must('down');
  world.must('up', '--database', 'sqlite');
  expect(world.json('status')).toMatchObject({ store: 'sqlite' });
  expect(existsSync(join(world.writHome, 'writ.db'))).toBe(true);
});

it.each([
  ['that others can read', () => chmodSync(file, 0o644), 'can be read by other people'],
  [
    'that is not a URL',
    () => (chmodSync(file, 0o600), writeFileSync(file, 'host=/tmp')),
    'does not hold one URL',
  ],
])('a file %s is refused, and the choice stays as it was', (_name, change, told) => {
  world.must('down');
  change();
  const { status, stderr } = world.writ(['up', '--database', file]);
  expect(status).toBe(1);
  expect(stderr).toContain('[database_url_invalid]');
  expect(stderr).toContain(told);
  expect(stderr).not.toContain('host=/tmp');
  world.must('up');
  expect(world.json('status')).toMatchObject({ store: 'sqlite' });
});
