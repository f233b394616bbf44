/** Whatever words the analysis claims to know, the real Bash gives exactly those. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { parse } from 'unbash';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AnalysisContext } from './context.ts';
import type { Field } from './field.ts';
import { Findings } from './findings.ts';
import { Interpreter } from './interpreter.ts';
import { freshState } from './variables.ts';
import { expandWord } from './words.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-words-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Assigned before every word, in Bash and here. */
const preamble = "a=one b='two words' c='' d='x*y' e='tab\tand  blanks ' n=5 p=/usr/lib";

function context(): AnalysisContext {
  return { cwd: folder, repository: folder, home: '/home/somebody' };
}

/** The fields of `word` if all of them are known; null if any is not. */
function claimed(word: string): readonly Field[] | null {
  const findings = new Findings();
  const shell = new Interpreter({
    state: freshState(context(), [folder]),
    findings,
    context: context(),
    span: null,
    depth: 0,
    via: [],
  });
  shell.runText(preamble, { start: 0, end: 0 });
  const script = parse(`: ${word}`);
  const command = script.commands[0]?.command;
  if (script.errors !== undefined || script.commands.length !== 1 || command?.type !== 'Command') return null;
  const fields: Field[] = [];
  for (const one of command.suffix) {
    if (one.type !== 'Word') return null;
    fields.push(...expandWord(one, 'argument', shell));
  }
  return fields.every((field) => field.known && !field.pattern) ? fields : null;
}

