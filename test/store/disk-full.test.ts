/** A disk that is really full, a small tmpfs: nothing is acknowledged, and it goes on when there is space again. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const diskBytes = 4 * 1024 * 1024;

interface Log {
  readonly failures: number;
  readonly size: number;
  readonly entries: readonly string[];
  readonly writs: number;
}

interface Told {
  readonly diskBytes: number;
  readonly whenFull: {
    readonly acknowledged: readonly string[];
    readonly refusals: readonly unknown[];
    readonly log: Log;
  };
  readonly stillFull: readonly unknown[];
  readonly afterwards: { readonly acknowledged: readonly string[]; readonly log: Log };
}

test('a full disk refuses with a typed error and loses nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'writ-full-'));
  try {
    const child = join(import.meta.dirname, 'disk-full-child.ts');
    const disk = ['--dev-bind', '/', '/', '--size', String(diskBytes), '--tmpfs', folder];
    const ran = spawnSync('bwrap', [...disk, process.execPath, child, folder], { encoding: 'utf8' });
    expect(ran.error).toBeUndefined();
    expect(ran.stderr.replaceAll(/^.*(?:ExperimentalWarning|--trace-warnings).*\n/gm, '')).toBe('');
    const told = JSON.parse(ran.stdout) as Told;
    expect(told.diskBytes).toBe(diskBytes);

    const full = { code: 'store_full', hint: expect.stringMatching(/free space/i) as unknown };
    expect(told.whenFull.acknowledged.length).toBeGreaterThan(8);
    expect(told.whenFull.refusals).toEqual(Array.from({ length: 8 }, () => full));
    expect(told.whenFull.log).toEqual(logOf(told.whenFull.acknowledged));
    expect(told.stillFull).toEqual(Array.from({ length: 8 }, () => full));

    expect(told.afterwards.acknowledged).toHaveLength(told.whenFull.acknowledged.length + 8);
    expect(told.afterwards.log).toEqual(logOf(told.afterwards.acknowledged));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Exactly the acknowledged entries and rows, and a sound tree over them. */
function logOf(acknowledged: readonly string[]): Log {
  return { failures: 0, size: acknowledged.length, entries: acknowledged, writs: acknowledged.length };
}
