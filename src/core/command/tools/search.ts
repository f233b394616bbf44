import type { Call } from '../call.ts';
import { literal, unknown, type Field } from '../field.ts';
import { adds, hasOption, optionValues } from '../options.ts';
import { named, tool } from '../tool.ts';
import { isExpendable } from './removal.ts';

const grepValues =
  '-A --after-context -B --before-context -C --context -m --max-count --label -D --devices -d --directories --binary-files --exclude --exclude-dir --group-separator';

/** First operand a pattern unless options give it; the rest files. */
function searches(
  call: Call,
  parsed: Parameters<NonNullable<Parameters<typeof tool>[0]['apply']>>[1],
  always: boolean,
): void {
  const recursive = always || hasOption(parsed, '-r', '-R');
  const given = hasOption(parsed, '-e', '-f');
  const files = given ? parsed.operands : parsed.operands.slice(1);
  // Where the first word may be an option or nothing, it may shift what is a file.
  if (!given && parsed.operands[0]?.many === true) call.read(parsed.operands[0], recursive);
  if (files.length === 0 && recursive && call.input.kind === 'inherited') call.readHere();
  else if (files.length === 0 && recursive && !always) call.readHere();
  for (const file of files) call.read(file, recursive);
  // `--include='.env*'` picks what a search through a tree would else only pass by.
  for (const glob of [...optionValues(parsed, '--include'), ...optionValues(parsed, '-g')])
    if (/^\**\/?\.env|\.(pem|key|p12)$|secret|credential|passw/i.test(glob.text))
      call.read({ ...glob, pattern: glob.known });
  if (!always && hasOption(parsed, '-R')) call.followsLinks();
}