/** What Bash makes of each word; null where it refuses it. Many words share one process. */
function expandedByBash(words: readonly string[]): readonly (readonly string[] | null)[] {
  const file = join(folder, '.words');
  const lines = words.map(
    (word) => `${preamble}\neval ${quote(`printf '%s\\0' A ${word}`)} 2>/dev/null || printf '!\\0'`,
  );
  writeFileSync(file, lines.map((line) => `(\n${line}\n)\nprintf '\\1\\0'\n`).join(''));
  const output = execFileSync('bash', [file], {
    cwd: folder,
    env: { HOME: '/home/somebody', PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const results = output.split('\u0001\0').slice(0, words.length);
  return results.map((text) => {
    const parts = text.split('\0').slice(0, -1);
    return parts[0] === 'A' && parts.at(-1) !== '!' ? parts.slice(1) : null;
  });
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function compare(words: readonly string[]): { readonly compared: number; readonly wrong: readonly string[] } {
  const wrong: string[] = [];
  let compared = 0;
  const claims = words.map(claimed);
  const chosen = words.flatMap((word, index) =>
    claims[index] === null ? [] : [{ word, claim: claims[index] ?? [] }],
  );
  const bash = expandedByBash(chosen.map(({ word }) => word));
  chosen.forEach(({ word, claim }, index) => {
    const real = bash[index];
    if (real === null || real === undefined) return;
    compared += 1;
    const ours = claim.map((field) => field.text);
    if (JSON.stringify(ours) !== JSON.stringify(real))
      wrong.push(`${word}  claimed ${JSON.stringify(ours)}  Bash ${JSON.stringify(real)}`);
  });
  return { compared, wrong };
}

const known: readonly (readonly [word: string, fields: readonly string[]])[] = [
  ['plain', ['plain']],
  ['\'single\'"double"\\ blank', ['singledouble blank']],
  ["$'\\x41\\u00e9\\n\\'\\101'", ["Aé\n'A"]],
  ['$a"$b"', ['onetwo words']],
  ['$b', ['two', 'words']],
  ['x$b"y"', ['xtwo', 'wordsy']],
  ['$e', ['tab', 'and', 'blanks']],
  ['$c', []],
  ['"$c"', ['']],
  ['""$c', ['']],
  ['{a,b}{1..3}', ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']],
  ['x{,y}', ['x', 'xy']],
  ['{08..10}', ['08', '09', '10']],
  ['{c..a}', ['c', 'b', 'a']],
  ['~', ['/home/somebody']],
  ['~/x', ['/home/somebody/x']],
  ['"~"', ['~']],
  ['${a}x', ['onex']],
  ['${c:-none}', ['none']],
  ['${a:+set}', ['set']],
  ['${p%/lib}', ['/usr']],
  ['${p#/usr}', ['/lib']],
  ['${a^^}', ['ONE']],
  ['${a:1:2}', ['ne']],
  ['cat${IFS}x', ['cat', 'x']],
  ['a"b"$\'c\'{d,e}', ['abcd', 'abce']],
  ['{a}', ['{a}']],
  ['{}', ['{}']],
  ['a{b', ['a{b']],
];

test.each(known)('%s', (word, fields) => {
  expect(claimed(word)?.map((field) => field.text)).toEqual(fields);
  expect(compare([word]).wrong).toEqual([]);
});

const unknown: readonly string[] = [
  '$UNKNOWN',
  '"$HOSTNAME"',
  '$(echo x)',
  '`echo x`',
  '$((1 + 1))',
  '*.c',
  '$d',
  '${a@P}',
  '${!a}',
  '${x[0]}',
  '~nobody/x',
  '$1',
  '"$@"',
  '$RANDOM',
  '<(true)',
  '{a,b}{1..9}{1..9}{1..9}{1..9}',
  '{a,$(echo b)}',
];

test.each(unknown)('%s cannot be told', (word) => {
  expect(claimed(word)).toBeNull();
});

const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'a',
      'b',
      'x',
      '/',
      '.',
      '-',
      '=',
      ':',
      '1',
      ',',
      '..',
      '%',
      '@',
      '+',
      '^',
      '!',
      '#',
      '_',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '{',
      '}',
      '{a,b}',
      '{1..3}',
      '{a..c}',
      '{x,',
      ',y}',
      '{1..',
      '{01..3}',
      '{3..1..2}',
      '{a,{b,c}}',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '$a',
      '$b',
      '$c',
      '$e',
      '${a}',
      '${b}',
      '$n',
      '$p',
      '$HOME',
      '$PWD',
      '$',
      '$IFS',
      '${IFS}',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '"',
      "'",
      '\\',
      "$'",
      '$"',
      "\\'",
      '\\"',
      '""',
      "''",
      '"$b"',
      '"$a x"',
      "'q r'",
      "$'\\t'",
      "$'\\x41'",
      "$'\\''",
      '"\\$a"',
      '"\\a"',
      "$'\\u263a'",
      "$'\\c?'",
      "$'\\8'",
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom('~', '~/', '~+', '=~', ':~', '~a', 'v=~/x', 'v=a:~') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '${a:-z}',
      '${c:-z}',
      '${c-z}',
      '${a:+z}',
      '${p%/lib}',
      '${p#/usr}',
      '${p%%b}',
      '${a^^}',
      '${a^}',
      '${b,,}',
      '${a:1}',
      '${a:0:2}',
      '${b:2:3}',
      '${#a}',
      '${a%$n}',
      '${c:=q}',
      '${u:-"q r"}',
      '${a/o/x}',
      '${p##*/}',
      '${b:+$a}',
      '${a:?}',
      '"${b%words}"',
      '"${c:-$b}"',
      '${c:-$b}',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      '?',
      '[a]',
      '[',
      ']',
      '\n',
      '\\\n',
      ' ',
      '\t',
      '(',
      ')',
      '&',
      ';',
      '|',
      '<',
      '>',
      '`',
    ),
  },
);

test('claims about generated words hold in Bash', () => {
  const words = fc.sample(
    fc.array(piece, { minLength: 1, maxLength: 7 }).map((pieces) => pieces.join('')),
    { numRuns: 9000, seed: 20261122 },
  );
  // What would end the word or run something is Bash's to parse, not to expand.
  const fit = words.filter((word) => !/[;&|<>()`#!]|\n(?!$)|^\s*$/.test(word.replaceAll('\\\n', '')));
  let compared = 0;
  const wrong: string[] = [];
  for (let at = 0; at < fit.length; at += 1500) {
    const result = compare(fit.slice(at, at + 1500));
    compared += result.compared;
    wrong.push(...result.wrong);
  }
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(compared).toBeGreaterThan(2500);
});
