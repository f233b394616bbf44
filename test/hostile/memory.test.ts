/** Hostile texts neither need much memory nor leave any behind. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const child = join(import.meta.dirname, 'memory-child.ts');

function analyseWithin(megabytes: number) {
  const options = [
    `--max-old-space-size=${megabytes}`,
    '--expose-gc',
    '--disable-warning=ExperimentalWarning',
  ];
  return spawnSync(process.execPath, [...options, child], { encoding: 'utf8' });
}

test('every one of them within 64 MiB of heap, and nothing kept', () => {
  const { status, stdout, stderr } = analyseWithin(64);
  expect(status, stderr.slice(0, 500)).toBe(0);
  const { texts, leftBytes } = JSON.parse(stdout) as { texts: number; leftBytes: number };
  expect(texts).toBeGreaterThan(80);
  expect(leftBytes).toBeLessThan(2 * 1024 * 1024);
});

test('a heap that is too small is noticed', () => {
  expect(analyseWithin(4).status).not.toBe(0);
});