const find = tool({
  traits: ['reads'],
  hides: 'exec',
  raw: (call) => {
    const { words } = call;
    let at = 0;
    const starts: Field[] = [];
    for (; at < words.length; at += 1) {
      const word = words[at];
      if (word === undefined || (word.known && /^(-(?![HLPDO])|[(!])/.test(word.text))) break;
      if (!word.known && (word.prefix === '' || /^[-(!]/.test(word.prefix))) {
        call.opaque('exec', word.text, 'it may be an action of find');
      }
      if (!/^-[HLPDO]/.test(word.text)) starts.push(word);
    }
    if (starts.length === 0) starts.push(literal('.', call.span));
    for (const start of starts) call.read(start, true);
    if (words.some(({ text }) => /^-(L|follow)$/.test(text))) call.followsLinks();
    expressions(call, words.slice(at), starts);
  },
});

const plainTests =
  /^(-(name|iname|path|ipath|wholename|iwholename|regex|iregex|lname|ilname|type|xtype|size|mtime|ctime|atime|mmin|cmin|amin|user|group|uid|gid|perm|maxdepth|mindepth|links|inum|fstype|regextype|used|context|printf))$/;
const plainFlags =
  /^(-(print|print0|ls|prune|quit|depth|d|mount|xdev|not|and|or|a|o|empty|executable|readable|writable|true|false|daystart|follow|noleaf|nogroup|nouser|ignore_readdir_race|noignore_readdir_race|warn|nowarn|help|version|sparse|[HLP])|[(),!])$/;

function expressions(call: Call, words: readonly Field[], starts: readonly Field[]): void {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = word;
    const next = words[at + 1];
    if (!word.known) {
      call.opaque('exec', text, 'it may be an action of find');
    } else if (/^-(exec|execdir|ok|okdir)$/.test(text)) {
      let end = at + 1;
      while (
        end < words.length &&
        words[end]?.text !== ';' &&
        !(words[end]?.text === '+' && words[end - 1]?.text === '{}')
      )
        end += 1;
      const named = narrowingName(words.slice(0, at));
      const nested = words
        .slice(at + 1, end)
        .map((one) => (one.text.includes('{}') ? foundFile(one, starts, named) : one));
      if (nested.length > 0)
        call.runner.runProgram(nested, call, /dir$/.test(text) ? { directory: null } : {});
      at = end;
    } else if (text === '-delete') {
      // By name only some files go; without a name all do.
      call.trait('writes', ...(narrowingName(words.slice(0, at)) === null ? (['destroys'] as const) : []));
      for (const start of starts) call.write(start, true);
    } else if (/^-(fprint|fprint0|fls|fprintf)$/.test(text)) {
      call.trait('writes');
      if (next !== undefined) call.write(next);
      at += text === '-fprintf' ? 2 : 1;
    } else if (text === '-files0-from' || /^-(newer\w*|anewer|cnewer|samefile)$/.test(text)) {
      if (next !== undefined && !/^-newer.t$/.test(text)) call.read(next);
      at += 1;
    } else if (plainTests.test(text)) at += 1;
    else if (!plainFlags.test(text)) call.trait('unknown');
  }
}

/** The name or path that all found files have, null where they may have any. */
function narrowingName(given: readonly Field[]): string | null {
  const tests = withoutExceptions(given);
  if (tests.some((one) => !one.known || /^(!|-not|,)$/.test(one.text))) return null;
  const names = tests.flatMap((one, at) =>
    /^-i?(name|path|wholename)$/.test(one.text) ? [tests[at + 1]?.text ?? ''] : [],
  );
  if (tests.some((one) => one.text === '-empty') && names.length === 0) return 'tmp';
  const alternatives = tests.filter((one) => /^-(o|or)$/.test(one.text)).length;
  if (names.length <= alternatives || !names.every((name) => /[A-Za-z0-9]/.test(name))) return null;
  return names.find((name) => !isExpendable(name)) ?? names[0] ?? null;
}

const byName = /^-i?(name|path|wholename|regex)$/;

/** `-not -path X` only leaves some out of what the other tests find. */
function withoutExceptions(tests: readonly Field[]): readonly Field[] {
  const at = tests.findIndex(
    ({ text }, index) => /^(!|-not)$/.test(text) && byName.test(tests[index + 1]?.text ?? ''),
  );
  return at < 0 ? tests : [...tests.slice(0, at), ...withoutExceptions(tests.slice(at + 3))];
}

function foundFile(word: Field, starts: readonly Field[], name: string | null): Field {
  const field = unknown(
    word.text,
    word.span,
    word.text.slice(0, word.text.indexOf('{}')) || prefixOf(starts),
  );
  return word.text === '{}' && name !== null ? { ...field, ends: name.replace(/^.*\//, '') } : field;
}

/** What every path that find gives begins with: never a dash unless the start does. */
function prefixOf(starts: readonly Field[]): string {
  const [only] = starts;
  return starts.length === 1 && only?.known === true && /^[./]/.test(only.text)
    ? only.text
    : starts.every((one) => one.known && !one.text.startsWith('-'))
      ? '.'
      : '';
}

export const search = named({
  'grep egrep fgrep zgrep zegrep zfgrep pcregrep pcre2grep': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: {
      [grepValues]: 'value',
      '--include': 'keep',
      '-r --recursive': adds(),
      '-R --dereference-recursive': adds(),
      '-e --regexp': 'keep',
      '-f --file': 'read',
      '--exclude-from': 'read',
      '--color --colour': 'maybe',
    },
    apply: (call, parsed) => searches(call, parsed, false),
  }),
  'rg ripgrep': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'exec',
    options: {
      '-A --after-context -B --before-context -C --context -m --max-count --iglob -t --type -T --type-not --type-add --type-clear -E --encoding -M --max-columns --max-filesize -d --max-depth -j --threads -r --replace --sort --sortr --colors --color --context-separator --field-match-separator --path-separator --regex-size-limit --dfa-size-limit --engine --pre-glob --hyperlink-format --generate':
        'value',
      '-g --glob': 'keep',
      '--pre --hostname-bin': 'program',
      '-e --regexp': 'keep',
      '-f --file': 'read',
      '--ignore-file': 'read',
      '--files --type-list': 'mark',
      '-z --search-zip': 'flag',
    },
    apply: (call, parsed) => {
      if (hasOption(parsed, '--files')) {
        if (parsed.operands.length === 0) call.readHere();
        for (const operand of parsed.operands) call.read(operand, true);
      } else searches(call, parsed, true);
    },
  }),
  'ag ack': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'exec',
    options: { '-A -B -C -m -G --ignore --pager': 'value', '--pager --pager=': 'program' },
    apply: (call, parsed) => searches(call, parsed, true),
  }),
  'fd fdfind': tool({
    traits: ['reads'],
    hides: 'exec',
    raw: (call) => {
      const at = call.words.findIndex((word) => /^(-[xX]|--exec(-batch)?)/.test(word.text));
      const own = at < 0 ? call.words : call.words.slice(0, at);
      const operands = own.filter((word) => !word.text.startsWith('-'));
      if (operands.length < 2) call.readHere();
      for (const operand of operands.slice(1)) call.read(operand, true);
      if (own.some((word) => !word.known && word.many))
        call.opaque(
          'exec',
          own.map((word) => word.text).join(' '),
          'a word may be an option that runs programs',
        );
      if (at < 0) return;
      const first = call.words[at];
      const attached = first === undefined ? '' : first.text.replace(/^(-[xX]|--exec(-batch)?=?)/, '');
      if (attached !== '') {
        call.opaque('exec', first?.text ?? '', 'what it runs cannot be told');
        return;
      }
      const nested = call.words
        .slice(at + 1)
        .map((word) =>
          word.text.includes('{')
            ? unknown(word.text, word.span, word.text.slice(0, word.text.indexOf('{')) || '.')
            : word,
        );
      if (nested.length > 0)
        call.runner.runProgram([...nested, unknown('(a file found)', call.span, '.')], call);
    },
  }),
  find,
  'fzf sk peco': tool({
    traits: ['reads'],
    hides: 'exec',
    raw: (call) => {
      if (
        call.words.some(
          (word) => !word.known || /^--(preview|bind|execute|become|listen)|^-\w*f/.test(word.text),
        )
      ) {
        call.opaque('exec', call.exec.argv.join(' '), 'it runs commands for what is chosen');
      }
      call.readHere();
    },
  }),
  'tokei cloc scc ctags sloccount': tool({
    traits: ['reads'],
    hides: 'write',
    options: {
      '-f -o --output --out --report-file': 'write',
    },
    lenient: true,
    apply: (call, parsed) => {
      if (call.name === 'ctags') {
        call.trait('writes');
        if (optionValues(parsed, '-f').length === 0) call.write(literal('tags', call.span));
      }
      if (parsed.operands.length === 0) call.readHere();
      for (const operand of parsed.operands) call.read(operand, true);
    },
  }),
  'ast-grep': tool({
    traits: ['reads'],
    hides: 'write',
    lenient: true,
    options: {
      '-p --pattern -r --rewrite -l --lang': 'value',
      '-U --update-all -i --interactive': adds('writes'),
    },
    apply: (call, parsed) => {
      call.readHere();
      if (hasOption(parsed, '-U')) call.write(literal('.', call.span), true);
    },
  }),
});
