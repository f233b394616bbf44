/**
 * `npm run fuzz:analysis -- [--seed N] [--count N | --minutes N]`: generated command lines against the real Bash and
 * the kernel until something differs from what the analysis said. Prints the shortest command line that shows it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareWords } from '../test/differential/bash-words.ts';
import { generatedWords } from '../test/differential/generated-words.ts';
import { generatedCommands } from '../test/differential/kernel-commands.ts';
import { compareAll, emptyTally, minimal } from '../test/differential/kernel-differences.ts';
import { KernelLab } from '../test/differential/kernel-lab.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, minutes: { type: 'string' } },
});
const first = number(values.seed, Date.now() % 1_000_000);
const most =
  values.count === undefined && values.minutes !== undefined ? Infinity : number(values.count, 2_000);
const end = performance.now() + number(values.minutes, Infinity) * 60_000;
const batch = 50;

const folder = mkdtempSync(join(tmpdir(), 'writ-fuzz-'));
const lab = new KernelLab();
const tally = emptyTally();
let words = 0;
let wrong: readonly string[] = [];
try {
  for (let seed = first; tally.commands < most && performance.now() < end; seed += 1) {
    const found = compareWords(generatedWords(500, seed), folder);
    words += found.compared;
    wrong = found.wrong;
    compareAll(lab, generatedCommands(Math.min(batch, most - tally.commands), seed), tally);
    const share = ((100 * tally.opaqueDeeds) / Math.max(1, tally.deeds)).toFixed(1);
    process.stderr.write(
      `seed ${seed}: ${words} words, ${tally.commands} command lines (${tally.opaqueCommands} opaque in part), ` +
        `${tally.deeds} deeds (${share} % opaque), ${tally.differences.length + wrong.length} differences\n`,
    );
    if (tally.differences.length + wrong.length > 0) {
      process.exitCode = 1;
      break;
    }
  }
  for (const line of wrong.slice(0, 5)) process.stdout.write(`${line}\n`);
  for (const difference of tally.differences.slice(0, 5)) {
    const { command, unsaid } = minimal(lab, difference);
    process.stdout.write(`${JSON.stringify(command)}\n${unsaid.map((line) => `  ${line}\n`).join('')}`);
  }
} finally {
  lab.remove();
  rmSync(folder, { recursive: true, force: true });
}

function number(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`not a number above zero: ${text}`);
  return value;
}
