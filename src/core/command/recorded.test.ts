/** The analysis against what the real Bash did, as `tools/record-runs.ts` wrote it down: it says all of it, and not less exactly than it could. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { wasSaid, type Ran } from '../../../test/differential/bash-runs.ts';
import { analyze } from './analyze.ts';
import { testContext } from './test-notation.ts';
import { claimed } from './test-words.ts';

interface RecordedRun {
  readonly script: string;
  readonly ran: readonly Ran[];
  readonly opaque: number;
  readonly said: number;
}

interface RecordedWord {
  readonly word: string;
  readonly fields: readonly string[];
  readonly known: boolean;
}

function recorded(file: string): readonly (readonly [name: string, record: unknown])[] {
  const lines = readFileSync(join(import.meta.dirname, '../../../test/differential', file), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line, at) => [`${at}`, JSON.parse(line)]);
}

test.each(recorded('recorded-runs.jsonl'))('script %s', (_name, record) => {
  const { script, ran, opaque, said } = record as RecordedRun;
  const { operations } = analyze(script, testContext);
  expect(ran.filter((one) => !wasSaid(one, operations))).toEqual([]);
  const vague = operations.filter(({ kind }) => kind === 'opaque').length;
  expect([vague, operations.length]).toEqual([opaque, said]);
});

test.each(recorded('recorded-words.jsonl'))('word %s', (_name, record) => {
  const { word, fields, known } = record as RecordedWord;
  expect(claimed(word, '/repo')).toEqual(known ? fields : null);
});
