/**
 * What really happens stays within what the analysis said before: generated command lines run in a sandbox while the
 * kernel's calls are recorded. `npm run fuzz:analysis` does the same for as long as wanted.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { analyze } from '../../src/core/command/analyze.ts';
import { generatedCommands } from './kernel-commands.ts';
import { coverageOf } from './kernel-coverage.ts';
import { compareAll, emptyTally, minimal } from './kernel-differences.ts';
import { KernelLab } from './kernel-lab.ts';
import { deedsOf } from './kernel-trace.ts';

let lab: KernelLab;
beforeAll(() => {
  lab = new KernelLab();
});
afterAll(() => lab.remove());

/** Each was unsaid once. */
const stories = [
  'mv -b a.txt b.txt',
  'cp --backup=numbered a.txt b.txt',
  'cp --parents src/a.ts docs',
  'cp --parents /outside/dir/p.txt out',
  'uniq [ab].txt',
  'split -l1 [ab].txt',
  'touch -r [ab].txt',
  'dd if=~/notes.txt of=new.txt',
  'bzip2 src/*.ts',
  'gzip -r src',
  'grep -R .',
  'find -L . -name id_rsa -exec cat {} +',
  'diff -r out /outside',
  'for i in 1 2 3; do cp -r in src/up/new; done',
  'ln -s /outside x; cat x/o.txt; (cd x && cat ../home/writ/notes.txt)',
  'cat in/../.env; cd in; cat ../.env; cd ..; cat b.txt',
  "cat $'/home/writ/n\\x{6f}tes.txt'",
];

function wanted(commands: readonly string[]): ReturnType<typeof emptyTally> {
  const tally = emptyTally();
  for (let at = 0; at < commands.length; at += 50) compareAll(lab, commands.slice(at, at + 50), tally);
  return tally;
}

test('command lines that once did more than was said', { timeout: 120_000 }, () => {
  expect(wanted(stories).differences).toEqual([]);
});

test('generated command lines do nothing that was not said', { timeout: 180_000 }, () => {
  const tally = wanted(generatedCommands(200, 20_261_123));
  expect(tally.differences.slice(0, 3).map((difference) => minimal(lab, difference))).toEqual([]);
  // The check would be vacuous if most were opaque, or nothing happened.
  expect(tally.opaqueCommands / tally.commands).toBeLessThan(0.45);
  expect(tally.opaqueDeeds / tally.deeds).toBeLessThan(0.25);
  expect(tally.deeds).toBeGreaterThan(1_000);
});

test('what was not said is noticed', () => {
  const [trace] = lab.run(['cat .env /outside/o.txt; rm b.txt; echo x > new.txt; mv src dst']);
  const { operations } = analyze('cat a.txt', lab.context);
  const { unsaid } = coverageOf(deedsOf(trace ?? new Map()), operations, lab.context);
  expect(unsaid.map((line) => line.replace(/ \(by.*/, '')).sort()).toEqual([
    'exec cat .env /outside/o.txt in /repo',
    'exec mv src dst in /repo',
    'exec rm b.txt in /repo',
    'read /outside/o.txt',
    'read /repo/.env',
    'write /repo/b.txt',
    'write /repo/dst',
    'write /repo/new.txt',
    'write /repo/src',
  ]);
});
