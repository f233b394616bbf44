/** A glob stands for a set: every file that Bash makes of it is in that set, and no graver than what is said of it. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { analyze } from '../../src/core/command/analyze.ts';
import { matchesSegment } from '../../src/core/command/patterns.ts';
import { sensitivityOf, sensitivityOrder } from '../../src/core/command/sensitive-paths.ts';
import type { PathOperation } from '../../src/core/model/operation.ts';
import { expandedByBash } from './bash-words.ts';

const files = [
  'a.ts',
  'b.ts',
  '.env',
  '.env.local',
  'package.json',
  'package-lock.json',
  '.npmrc',
  'id_rsa',
  'CLAUDE.md',
  '.git/config',
  '.git/hooks/pre-commit',
  '.github/workflows/ci.yml',
  '.claude/settings.json',
  '.vscode/tasks.json',
  'src/a.ts',
  'src/.env',
  'src/deep/key.pem',
  'src/deep/go.mod',
  '[a]',
  'a b',
  '-rf',
  'é',
];

let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-globs-')));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const piece = fc.constantFrom(
  ...'* ? . / a e s r i [a-e] [!x] [^.] [[:alpha:]] [.e]* .env .git package .json id_ *.ts src deep key .* ** */ {a,b} [a] \\* "*" .. ./ [ ] go.mod hooks .c CLAUDE .md $d é'.split(
    ' ',
  ),
);

function isIn(target: string, file: string): boolean {
  const wanted = target.split('/');
  const names = file.split('/');
  return (
    wanted.length === names.length &&
    wanted.every((segment, at) => segment === names[at] || matchesSegment(segment, names[at] ?? ''))
  );
}

function rank(sensitivity: PathOperation['sensitivity']): number {
  return sensitivity === null ? sensitivityOrder.length : sensitivityOrder.indexOf(sensitivity);
}

/** `*` and `[a-z]*` name nothing in particular: policy takes them for the directory. */
const namesNothing = (target: string): boolean =>
  /^[^*?[]*\/(\[([!^]\w|[!^]\.|a-z|\[:alpha:\])\])?\*+$/.test(target);

test('files that Bash finds for generated globs', () => {
  const words = fc
    .sample(
      fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join('')),
      { numRuns: 8_000, seed: 20_261_123 },
    )
    .filter((word) => /[*?[]/.test(word));
  const bash = expandedByBash(words, folder);
  const wrong: string[] = [];
  let compared = 0;
  words.forEach((word, at) => {
    const found = analyze(`cat -- ${word}`, {
      cwd: folder,
      repository: folder,
      home: '/home/writ',
      variables: { d: 'x*y' },
    }).operations;
    if (found.some(({ kind }) => kind === 'opaque')) return;
    const reads = found.filter((operation) => operation.kind === 'read') as PathOperation[];
    for (const file of bash[at] ?? []) {
      const path = join(folder, file).replace(/\/$/, '');
      if (!path.startsWith(`${folder}/`) || !existsSync(path)) continue;
      compared += 1;
      const covering = reads.filter(({ target }) => isIn(target, path));
      const grave = rank(sensitivityOf(path.slice(folder.length + 1).toLowerCase()));
      if (covering.length === 0)
        wrong.push(`${word}: ${file} is in no set of ${reads.map(({ target }) => target).join()}`);
      else if (!covering.some((one) => rank(one.sensitivity) <= grave || namesNothing(one.target)))
        wrong.push(`${word}: ${file} is graver than ${covering[0]?.target}`);
    }
  });
  expect([...new Set(wrong)].slice(0, 20)).toEqual([]);
  expect(compared).toBeGreaterThan(1_500);
});
