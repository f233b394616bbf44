/**
 * `node tools/record-runs.ts`: has the real Bash run the scripts and words of `test/differential`, and writes down what
 * it did, so that the quick tests and the mutation run can hold the analysis against it without a process.
 */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyze } from '../src/core/command/analyze.ts';
import { claimed } from '../src/core/command/test-words.ts';
import { runInBash, wasSaid } from '../test/differential/bash-runs.ts';
import { expandedByBash } from '../test/differential/bash-words.ts';
import { generatedWords } from '../test/differential/generated-words.ts';
import { generatedScripts, nastyScripts } from '../test/differential/scripts.ts';

const target = join(import.meta.dirname, '../test/differential');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-record-')));
const plain = (text: string): string => text.replaceAll(folder, '/repo');
const context = { cwd: folder, repository: folder, home: '/home/writ' };
try {
  const scripts = [...nastyScripts, ...generatedScripts(500, 7)];
  const ran = runInBash(scripts, folder);
  const lines = scripts.flatMap((script, at) => {
    const runs = ran[at] ?? [];
    const { operations } = analyze(script, context);
    if (!runs.every((one) => wasSaid(one, operations))) throw new Error(`not said: ${script}`);
    const opaque = operations.filter(({ kind }) => kind === 'opaque').length;
    return [
      JSON.stringify({
        script,
        ran: runs.map(({ argv, directory }) => ({ argv: argv.map(plain), directory: plain(directory) })),
        opaque,
        said: operations.length,
      }),
    ];
  });
  writeFileSync(join(target, 'recorded-runs.jsonl'), `${lines.join('\n')}\n`);

  const words = generatedWords(3_000, 11);
  const real = expandedByBash(words, folder);
  const recorded = words.flatMap((word, at) => {
    const fields = real[at];
    if (fields === null || fields === undefined) return [];
    return [JSON.stringify({ word, fields: fields.map(plain), known: claimed(word, folder) !== null })];
  });
  writeFileSync(join(target, 'recorded-words.jsonl'), `${recorded.join('\n')}\n`);
  process.stdout.write(`${lines.length} scripts, ${recorded.length} words\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
