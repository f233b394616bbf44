/** Whatever words the analysis claims to know, the real Bash gives exactly those. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWords, expandedByBash } from './bash-words.ts';
import { generatedWords } from './generated-words.ts';
import { knownWords } from './known-words.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-words-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the table of words is what Bash makes of them', () => {
  const bash = expandedByBash(
    knownWords.map(([word]) => word),
    folder,
  );
  expect(knownWords.map(([word], at) => [word, bash[at]])).toEqual(knownWords);
});

test('claims about generated words hold in Bash', () => {
  const words = generatedWords(9_000, 20_261_122);
  let compared = 0;
  const wrong: string[] = [];
  for (let at = 0; at < words.length; at += 1_500) {
    const result = compareWords(words.slice(at, at + 1_500), folder);
    compared += result.compared;
    wrong.push(...result.wrong);
  }
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(compared).toBeGreaterThan(2_500);
});
