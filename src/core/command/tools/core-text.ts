/** Core utilities that read files and print what they make of them. */
import { hasOption, optionValue } from '../options.ts';
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { named, tool } from '../tool.ts';
/** Reads its operands; the options that take separate values are listed, all others are flags. */
function reader(values = '', options = {}): ReturnType<typeof tool> {
  const named = values === '' ? {} : { [values]: 'value' };
  return tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    operands: 'read',
    options: { ...named, ...options },
  });
}

const files0From = { '--files0-from': { takes: 'value', effect: 'read', hides: 'read' } } as const;

export const coreText = named({
  'cat tac rev nl fold fmt expand unexpand cksum md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum sum shasum md5 crc32 sha3sum base64 base32 basenc cmp strings hexdump hd':
    reader(),
  'head tail': reader('-n --lines -c --bytes -s --sleep-interval --pid'),
  wc: reader('', files0From),
  od: reader('-A --address-radix -j --skip-bytes -N --read-bytes -S -t --format -w'),
  cut: reader('-b --bytes -c --characters -d --delimiter -f --fields --output-delimiter'),
  paste: reader('-d --delimiters'),
  'join comm': reader('-a -e -o -t -v -1 -2 -j'),
  column: reader('-s --separator -o --output-separator -c --columns -N -H -R -T'),
  pr: reader('-h --header -l --length -o --indent -w --width -D -N'),
  tsort: reader(),
  ptx: reader('-w --width'),
  ls: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: {
      '-I --ignore --hide -w --width -T --tabsize --block-size --quoting-style --time-style': 'value',
      '-R --recursive': 'flag',
    },
    apply: (call, parsed) => {
      const operands = parsed.operands.length === 0 ? [literal('.', call.span)] : parsed.operands;
      for (const operand of operands) call.look(operand, hasOption(parsed, '-R'));
    },
  }),
  'dir vdir': reader('-I --ignore -w --width -T --tabsize'),
  'stat readlink realpath pathchk test [': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-c --format --printf --relative-to --relative-base': 'value' },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) call.look(operand);
    },
  }),
  file: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: { '-f --files-from -m --magic-file': 'read' },
    operands: 'read',
  }),
  du: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: {
      '-L --dereference': 'flag',
      '-d --max-depth -B --block-size -t --threshold --exclude': 'value',
      '-X --exclude-from': 'read',
      ...files0From,
    },
    apply: (call, parsed) => {
      if (parsed.operands.length === 0) call.readHere();
      for (const operand of parsed.operands) call.read(operand, true);
      if (hasOption(parsed, '-L')) call.followsLinks();
    },
  }),
  tree: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: { '-L -P -I -H -T --filelimit --charset --timefmt': 'value', '-o': 'write', '-R': 'flag' },
    apply: (call, parsed) => {
      if (parsed.operands.length === 0) call.readHere();
      for (const operand of parsed.operands) call.read(operand, true);
    },
  }),
  'diff diff3 sdiff colordiff': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: {
      '--no-dereference': 'flag',
      '-I --ignore-matching-lines -L --label -U -C -W --width -x --exclude -F --show-function-line -S --starting-file --color -D --ifdef --horizon-lines --tabsize --palette':
        'value',
      '-r --recursive': 'flag',
      '-X --exclude-from': 'read',
      '-o --output': 'write',
      '--diff-program': 'program',
      '--to-file --from-file': 'read',
    },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) call.read(operand, hasOption(parsed, '-r'));
      if (hasOption(parsed, '-r') && !hasOption(parsed, '--no-dereference')) call.followsLinks();
    },
  }),
  uniq: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: { '-f --skip-fields -s --skip-chars -w --check-chars': 'value' },
    apply: (call, parsed) => {
      const [input] = parsed.operands;
      if (input !== undefined) call.read(input);
      // A pattern may be two words.
      const output = parsed.operands[1] ?? (input?.pattern === true ? input : undefined);
      if (output === undefined) return;
      call.trait('writes');
      call.write(output);
    },
  }),
  sort: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'exec',
    options: {
      '-k --key -t --field-separator -S --buffer-size --parallel --batch-size --sort': 'value',
      '--random-source': 'read',
      '-o --output': 'write',
      '-T --temporary-directory': 'write-tree',
      '--compress-program': 'program',
      ...files0From,
    },
    operands: 'read',
  }),
  shuf: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: {
      '-i --input-range -n --head-count': 'value',
      '-e --echo': 'flag',
      '-o --output': 'write',
      '--random-source': 'read',
    },
    apply: (call, parsed) => {
      if (!hasOption(parsed, '-e', '--echo')) for (const operand of parsed.operands) call.read(operand);
    },
  }),
  split: tool({
    traits: ['reads', 'writes'],
    lenient: true,
    options: {
      '-a --suffix-length -b --bytes -C --line-bytes -l --lines -n --number -t --separator --additional-suffix':
        'value',
      '--filter': 'shell',
    },
    apply: (call, parsed) => {
      const [input, prefix] = parsed.operands;
      if (input !== undefined) call.read(input);
      if (input?.pattern === true) writesWithPrefix(call, input);
      writesWithPrefix(call, prefix ?? literal('x', call.span));
    },
  }),
  csplit: tool({
    traits: ['reads', 'writes'],
    lenient: true,
    options: {
      '-b --suffix-format -f --prefix -n --digits': 'value',
      '-f --prefix': 'keep',
    },
    apply: (call, parsed) => {
      const [input] = parsed.operands;
      if (input !== undefined) call.read(input);
      writesWithPrefix(call, optionValue(parsed, '-f') ?? literal('xx', call.span));
    },
  }),
  xxd: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: {
      '-c -cols -g -groupsize -l -len -n -name -o -R -s -seek': 'value',
      '-r -revert -p -ps -postscript -plain -i -include -b -bits -E -e -u -C -a': 'flag',
    },
    style: { singleDash: true },
    apply: (call, parsed) => {
      const [input, output] = parsed.operands;
      if (input !== undefined) call.read(input);
      if (output === undefined) return;
      call.trait('writes');
      call.write(output);
    },
  }),
});

function writesWithPrefix(call: Call, prefix: Field): void {
  if (!prefix.known) {
    call.write(prefix);
    return;
  }
  call.write({ ...literal(`${prefix.text}*`, prefix.span), pattern: true });
}
