import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze, analyzeArgv } from './analyze.ts';
import { describeOperation } from './describe.ts';
import { operationsOf, operationsOfArgv, testContext } from './test-notation.ts';

/** Each file: a command, and what it would do in lines that are set in; `⏎` is a line's end within a command. */
const corpus = join(import.meta.dirname, '../../../test/corpus/commands');

function casesOf(file: string): readonly (readonly [command: string, operations: readonly string[]])[] {
  return readFileSync(join(corpus, file), 'utf8')
    .trimEnd()
    .split('\n\n')
    .map((block) => {
      const [command = '', ...operations] = block.split('\n').map((line) => line.replaceAll('⏎', '\n'));
      return [command, operations.map((line) => line.slice(2))] as const;
    });
}

describe.each(readdirSync(corpus))('%s', (file) => {
  test.each(casesOf(file))('%s', (command, operations) => {
    expect(operationsOf(command)).toEqual(operations);
  });
});

describe('argument vectors', () => {
  test.each<readonly [readonly string[], readonly string[]]>([
    [
      ['git', 'push'],
      ['exec git push [publishes network]', 'connect remote:origin'],
    ],
    [
      ['cat', '$x', '*', '~'],
      ['exec cat [reads]', 'read /repo/$x', 'read /repo/*', 'read /repo/~'],
    ],
    // No shell stands between: names of builtins are programs.
    [['cd', '/'], ['exec cd [unknown]']],
    [['eval', 'rm x'], ['exec eval [unknown]']],
    [
      ['sh', '-c', 'rm $0', 'y'],
      ['exec sh', 'exec rm [writes destroys] via sh', 'opaque write: $0'],
    ],
    [
      ['./run.sh', '-x'],
      ['exec ./run.sh [runs-code]', 'read /repo/run.sh'],
    ],
    [[''], ['opaque exec: ']],
    [[], []],
  ])('%j', (argv, operations) => {
    expect(operationsOfArgv(argv)).toEqual(operations);
  });
});

describe('risks', () => {
  test.each([
    ['ls', []],
    ['rm a\u202eb', ['hidden-text']],
    ['rm a\u200bb \u001b[2K', ['hidden-text', 'hidden-text']],
    ['ls\r', ['hidden-text']],
    ['cat /\u0435tc/shadow', ['hidden-text']],
    ['git checkout main\u3000\u3000;id', ['hidden-text']],
    ['ｃａｔ x', ['hidden-text']],
    [`grep a b${' '.repeat(60)}; env`, ['hidden-text']],
    [`echo ${'x'.repeat(1_000)}`, ['hidden-text']],
    [`echo ${'x'.repeat(900)}\n${' '.repeat(60)}ls`, []],
    ['git commit -m "Prüfung: größer als Ω – fertig ✅"', []],
    ['if (', ['syntax']],
    ['Get-Content x', ['not-bash']],
    [`${'$('.repeat(30)}ls${')'.repeat(30)}`, ['too-deep']],
    [`rm ${'a '.repeat(60_000)}`, ['too-long']],
    [`f() { f a; f b; }; f`, ['too-deep']],
    [`bash -c '${'coproc '.repeat(30)}ls'`, ['too-deep']],
    [`x='${'coproc '.repeat(15)}'; eval "$x $x ls"`, ['too-deep']],
  ])('%j', (text, kinds) => {
    expect([...new Set(analyze(text, testContext).risks.map((risk) => risk.kind))].slice(0, 1)).toEqual(
      kinds.slice(0, 1),
    );
  });

  test.each([
    ['echo $(rm a)', [0, 7]],
    ['echo `rm a \\`rm b\\``', [0, 5, 5]],
    ["bash -c 'rm a'", [0, 0]],
  ])('programs are placed in what the reader sees: %s', (text, starts) => {
    const spans = analyze(text, testContext)
      .operations.filter(({ kind }) => kind === 'exec')
      .map(({ span }) => span);
    expect(spans.map(({ start }) => start).toSorted((a, b) => a - b)).toEqual(starts);
    for (const { end } of spans) expect(end).toBeLessThan(text.length + 1);
  });

  test('hidden characters are named, and placed', () => {
    const { risks } = analyze('ls \u202ex', testContext);
    expect(risks).toMatchObject([{ span: { start: 3, end: 4 } }]);
    expect(risks[0]?.message).toContain('bidirectional override (U+202E)');
  });
});

