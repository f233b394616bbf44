/**
 * Whatever the real Bash runs, the analysis said before: as an exec with the same words in the same directory, or as
 * something that cannot be told. Scripts are generated; every program is one that does not exist, and Bash reports it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Operation } from '../model/operation.ts';
import { analyze } from './analyze.ts';

let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'writ-runs-')));
  for (const name of ['d', 'd/e', 'f']) mkdirSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly argv: readonly string[];
  readonly directory: string;
}

/** Runs each script in a Bash of its own process group of subshells; what it ran, in order. */
function runInBash(scripts: readonly string[]): readonly (readonly Ran[])[] {
  const log = join(folder, '.log');
  const file = join(folder, '.script');
  const parts = scripts.map(
    (script, at) =>
      `printf '%s\\0' '#${at}' >>"$WRIT_TEST_LOG"\n( eval ${quote(script)} ) </dev/null >/dev/null 2>&1\n`,
  );
  writeFileSync(log, '');
  writeFileSync(
    file,
    `command_not_found_handle() { printf '%s\\0' '@' "$PWD" "$#" "$@" >>"$WRIT_TEST_LOG"; return $(( $# % 2 )); }\nexport -f command_not_found_handle\nexport FUNCNEST=4\ncd -- ${quote(folder)}\n${parts.join('')}exit 0\n`,
  );
  // A script that does not end only leaves the log shorter.
  spawnSync('timeout', ['20', 'bash', file], {
    cwd: folder,
    env: { HOME: '/home/writ', PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', WRIT_TEST_LOG: log },
    stdio: 'ignore',
  });
  return readLog(readFileSync(log, 'utf8').split('\0'));
}

function readLog(words: readonly string[]): readonly (readonly Ran[])[] {
  const all: Ran[][] = [];
  for (let at = 0; at < words.length; at += 1) {
    if (words[at]?.startsWith('#') === true) all.push([]);
    else if (words[at] === '@') {
      const count = Number(words[at + 2]);
      all.at(-1)?.push({ directory: words[at + 1] ?? '', argv: words.slice(at + 3, at + 3 + count) });
      at += 2 + count;
    }
  }
  return all;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function wasSaid({ argv, directory }: Ran, operations: readonly Operation[]): boolean {
  return operations.some((operation) => {
    if (operation.kind === 'opaque') return operation.of === 'exec';
    if (operation.kind !== 'exec' || (operation.cwd !== null && operation.cwd !== directory)) return false;
    return covers(operation.argv, operation.unknown, argv);
  });
}

/** A word that cannot be told may stand for any number of words. */
function covers(words: readonly string[], unknown: readonly number[], argv: readonly string[]): boolean {
  if (unknown.length === 0) return JSON.stringify(words) === JSON.stringify(argv);
  const first = unknown[0] ?? 0;
  const after = words.length - 1 - (unknown.at(-1) ?? 0);
  const head = words.slice(0, first);
  const tail = after === 0 ? [] : words.slice(-after);
  return (
    argv.length >= head.length + tail.length &&
    head.every((word, at) => argv[at] === word) &&
    tail.every((word, at) => argv[argv.length - tail.length + at] === word)
  );
}

function unsaid(scripts: readonly string[]): {
  readonly ran: number;
  readonly told: number;
  readonly wrong: readonly string[];
} {
  const context = { cwd: folder, repository: folder, home: '/home/writ' };
  const wrong: string[] = [];
  let ran = 0;
  let told = 0;
  const all = runInBash(scripts);
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
  test.each([
    'x=1; while p1 $x; do x=2; break; done; p2 $x',
    'for x in 1 2; do p1 $x; if [ $x = 1 ]; then y=a; continue; fi; y=b; done; p2 $y',
    'f() { x=2; return; x=3; }; x=1; f; p1 $x',
    'f() { local x=2; p1 $x; }; x=1; f; p1 $x',
    'x=1 eval "p1 \\$x"; p1 $x',
    'x=a; (x=b; p1 $x); p1 $x',
    'x=a; x=b | p1 $x; p1 $x',
    'x=a; p1 & x=b; p1 $x',
    'cd d; p1; cd e || p2; p1; cd nowhere; p1',
    'cd d && cd nowhere || p1; p2',
    'if cd nowhere; then p1; else p2; fi; p1',
    '(cd d; p1); p2',
    'p1 $(cd d; p2)',
    'declare -u x; x=abc; p1 $x',
    'declare -i x; x=1+1; p1 $x',
    'readonly x=1; x=2; p1 $x',
    'declare -n x=y; y=1; x=2; p1 $y',
    'x=1; read x <<< 2; p1 $x',
    'x=1; printf -v x %s 2; p1 $x',
    'x=1; y=x; printf -v "$y" 2; p1 $x',
    'x=1; unset x; p1 $x',
    'x=1; ((x++)); p1 $x',
    'x=1; let x=5; p1 $x',
    'x=1; : $((x=7)); p1 $x',
    'x=1; : ${y:=2}; p1 $y',
    'set -- a b; p1 $1 "$@"; shift; p1 "$@"',
    'f() { p1 "$@" $#; shift; p1 "$1"; }; f 1 2 3',
    'exit 1 2; p1',
    'p1 || exit; p2',
    'trap "x=2" DEBUG; x=1; p1 $x',
    'trap "p1" EXIT',
    'IFS=:; x=a:b; p1 $x',
    'x="a b"; IFS=; p1 $x',
    'eval p1 "\\"a b\\""',
    'bash -c "p1 \\$0 \\$1" a b',
    'bash <<< "p1 x"',
    'bash <<E\np1 $((1+1)) `echo q`\nE',
    "bash <<'E'\np1 $x '$y'\nE",
    'case a in a) p1;& b) p2;; c) p1 c;; esac',
    'p1() { p2; }; p1; unset -f p1; p1',
    'f() { p1; }; if [ -z "$q" ]; then f() { p2; }; fi; f',
    'shopt -s expand_aliases\nalias p1="p2 x"\np1',
    'set +B; p1 {a,b}',
    'set -f; p1 *',
    'x=$\'a\\nb\'; p1 $x "$x"',
    'y=1; x\\\n=2; p1 $x$\\\ny',
    'x=a; p1 "${x}"b{c,d}',
    'for x in {1..3}; do p1 $x; done',
    'for ((i=0; i<3; i++)); do p1 $i; done',
    'select x in a b; do p1 $x; done',
    'time p1; ! p2',
    'coproc p1; p2',
    '{ p1; } 2>&1 | p2',
    'p1 <(p2) >(p1 x)',
    'BASH_CMDS[p1]=/bin/true; p1',
    'while p1; do p2; break; done < <(p1 a)',
    'x=p1; $x a; y="p2 b"; $y; "$y"',
    'command p1; builtin eval p2; exec p1 z',
    'x=1; f() { x=2; }; $(f); p1 $x; f; p1 $x',
    'until p1; do x=3; break; done; p2 $x',
    'x=1; p1 && x=2; p1 $x; p1 a || x=3; p1 $x',
    'a=(1 2); p1 ${a[0]} "${a[@]}"',
    'x=1; eval x=2; p1 $x',
    'x=2; source /dev/null; p1 $x',
    'p1 &>/dev/null & wait; p2',
    'p1 a#b #c\np2',
    'if p1; then p2; elif p1 x; then p2 y; else p1 z; fi',
  ])('%s', (script) => {
    expect(unsaid([script]).wrong).toEqual([]);
  });
});

const word = fc.constantFrom(
  'a',
  'b',
  '"c d"',
  "'$x'",
  '$x',
  '"$x"',
  '$y',
  '"$y z"',
  '{a,b}',
  '$1',
  '"$@"',
  '$#',
  '${x:-q}',
  '${y%b}',
  '\\$x',
  '$(p3 s)',
  '`p3 t`',
  '$((1+2))',
  '~',
  'x=1',
  '--',
  '-n',
  '*',
  "$'\\t'",
  '"$(p3 "$x")"',
  '${x}a',
  'a$y',
);
const program = fc.constantFrom(
  'p1',
  'p2',
  'p1',
  '$x',
  'f',
  'g',
  'command p1',
  'eval p2',
  '"p1"',
  'p\\2',
  'builtin eval p1',
  'x=7 p1',
  'y=8 eval p1',
  'x=9 f',
);
const simple = fc
  .tuple(program, fc.array(word, { maxLength: 3 }))
  .map(([name, words]) => [name, ...words].join(' '));
const change = fc.constantFrom(
  'x=a',
  'x=b',
  'y=p1',
  "x='a b'",
  'x=$y',
  'y=$x',
  'y+=b',
  'x=$(p3)',
  'unset x',
  'cd d',
  'cd ..',
  'cd nowhere',
  'cd "$x"',
  'cd - ',
  'pushd e',
  'popd',
  'export x',
  'local y=l',
  'declare x=d',
  'declare -u y',
  'set -- m n',
  'set -- "$x"',
  'shift',
  'read x <<< "r s"',
  'printf -v y %s pv',
  '((x=4))',
  'let y=6',
  ': ${y:=dv}',
  'IFS=,',
  'IFS= read y <<< k',
  'break',
  'continue',
  'return',
  'exit',
  'true',
  'false',
  'set -f',
  'f() { p2 f "$@"; x=inf; }',
  'g() { local x=ing; p1 $x; f; }',
  'unset -f f',
  'readonly y',
  'mapfile -t x <<< m',
  'trap "p3 $x" EXIT',
  'eval "x=ev; p1 $x"',
  "eval 'y=$x'",
  'exec 3>&1',
  '[ "$x" = a ]',
  '[[ $x == a ]]',
  'test -n "$y"',
);

const { list } = fc.letrec<{ list: string; statement: string; compound: string }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: simple },
    { weight: 5, arbitrary: change },
    { weight: 4, arbitrary: tie('compound') },
  ),
  list: fc
    .array(fc.tuple(tie('statement'), fc.constantFrom(' ; ', '\n', ' && ', ' || ', ' ; ', ' | ', ' ; ')), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.map(([text, gap], at) => (at === parts.length - 1 ? text : text + gap)).join('')),
  compound: fc.oneof(
    tie('list').map((body) => `( ${body} )`),
    tie('list').map((body) => `{ ${body}\n}`),
    fc
      .tuple(tie('list'), tie('list'), tie('list'))
      .map(([test, yes, no]) => `if ${test}\nthen ${yes}\nelse ${no}\nfi`),
    fc.tuple(tie('list'), tie('list')).map(([test, yes]) => `if ${test}\nthen ${yes}\nfi`),
    fc
      .tuple(fc.constantFrom('a b', '1', '$x', '"$@"', '{p1,p2}', ''), tie('list'))
      .map(([words, body]) => `for x in ${words}; do ${body}\ndone`),
    tie('list').map((body) => `while [ $((++rounds)) -lt 12 ]; do ${body}\ndone`),
    fc
      .tuple(word, tie('list'), tie('list'), fc.constantFrom(';;', ';&', ';;&'))
      .map(([subject, one, two, end]) => `case ${subject} in a|b) ${one}\n${end} *) ${two}\n;; esac`),
    tie('list').map((body) => `f() { ${body}\n}`),
    tie('list').map((body) => `p1 "$( ${body}\n)"`),
    tie('list').map((body) => `{ ${body}\n} | p2`),
    tie('list').map((body) => `bash <<'E'\n${body.replaceAll('<<', '< <')}\nE\n`),
    fc.tuple(tie('list')).map(([body]) => `eval ${quote(body)}`),
  ),
}));

test('generated scripts run nothing that was not said', { timeout: 180_000 }, () => {
  const scripts = fc.sample(list, { numRuns: 1_500, seed: 20_261_122 }).map((text) => `rounds=0\n${text}`);
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
