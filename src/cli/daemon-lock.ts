/**
 * One Writ per WRIT_HOME. The lock is an exclusive SQLite transaction on an empty database: the kernel
 * releases it when the process ends in whatever way, so that no stale lock can be left behind.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Home } from './home.ts';

export interface DaemonLock {
  release(): void;
}

/** Null when another process holds it. */
export function acquireDaemonLock(home: Home): DaemonLock | null {
  const database = new DatabaseSync(join(home.run, 'lock.db'));
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (/locked|busy/.test(String(error))) return null;
    throw error;
  }
}