describe('a text that shows as another one cannot be told', () => {
  test.each([
    ['rm a\u202eb', true],
    ['rm a\u200bb', true],
    ['rm \u001b[2Ka', true],
    ['ls x\rrm y', true],
    ['git checkout main\u3000;id', true],
    ['cat <<E > x\r\na\r\nE', false],
    ['git commit -m "⚠️ naïve 👩‍💻"', false],
  ])('%j: %s', (text, opaque) => {
    const found = analyze(text, testContext).operations.some(
      (operation) => operation.kind === 'opaque' && operation.reason.includes('show as something else'),
    );
    expect(found).toBe(opaque);
  });
});

test('spans point to the words', () => {
  const text = 'cd src && cat "a b" > out';
  const spans = analyze(text, testContext).operations.map(({ kind, span }) => [
    kind,
    text.slice(span.start, span.end),
  ]);
  expect(spans).toEqual([
    ['exec', 'cd src'],
    ['write', 'out'],
    ['exec', 'cat "a b" > out'],
    ['read', '"a b"'],
  ]);
});

test('nested text has the span of the word that holds it', () => {
  const text = "sh -c 'rm x'";
  for (const { span } of analyze(text, testContext).operations) {
    expect(text.slice(span.start, span.end)).toContain('rm x');
  }
});

test('known variables of the context are known', () => {
  const context = { ...testContext, variables: { DIR: '/tmp/x' } };
  expect(operationsOf('cat $DIR/y $OTHER', context)).toEqual([
    'exec cat [reads]',
    'opaque read: $OTHER',
    'read /tmp/x/y (temporary)',
  ]);
});

test('an exec says its environment, and which words cannot be told', () => {
  const [exec] = analyze('A=1 B="$x" nosuch "$y" c *.d', testContext).operations;
  expect(exec).toMatchObject({
    environment: { A: '1', B: null },
    argv: ['nosuch', '"$y"', 'c', '*.d'],
    unknown: [1, 3],
  });
});

test('the same input gives the same answer', () => {
  for (const text of ['git status', 'for x in a b; do rm $x; done']) {
    expect(analyze(text, testContext)).toEqual(analyze(text, testContext));
    expect(analyzeArgv(['ls'], testContext)).toEqual(analyzeArgv(['ls'], testContext));
  }
});

describe('sentences', () => {
  test.each([
    ['echo x > src/a.ts', 'writes /repo/src/a.ts'],
    ['git push', 'runs git push, which publishes and opens connections'],
    ['git push', 'connects to the remote origin (git)'],
    ['curl https://e.example', 'connects to e.example:443 (curl)'],
    ['cat .env', 'reads /repo/.env (secrets)'],
    ['rm -r dist', 'writes everything below /repo/dist'],
    ['cat *.ts', 'reads the files that match /repo/*.ts'],
    ['cat ~/.aws/config', 'uses the credentials of aws (cat)'],
    ['$x', 'may do anything in "$x": the command\'s name cannot be told'],
    ['sudo ls', 'runs ls through sudo, which reads'],
    ['cat "a; b"', 'reads "/repo/a; b"'],
  ])('%s: %s', (command, sentence) => {
    expect(analyze(command, testContext).operations.map(describeOperation)).toContain(sentence);
  });
});

describe('a new file of mktemp is in /tmp only where nothing says otherwise', () => {
  test('known', () => {
    expect(operationsOf('f=$(mktemp); cat "$f"')).toContain('read /tmp/tmp.XXXXXXXXXX (temporary)');
  });

  test.each([
    'mktemp() { echo ~/.ssh/id_rsa; }; f=$(mktemp); cat "$f"',
    'TMPDIR=/etc; f=$(mktemp); cat "$f"',
    'export TMPDIR=$x; f=$(mktemp); cat "$f"',
    'PATH=.:$PATH; f=$(mktemp); cat "$f"',
    'source ./x; f=$(mktemp); cat "$f"',
    'alias mktemp=./x; f=$(mktemp); cat "$f"',
  ])('%s', (command) => {
    expect(operationsOf(command)).toContain('opaque read: "$f"');
  });
});
