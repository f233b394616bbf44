import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../authority/store/sqlite.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry, EntryType } from '../core/model/entry.ts';
import { signerFromSeed } from '../core/log/verifier-key.ts';
import { probeWhenDue } from './probe-schedule.ts';

const hour = 3_600_000;

function entry(type: EntryType, time: number, cwd = '/'): Entry {
  const nobody = { assistant: null, repository: null, writ: null, session: null, person: null };
  return { v: 1, type, time, ...nobody, command: null, decision: null, data: { cwd } };
}

/** Where a probe was started, after what is on the log. */
async function probed(entries: readonly Entry[], now: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-probe-'));
  const signer = signerFromSeed('test/log', new Uint8Array(32).fill(7));
  const store = await openSqliteStore({ path: join(folder, 'db'), signer });
  const started: string[] = [];
  try {
    await store.commit((unit) => {
      for (const one of entries) unit.append(one);
    });
    const probe = (directory: string) => void started.push(directory);
    await probeWhenDue({ log: store.log, intervalHours: 24, clock: () => now, probe });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return started;
}

describe('the running Writ probes itself', () => {
  const work = entry('execution.started', 1000);

  it.each<[string, Entry[], number, string[]]>([
    ['once an interval after the log began', [entry('log.opened', 0), work], 24 * hour, ['/']],
    ['not before', [entry('log.opened', 0), work], 24 * hour - 1, []],
    ['an interval after the last probe', [work, entry('enforcement.probed', hour)], 25 * hour, ['/']],
    ['not while the last one is young', [work, entry('enforcement.probed', hour)], 25 * hour - 1, []],
    ['nowhere where no command ever ran', [entry('log.opened', 0)], 24 * hour, []],
    ['not in a folder that is gone', [entry('execution.started', 0, '/no/such')], 24 * hour, []],
    [
      'where a command ran last',
      [entry('execution.started', 0, '/usr'), entry('execution.started', 1, '/tmp')],
      24 * hour,
      ['/tmp'],
    ],
  ])('%s', async (_, entries, now, expected) => {
    expect(await probed(entries, now)).toEqual(expected);
  });
});
