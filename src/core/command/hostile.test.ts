/** Whatever the text: no exception, bounded time, bounded result. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { everydayCommands } from '../../../bench/everyday-commands.ts';
import { analyze, analyzeArgv, type AnalysisContext } from './analyze.ts';
import { limits } from './limits.ts';

const context: AnalysisContext = { cwd: '/repo', repository: '/repo', home: '/home/writ' };

const longest = limits.text;
const fill = (piece: string, size: number = longest): string => piece.repeat(Math.floor(size / piece.length));

const bombs: readonly (readonly [name: string, text: string])[] = [
  ['substitutions, open', fill('$(')],
  ['substitutions, closed', '$('.repeat(10_000) + ')'.repeat(10_000)],
  ['substitutions in quotes', fill('"$(')],
  [
    'substitutions, nested and doubled',
    Array.from({ length: 16 })
      .reduce<string>((text) => `$(${text} ${text})`, 'x')
      .slice(0, longest),
  ],
  ['backquotes', fill('`')],
  [
    'escaped backquotes',
    Array.from({ length: 15 }, (_, level) => `${'\\'.repeat(2 ** level - 1)}\``).join('a'),
  ],
  ['parameters', fill('${x:-')],
  ['parameters, closed', '${x:-'.repeat(9_000) + '}'.repeat(9_000)],
  ['braces', fill('{a,b}')],
  ['braces, thirty', `echo ${'{a,b}'.repeat(30)}`],
  ['braces, nested', `echo ${'{a,'.repeat(20_000)}${'}'.repeat(20_000)}`],
  ['braces, many words', fill('{a,b}{c,d}{1..9} ')],
  ['brace sequences', fill('{1..999} ')],
  ['a huge sequence', 'echo {1..999999999}'],
  ['here-documents, open', fill('<<a ')],
  ['here-documents, many', fill('cat <<a\na\n')],
  ['here-documents with expansions', fill('cat <<a\n$(x)\na\n')],
  ['subshells', fill('(')],
  ['groups', fill('{ ')],
  ['conditions', fill('if ')],
  ['whole conditions', fill('if a; then b; fi;')],
  ['loops', fill('while a; do ', longest)],
  ['loops of twenty levels', `${'for a in 1 2 3; do '.repeat(20)}rm $a${'; done'.repeat(20)}`],
  ['while loops of twenty levels', `${'while x; do a=$b; b=$c; c=$d; '.repeat(20)}d=1${'; done'.repeat(20)}`],
  ['cases', fill('case x in a) ')],
  ['functions that call themselves', 'f(){ f; f; f; }; f; f'],
  [
    'functions that call others',
    Array.from({ length: 60 }, (_, at) => `f${at}(){ f${at + 1}; f${at + 1}; f${at + 1}; }`).join(';') +
      ';f0',
  ],
  ['functions', fill('f(){ ')],
  ['eval of eval', `${'eval '.repeat(5_000)}x`],
  [
    'shells in shells',
    Array.from({ length: 12 })
      .reduce<string>((text) => `bash -c '${text.replaceAll("'", "'\\''")}'`, 'ls')
      .slice(0, longest),
  ],
  ['wrappers', `${fill('sudo ')}x`],
  ['env', `${fill('env ')}x`],
  ['xargs', `${fill('xargs ')}x`],
  ['arithmetic', `((${fill('1+', longest - 10)}1))`],
  ['arithmetic names', `((${fill('a+', longest - 10)}1))`],
  ['arithmetic, nested', `((${'('.repeat(40_000)}1${')'.repeat(40_000)}))`],
  ['arithmetic expansions', fill('$((')],
  ['tests', fill('[[ a ')],
  ['groups of tests', `[[ ${fill('( ')}`],
  ['extended globs', fill('!(a')],
  ['globs', `ls ${fill('*a', longest - 10)}`],
  ['many globs', fill('*a*b*c ')],
  ['many stars', `cat ${'*'.repeat(4_000)}b`],
  ['glob segments', `cat ${fill('*/', 4_000)}`],
  ['absolute globs', `cat ${fill('/?/*x ', 90_000)}`],
  ['many files', `rm ${fill('a ', 90_000)}`],
  ['many words that cannot be told', `rm ${fill('$a ', 90_000)}`],
  ['assignments', fill('a=b ')],
  ['growing values', `a=xxxxxxxxxx;${'a=$a$a;'.repeat(60)}rm $a`],
  ['appended values', `a=xxxxxxxxxxxxxxxx;${'a+=$a;'.repeat(60)}rm $a`],
  ['growing words', `a=${'x'.repeat(15_000)}; rm ${fill('$a', 5_000)}`],
  ['many fields', `a='${fill('x ', 15_000)}'; rm ${fill('$a ', 6_000)}`],
  ['many variables', Array.from({ length: 7_000 }, (_, at) => `v${at}=${at}`).join(';')],
  ['many functions', Array.from({ length: 5_000 }, (_, at) => `f${at}(){ x;}`).join(';')],
  ['pipes', fill('a|')],
  ['lists', fill('a&&')],
  ['alternatives', fill('cd a||')],
  ['backgrounds', fill('a&')],
  ['negations', fill('! ')],
  ['times', fill('time ')],
  ['coprocesses', fill('coproc ')],
  ['lines', fill('a\n')],
  ['semicolons', fill(';')],
  ['redirections', fill('>a ')],
  ['file descriptors', fill('{a}>b ')],
  ['here-strings', fill('a<<<')],
  ['process substitutions', fill('<(')],
  ['array subscripts', fill('x[')],
  ['arrays', `a=(${fill('x ', 90_000)})`],
  ['quotes', fill("'")],
  ['double quotes', fill('"')],
  ['ANSI-C quotes', fill("$'\\x41'")],
  ['backslashes', fill('\\')],
  ['NUL', fill('\0')],
  ['lone surrogates', fill('\ud800')],
  ['bidirectional overrides', fill('\u202e')],
  ['zero-width letters', `rm ${fill('a\u200b', 90_000)}`],
  ['sed', `sed '${fill('s/a/b/;', 90_000)}' x`],
  ['sed, open', `sed '${fill('/a', 90_000)}' x`],
  ['sed labels', `sed '${fill('b a;', 90_000)}' x`],
  ['awk', `awk '${fill('"a" ', 90_000)}' x`],
  ['awk, open strings', `awk '${fill('"\\', 90_000)}' x`],
  ['printf to', `awk '${fill('print ', 90_000)}' x`],
  ['find', `find . ${fill('-exec a ', 90_000)}`],
  ['find, terminated', `find . ${fill('-exec a \\; ', 90_000)}`],
  ['options', `git ${fill('-c a=b ', 90_000)}`],
  ['aliases', `git ${fill("-c alias.a='!ls' ", 90_000)}`],
  ['long option', `tar --${fill('a', 90_000)}`],
  ['option cluster', `tar -${fill('x', 90_000)}`],
  ['addresses', `curl ${fill('http://a/ ', 90_000)}`],
  ['long address', `curl http://${fill('a.', 90_000)}`],
  ['digits', `curl http://${fill('1.', 90_000)}`],
  ['numbers in names', `cat ${fill('0', 90_000)}`],
  ['dots', `cat ${fill('../', 90_000)}`],
  ['slashes', `cat ${fill('/', 90_000)}`],
  ['proc', `cat ${fill('/proc/self/root', 90_000)}`],
  ['PowerShell', fill('Get-Item $x | ')],
  ['percent signs', fill('%a')],
  ['blanks', fill(' ')],
  ['prose', fill('Lorem ipsum dolor sit amet. ')],
  ['digits and dots in a name', fill('a1.', 3_000)],
];

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
