import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { adds, hasOption, optionValue, optionValues, type ParsedOptions } from '../options.ts';
import { named, tool } from '../tool.ts';
import { readSedScript } from './sed.ts';

function sed(call: Call, parsed: ParsedOptions): void {
  const scripts = [...optionValues(parsed, '-e')];
  const files = [...parsed.operands];
  const scriptFiles = optionValues(parsed, '-f');
  if (scripts.length === 0 && scriptFiles.length === 0) {
    const first = files.shift();
    if (first !== undefined) scripts.push(first);
  }
  for (const file of scriptFiles) {
    call.read(file);
    call.opaque('exec', file.text, 'the sed script in the file is not read');
  }
  for (const script of scripts) sedScript(call, script, hasOption(parsed, '--sandbox'));
  const inPlace = hasOption(parsed, '-i');
  if (inPlace) call.trait('writes');
  const suffix = optionValue(parsed, '-i');
  for (const file of files) {
    call.read(file);
    if (!inPlace) continue;
    call.write(file);
    if (suffix !== null && suffix.text !== '' && file.known) {
      const backup = suffix.text.includes('*') ? suffix.text : `${file.text}${suffix.text}`;
      if (suffix.known && !suffix.text.includes('*')) call.write(literal(backup, file.span));
      else call.opaque('write', suffix.text, 'where the backup goes cannot be told');
    }
  }
}

function sedScript(call: Call, script: Field, sandbox: boolean): void {
  if (sandbox) return;
  const found = script.known ? readSedScript(script.text) : null;
  if (found === null) {
    call.opaque(
      'exec',
      script.text,
      'sed scripts can write files and run commands, and this one cannot be told',
    );
    return;
  }
  if (found.executes) call.code(script.text, 'sed');
  for (const file of found.reads) call.read(literal(file, script.span));
  if (found.writes.length > 0) call.trait('writes');
  for (const file of found.writes) call.write(literal(file, script.span));
}

function awk(call: Call, parsed: ParsedOptions): void {
  const files = [...parsed.operands];
  const programs = optionValues(parsed, '-f');
  for (const file of [...programs, ...optionValues(parsed, '-E')]) {
    call.script(file);
    call.opaque('exec', file.text, 'the awk program in the file is not read');
  }
  for (const source of optionValues(parsed, '-e')) awkProgram(call, source);
  if (programs.length === 0 && !hasOption(parsed, '-e', '-E')) {
    const first = files.shift();
    if (first !== undefined) awkProgram(call, first);
  }
  for (const file of files) if (!/^[A-Za-z_]\w*=/.test(file.text)) call.read(file);
}

/** Plainly harmless: no way to a file or a command other than its input. */
function awkProgram(call: Call, source: Field): void {
  // Strings and patterns are left out only where they cannot hide an operator.
  const bare = source.text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  const outputs =
    /\bsystem\b|\bgetline\b|\||@|\bprintf?\b[^;}\n]*>|\bclose\b|\bfflush\b|\bextension\b|\bENVIRON\b|\bPROCINFO\b|\bARGV\b|\bFUNCTAB\b|\bSYMTAB\b/;
  const pipes = bare.replaceAll('||', ' ');
  if (!source.known || outputs.test(pipes)) {
    call.opaque(
      'exec',
      source.text,
      'awk programs can write files and run commands, and this one cannot be told',
    );
  }
}

const pager = tool({
  traits: ['reads'],
  lenient: true,
  hides: 'exec',
  options: {
    '-p --pattern -P --prompt -t --tag -T --tag-file -x --tabs -y -z --window -b -h -j -D --color': 'value',
    '-o -O --log-file --LOG-FILE': 'write',
    '-k --lesskey-file --lesskey-src': 'read',
    '--lesskey-content': 'hides-exec',
  },
  apply: (call, parsed) => {
    for (const operand of parsed.operands) {
      if (operand.text.startsWith('+'))
        call.opaque('exec', operand.text, 'it is a command of the pager, which can run others');
      else call.read(operand);
    }
  },
});

