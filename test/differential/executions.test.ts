/**
 * Whatever the real Bash runs, the analysis said before: as an exec with the same words in the same directory, or as
 * something that cannot be told. Scripts are generated; every program is one that does not exist, and Bash reports it.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyze } from '../../src/core/command/analyze.ts';
import { runInBash, wasSaid } from './bash-runs.ts';
import { generatedScripts, nastyScripts } from './scripts.ts';

let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-runs-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function unsaid(scripts: readonly string[]): {
  readonly ran: number;
  readonly told: number;
  readonly wrong: readonly string[];
} {
  const context = { cwd: folder, repository: folder, home: '/home/writ' };
  const wrong: string[] = [];
  let ran = 0;
  let told = 0;
  const all = runInBash(scripts, folder);
  scripts.forEach((script, at) => {
    const { operations } = analyze(script, context);
    const opaque = operations.some((operation) => operation.kind === 'opaque' && operation.of === 'exec');
    for (const one of all[at] ?? []) {
      ran += 1;
      if (!opaque) told += 1;
      if (!wasSaid(one, operations))
        wrong.push(`${script}\n   ran ${one.argv.join(' ')} in ${one.directory}`);
    }
  });
  return { ran, told, wrong };
}

describe('scripts that have gone wrong, or easily could', () => {
  test.each(nastyScripts)('%s', (script) => {
    expect(unsaid([script]).wrong).toEqual([]);
  });
});

test('generated scripts run nothing that was not said', { timeout: 180_000 }, () => {
  const scripts = generatedScripts(1_500, 20_261_122);
  const wrong: string[] = [];
  let ran = 0;
  let told = 0;
  for (let at = 0; at < scripts.length; at += 250) {
    const found = unsaid(scripts.slice(at, at + 250));
    wrong.push(...found.wrong);
    ran += found.ran;
    told += found.told;
  }
  expect(wrong.slice(0, 8).join('\n')).toBe('');
  expect(ran).toBeGreaterThan(2_000);
  expect(told).toBeGreaterThan(400);
});
