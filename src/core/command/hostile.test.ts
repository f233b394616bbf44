/** Whatever the text: no exception, bounded time, bounded result. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { everydayCommands } from '../../../bench/everyday-commands.ts';
import { analyze, analyzeArgv, type AnalysisContext } from './analyze.ts';
import { limits } from './limits.ts';
import { bombs } from './test-bombs.ts';

const context: AnalysisContext = { cwd: '/repo', repository: '/repo', home: '/home/writ' };

/** Milliseconds of processor time of this thread: how busy the machine is does not matter. */
function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The first call of a kind pays for compiling; what is bounded is what any text costs from then on. */
function slowestOf(run: () => unknown, rounds: number): number {
  let fastest = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = processorTime();
    run();
    fastest = Math.min(fastest, processorTime() - start);
  }
  return fastest;
}

describe('bombs', () => {
  test.each(bombs)('%s', (_name, text) => {
    const { operations } = analyze(text, context);
    expect(operations.length).toBeLessThanOrEqual(limits.operations + 1);
    expect(slowestOf(() => analyze(text, context), 3)).toBeLessThan(50);
  });

  test('longer than allowed is one opaque operation at once', () => {
    const text = 'a '.repeat(10_000_000);
    const { operations, risks } = analyze(text, context);
    expect(operations).toMatchObject([{ kind: 'opaque', of: 'exec' }]);
    expect(risks).toMatchObject([{ kind: 'too-long' }]);
    expect(slowestOf(() => analyze(text, context), 3)).toBeLessThan(5);
  });

  test('argument vectors of any size', () => {
    for (const argv of [
      [],
      [''],
      ['\0'],
      ['rm', ...Array.from({ length: 100_000 }, () => 'a')],
      ['x'.repeat(1_000_000)],
      ['sh', '-c', '$('.repeat(20_000)],
    ]) {
      expect(slowestOf(() => analyzeArgv(argv, context), 3)).toBeLessThan(50);
    }
  });
});

const fragments =
  'a b ls rm git cd x=1 $x ${x} "$x" $(ls) `ls` $((x+1)) ( ) { } ; & && || | |& ! if then else elif fi for in do done while until case esac select function f() [[ ]] (( )) > >> < << <<< <<- EOF \n \\\n \' " \\ $\' * ? [a] {a,b} {1..9} ~ ~/x # = += -- - -c -rf --force :: http://h/p /etc/passwd ../x ./y.sh eval exec source . trap EXIT bash -c sh python -c node -e sed s/a/b/w sed e awk find -exec {} + \\; xargs env sudo timeout 5 tar xf npm run pip install curl -d @f export PATH=/x local declare -A unset set -- shift read -r printf -v alias shopt -s expand_aliases coproc time \0 \u202e \u200b é ${x:-y} ${x%%*} ${!x} ${x[1]} ${x@P} $@ $* $# $? $! $0 $1 <(a) >(b) 2>&1 &>f {fd}>f /dev/tcp/h/1'.split(
    ' ',
  );

const fromGrammar = fc
  .array(fc.tuple(fc.constantFrom(...fragments), fc.constantFrom(' ', ' ', ' ', '', '\n', ';')), {
    minLength: 1,
    maxLength: 24,
  })
  .map((words) => words.flat().join(''));

/** A real command with a few characters dropped, doubled, swapped for others, or joined with another. */
const mutated = fc
  .tuple(
    fc.constantFrom(...everydayCommands),
    fc.constantFrom(...everydayCommands),
    fc.array(
      fc.tuple(
        fc.nat(200),
        fc.nat(3),
        fc.constantFrom(...'\'"`$(){}[]|&;<>\\*?~#=-!\n\t/ \0\u202eé'.split('')),
      ),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([command, other, edits]) => {
    let text = command;
    for (const [where, kind, letter] of edits) {
      const at = where % (text.length + 1);
      if (kind === 0) text = text.slice(0, at) + text.slice(at + 1);
      else if (kind === 1) text = text.slice(0, at) + letter + text.slice(at);
      else if (kind === 2) text = text.slice(0, at) + letter + text.slice(at + 1);
      else text = text.slice(0, at) + letter + other.slice(where % other.length);
    }
    return text;
  });

const anything = fc.string({ unit: 'binary', maxLength: 60 });

test('100,000 generated texts: none fails, none takes long', { timeout: 120_000 }, () => {
  for (const command of everydayCommands) analyze(command, context);
  let worst = { text: '', time: 0 };
  let nothing = 0;
  const texts = fc.oneof(
    { weight: 5, arbitrary: fromGrammar },
    { weight: 4, arbitrary: mutated },
    { weight: 1, arbitrary: anything },
  );
  fc.assert(
    fc.property(texts, (text) => {
      const start = processorTime();
      const { operations } = analyze(text, context);
      const time = processorTime() - start;
      if (time > worst.time) worst = { text, time };
      if (operations.length === 0) nothing += 1;
      for (const { span } of operations) {
        if (span.start < 0 || span.end > text.length || span.start > span.end)
          throw new Error(`span ${span.start}-${span.end} of ${JSON.stringify(text)}`);
      }
    }),
    { numRuns: 100_000, seed: 20_261_122, endOnFailure: true },
  );
  // Another program on the machine may take the processor away once; the text itself must not be slow.
  expect(
    slowestOf(() => analyze(worst.text, context), 3),
    worst.text,
  ).toBeLessThan(50);
  expect(nothing).toBeLessThan(20_000);
});