export const text = named({
  'sed gsed': tool({
    traits: ['reads'],
    hides: 'exec',
    options: {
      '-n --quiet --silent -E -r --regexp-extended -s --separate -u --unbuffered -z --null-data --posix --debug --follow-symlinks -b --binary':
        'flag',
      '-l --line-length': 'value',
      '-e --expression': 'keep',
      '-f --file': 'keep',
      '-i --in-place': { takes: 'maybe', traits: [] },
      '--sandbox': 'mark',
    },
    apply: sed,
  }),
  'awk gawk mawk nawk original-awk': tool({
    traits: ['reads'],
    hides: 'exec',
    style: { stopAtOperand: true },
    options: {
      '-F --field-separator -v --assign': 'value',
      '-f --file': 'keep',
      '-E --exec': 'keep',
      '-e --source': 'keep',
      '-i --include -l --load': { takes: 'value', effect: 'load', traits: ['runs-code'], hides: 'exec' },
      '-W': 'hides-exec',
      '-D --debug': { takes: 'maybe', hides: 'exec' },
      '-o --pretty-print -d --dump-variables -p --profile': { takes: 'maybe', hides: 'write' },
      '-b -c -C -g -h -I -k -L -M -n -N -O -P -r -s -S -t -V --characters-as-bytes --traditional --posix --re-interval --sandbox --lint --csv --bignum --version --help --non-decimal-data --optimize --no-optimize --use-lc-numeric':
        'flag',
    },
    apply: awk,
  }),
  'jq gojq jaq yq xq tomlq': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: {
      '--arg --argjson --indent --tab --seq -o --output-format -p --input-format -I': 'value',
      '-f --from-file': 'read',
      '--slurpfile --rawfile': 'value',
      '-L --library-path': 'read-tree',
      '-i --inplace --in-place': adds('writes'),
      '-s -r -c -n -e -S -C -M -a -j': 'flag',
    },
    apply: (call, parsed) => {
      // `--arg name value` leaves its value among the operands: which of them is the filter is then not told.
      const words = parsed.operands;
      const shifted = hasOption(parsed, '--arg', '--argjson', '--slurpfile', '--rawfile');
      const files = hasOption(parsed, '-f') || shifted ? words : words.slice(1);
      for (const file of files) {
        call.read(file);
        if (hasOption(parsed, '-i')) call.write(file);
      }
      const [filter] = words;
      if (words.some((word) => /\b(load|load_str|import|include|env|\$ENV)\b/.test(word.text)))
        call.opaque('read', filter?.text ?? '', 'the filter may read files');
      if (call.name === 'yq' && words.length > 1 && filter?.known !== true)
        call.opaque('read', filter?.text ?? '', 'the filter may read files');
      for (const operand of optionValues(parsed, '--slurpfile'))
        call.opaque('read', operand.text, 'the file it reads cannot be told');
    },
  }),
  'less more most pg': pager,
  man: tool({
    traits: ['reads'],
    lenient: true,
    options: {
      '-P --pager': 'program',
      '-H --html -B --browser': { takes: 'maybe', effect: 'program', hides: 'exec' },
      '-M --manpath -C --config-file': 'hides-exec',
      '-l --local-file': 'flag',
      '-X -T -Z': { takes: 'maybe' },
    },
    apply: (call, parsed) => {
      const files = hasOption(parsed, '-l');
      // A page with a slash in its name is a file, see man(1).
      for (const page of parsed.operands)
        if (files || !page.known || page.text.includes('/')) call.read(page);
    },
  }),
  'bat batcat': tool({
    traits: ['reads'],
    lenient: true,
    options: {
      '-l --language -H --highlight-line --file-name --tabs --wrap --theme --style -r --line-range -m --map-syntax --color --decorations --paging':
        'value',
      '--pager': 'program',
    },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) if (operand.text !== 'cache') call.read(operand);
    },
  }),
  envsubst: tool({ lenient: true, hides: null, traits: ['reads'] }),
  iconv: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: { '-f --from-code -t --to-code': 'value', '-o --output': 'write' },
    operands: 'read',
  }),
  'dos2unix unix2dos': tool({
    traits: ['reads', 'writes'],
    lenient: true,
    hides: 'write',
    options: { '-n --newfile': 'flag' },
    operands: 'write',
  }),
  sponge: tool({ traits: ['writes'], lenient: true, hides: 'write', operands: 'write' }),
  xmllint: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: {
      '--output -o': 'write',
      '--xpath --encode --schema --relaxng --schematron --path --maxmem --pretty --dtdvalid': 'value',
      '--shell': { takes: 'nothing', hides: 'exec' },
      '--noent --xinclude --loaddtd --dtdattr --load-trace --catalogs --dtdvalidfpi': {
        takes: 'nothing',
        hides: 'read',
      },
    },
    operands: 'read',
  }),
  pandoc: tool({
    traits: ['reads'],
    hides: 'exec',
    lenient: true,
    options: {
      '-f --from -t --to -r -w -V --variable -M --metadata --columns --toc-depth --wrap': 'value',
      '-o --output': 'write',
      '-F --filter -L --lua-filter --pdf-engine': {
        takes: 'value',
        effect: 'load',
        traits: ['runs-code'],
        hides: 'exec',
      },
      '--template --defaults -d -H -B -A -c --bibliography --csl --reference-doc --resource-path --data-dir --extract-media':
        'read',
    },
    apply: (call, parsed) => {
      for (const operand of parsed.operands)
        if (/^\w+:\/\//.test(operand.text)) call.connectToField(operand);
        else call.read(operand);
    },
  }),
  'delta csvcut csvgrep csvlook csvstat csvsort': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-c -d -q -r -m --pager': 'value' },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) call.read(operand);
    },
  }),
  'glow mdcat': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-s -w': 'value', '-p': 'maybe' },
    operands: 'read',
  }),
  'jsonlint yamllint': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-c --config-file -d --config-data -f --format': 'value', '-i --in-place': adds('writes') },
    operands: 'read-tree',
  }),
});
