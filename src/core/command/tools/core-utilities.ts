import {
  hasOption,
  optionValue,
  flag,
  maybe,
  adds,
  reads,
  value,
  valueAdds,
  writes,
  writesTree,
  program,
  type ParsedOptions,
} from '../options.ts';
import type { Call } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { named, tool } from '../tool.ts';

const computes = tool({ lenient: true, hides: null });
const readsState = tool({ traits: ['reads'], lenient: true, hides: 'read' });

/** Reads its operands; the options that take separate values are listed, all others are flags. */
function reader(values = '', options = {}): ReturnType<typeof tool> {
  const named = values === '' ? {} : { [values]: value };
  return tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    operands: 'read',
    options: { ...named, ...options },
  });
}

const files0From = { '--files0-from': { takes: 'value', effect: 'read', hides: 'read' } } as const;

function copies(call: Call, parsed: ParsedOptions): void {
  const recursive = hasOption(parsed, '-r');
  const target = optionValue(parsed, '-t');
  const operands = [...parsed.operands];
  const destination = target ?? operands.pop();
  for (const source of operands) call.read(source, recursive);
  if (destination === undefined) return;
  writeInto(call, destination, operands, target !== null, recursive, hasOption(parsed, '-T'));
  for (const source of operands) {
    if (hasOption(parsed, '-s')) linksInto(call, destination, source, [known(source)]);
    else if (recursive || hasOption(parsed, '-P'))
      linksInto(call, destination, source, call.linkTexts(source));
  }
}

function known(field: Field): string | null {
  return field.known && !field.pattern ? field.text : null;
}

/** Symbolic links at the destination, or below it under the source's name. */
function linksInto(call: Call, destination: Field, source: Field, texts: readonly (string | null)[]): void {
  const name = source.text.replace(/\/+$/, '').split('/').at(-1) ?? '';
  for (const text of texts) {
    call.link(destination, text);
    if (known(source) !== null && known(destination) !== null)
      call.link(literal(`${destination.text}/${name}`, destination.span), text);
  }
}

/** A destination may be a directory, which cannot be seen: then the file's own name counts too. */
function writeInto(
  call: Call,
  destination: Field,
  sources: readonly Field[],
  directory: boolean,
  recursive: boolean,
  exact: boolean,
): void {
  if (!directory || sources.length === 0) {
    if (exact && recursive) call.writeAnywhereBelow(destination);
    else if (call.name === 'ln') call.writeEntry(destination, recursive);
    else call.write(destination, recursive);
  }
  if (exact) return;
  for (const source of sources) {
    const name = source.known ? (source.text.replace(/\/+$/, '').split('/').at(-1) ?? '') : null;
    if (name === null || source.pattern || !destination.known || destination.pattern) {
      if (!recursive && !source.pattern) call.write(destination, true);
      else call.writeAnywhereBelow(destination);
    } else if (name === '' || name === '.' || name === '..') call.writeAnywhereBelow(destination);
    else {
      const within = destination.text.endsWith('/') ? destination.text : `${destination.text}/`;
      const below = literal(within + name, destination.span);
      if (call.name === 'ln') call.writeEntry(below, recursive);
      else call.write(below, recursive);
    }
  }
}

function moves(call: Call, parsed: ParsedOptions): void {
  const target = optionValue(parsed, '-t');
  const operands = [...parsed.operands];
  const destination = target ?? operands.pop();
  for (const source of operands) {
    call.writeEntry(source, true);
    call.read(source, true);
  }
  if (destination === undefined) return;
  writeInto(call, destination, operands, target !== null, true, hasOption(parsed, '-T'));
  for (const source of operands) linksInto(call, destination, source, call.linkTexts(source));
}

function links(call: Call, parsed: ParsedOptions): void {
  const symbolic = hasOption(parsed, '-s');
  const operands = [...parsed.operands];
  const target = optionValue(parsed, '-t');
  const destination = target ?? (operands.length > 1 ? operands.pop() : literal('.', call.span));
  // What a link points to is read and written under the link's name from then on.
  for (const source of operands) {
    call.read(source, true);
    call.write(source, true);
  }
  if (destination === undefined) return;
  writeInto(
    call,
    destination,
    operands,
    target !== null || operands.length === 0,
    false,
    hasOption(parsed, '-T'),
  );
  if (!symbolic) return;
  for (const source of operands)
    linksInto(call, destination, source, hasOption(parsed, '-r') ? call.reached(source) : [known(source)]);
}

const whole = new Set(['', '.', '..', '/', '~', '*', '.*', './', '../', './*', '.git']);

function removes(call: Call, parsed: ParsedOptions): void {
  // A file that `*.log` matches cannot be named like an option that rm knows.
  const mayRecurse = parsed.unclear.some(
    (word) => !word.pattern || /[*?\]\w]$/.test(word.text.replace(/\.\w+$/, '.')),
  );
  const recursive = hasOption(parsed, '-r') || mayRecurse;
  for (const operand of parsed.operands) {
    call.writeEntry(operand, recursive);
    const { text } = operand;
    const normal = text.replace(/\/+$/, '').replace(/^(\.\/)+/, '');
    const wholeTree =
      whole.has(normal) ||
      /(^|\/)(\.\.?|\.git)$/.test(normal) ||
      /^\.git\//.test(normal) ||
      /^\.\.?\/?\*$/.test(normal);
    if (
      !operand.known ||
      text.startsWith('/') ||
      text.startsWith('..') ||
      (recursive && (wholeTree || (operand.pattern && /^[*?.[]/.test(normal))))
    ) {
      if (!operand.known || recursive || wholeTree) destroysUnlessTemporary(call, operand, recursive);
    }
  }
}

function destroysUnlessTemporary(call: Call, operand: Field, recursive: boolean): void {
  const scratch = operand.known && /^\/tmp\/./.test(operand.text) && !operand.text.includes('..');
  const below =
    operand.known && call.place.repository !== '/' && operand.text.startsWith(`${call.place.repository}/`);
  const deep =
    below &&
    !operand.text.includes('..') &&
    !/^\/?(\.git(\/|$)|[*.]+$|$)/.test(operand.text.slice(call.place.repository.length + 1));
  if (!scratch && !deep && recursive) call.trait('destroys');
}

function writesOperands(call: Call, parsed: ParsedOptions, skip = 0, recursive = false): void {
  for (const operand of parsed.operands.slice(skip)) call.write(operand, recursive);
}

const changesMode = (skip: number) =>
  tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: { '-R --recursive': flag, '--reference': reads },
    apply: (call, parsed) => {
      writesOperands(
        call,
        parsed,
        optionValue(parsed, '--reference') === null ? skip : 0,
        hasOption(parsed, '-R'),
      );
      const mode = parsed.operands[0];
      if (call.name === 'chown' && skip > 0) call.trait('system');
      if (call.name === 'chmod' && mode !== undefined && /[ug]*[+=][rwxX]*s|^0?[2-7]\d{3}$/.test(mode.text))
        call.trait('privileges');
    },
  });

export const coreUtilities = named({
  'true false : echo seq expr factor basename dirname sleep yes arch nproc tty logname groups tput dircolors cal numfmt pwd printf getopt getconf locale clear reset ascii':
    computes,
  'uname uptime free who whoami id pinky users lscpu lsmem lsblk df ps pgrep pidof top htop vmstat iostat lsof printenv stty dmesg w last finger':
    readsState,
  'hostname domainname': tool({
    traits: ['reads'],
    lenient: true,
    options: { '-F --file': reads },
    apply: (call, parsed) => {
      if (parsed.operands.length > 0 || hasOption(parsed, '-F')) call.trait('system');
    },
  }),
  'cat tac rev nl fold fmt expand unexpand cksum md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum sum base64 base32 basenc cmp strings hexdump hd':
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
      '-I --ignore --hide -w --width -T --tabsize --block-size --quoting-style --time-style': value,
      '-R --recursive': flag,
    },
    apply: (call, parsed) => {
      const operands = parsed.operands.length === 0 ? [literal('.', call.span)] : parsed.operands;
      for (const operand of operands) call.read(operand, hasOption(parsed, '-R'));
    },
  }),
  'dir vdir': reader('-I --ignore -w --width -T --tabsize'),
  'stat file readlink realpath pathchk test [': tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: {
      '-c --format --printf --relative-to --relative-base': value,
      '-f --files-from': reads,
      '-m --magic-file': reads,
    },
    operands: 'read',
  }),
  du: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    options: {
      '-d --max-depth -B --block-size -t --threshold --exclude': value,
      '-X --exclude-from': reads,
      ...files0From,
    },
    apply: (call, parsed) => {
      if (parsed.operands.length === 0) call.readHere();
      for (const operand of parsed.operands) call.read(operand, true);
    },
  }),
  tree: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: { '-L -P -I -H -T --filelimit --charset --timefmt': value, '-o': writes, '-R': flag },
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
      '-I --ignore-matching-lines -L --label -U -C -W --width -x --exclude -F --show-function-line -S --starting-file --color -D --ifdef --horizon-lines --tabsize --palette':
        value,
      '-r --recursive': flag,
      '-X --exclude-from': reads,
      '-o --output': writes,
      '--diff-program': program,
      '--to-file --from-file': reads,
    },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) call.read(operand, hasOption(parsed, '-r'));
    },
  }),
  date: tool({
    lenient: true,
    hides: 'read',
    options: {
      '-I --iso-8601 --rfc-3339': maybe,
      '-d --date': value,
      '-f --file': reads,
      '-r --reference': reads,
      '-s --set': valueAdds('system'),
    },
    apply: (call, parsed) => {
      if (parsed.operands.some((operand) => operand.known && !operand.text.startsWith('+')))
        call.trait('system');
    },
  }),
  uniq: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: { '-f --skip-fields -s --skip-chars -w --check-chars': value },
    apply: (call, parsed) => {
      const [input, output] = parsed.operands;
      if (input !== undefined) call.read(input);
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
      '-k --key -t --field-separator -S --buffer-size --parallel --batch-size --sort': value,
      '--random-source': reads,
      '-o --output': writes,
      '-T --temporary-directory': writesTree,
      '--compress-program': program,
      ...files0From,
    },
    operands: 'read',
  }),
  shuf: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'write',
    options: {
      '-i --input-range -n --head-count': value,
      '-e --echo': flag,
      '-o --output': writes,
      '--random-source': reads,
    },
    apply: (call, parsed) => {
      if (!hasOption(parsed, '-e', '--echo')) for (const operand of parsed.operands) call.read(operand);
    },
  }),
  tee: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: { '-a --append': flag },
    operands: 'write',
  }),
  tr: computes,
  cp: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: {
      '-r -R --recursive -a --archive': { takes: 'nothing', traits: [] },
      '-P --no-dereference -d': flag,
      '-s --symbolic-link': flag,
      '-t --target-directory': value,
      '-T --no-target-directory': { takes: 'nothing', traits: [] },
      '-S --suffix': value,
    },
    apply: copies,
  }),
  install: tool({
    traits: ['writes'],
    lenient: true,
    options: {
      '-t --target-directory': { takes: 'value', traits: [] },
      '-T --no-target-directory': { takes: 'nothing', traits: [] },
      '-S --suffix -m --mode -o --owner -g --group': value,
      '-d --directory': { takes: 'nothing', traits: [] },
      '--strip-program': program,
    },
    apply: (call, parsed) => {
      if (hasOption(parsed, '-d')) writesOperands(call, parsed);
      else copies(call, parsed);
    },
  }),
  mv: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: {
      '-t --target-directory': { takes: 'value', traits: [] },
      '-T --no-target-directory': { takes: 'nothing', traits: [] },
      '-S --suffix': value,
    },
    apply: moves,
  }),
  ln: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: {
      '-s --symbolic': flag,
      '-r --relative': flag,
      '-t --target-directory': { takes: 'value', traits: [] },
      '-T --no-target-directory': { takes: 'nothing', traits: [] },
      '-S --suffix': value,
    },
    apply: links,
  }),
  rm: tool({
    traits: ['writes'],
    lenient: true,
    hides: null,
    options: { '-r -R --recursive': { takes: 'nothing', traits: [] } },
    apply: removes,
  }),
  'rmdir unlink mkfifo mknod touch mkdir truncate': tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: { '-m --mode -s --size -d --date -t --time -Z --context': value, '-r --reference': reads },
    operands: 'write',
  }),
  shred: tool({
    traits: ['writes', 'destroys'],
    lenient: true,
    hides: 'write',
    options: { '-n --iterations -s --size': value, '--random-source': reads },
    operands: 'write',
  }),
  'chmod chgrp': changesMode(1),
  chown: changesMode(1),
  mktemp: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: { '-p --tmpdir --suffix': value, '-u --dry-run -d -q -t': flag },
    apply: (call, parsed) => {
      for (const operand of parsed.operands) call.write(operand);
      const directory = optionValue(parsed, '-p');
      if (directory !== null) call.write(directory, true);
      if (parsed.operands.length === 0 && directory === null) call.write(literal('/tmp', call.span), true);
    },
  }),
  dd: tool({
    raw: (call) => {
      for (const word of call.words) {
        const text = word.known ? word.text : word.prefix;
        const rest = text.slice(text.indexOf('=') + 1);
        const at = { ...word, text: word.known ? rest : word.text, prefix: rest };
        if (text.startsWith('if=')) {
          call.trait('reads');
          call.read(at);
        } else if (text.startsWith('of=')) {
          call.trait('writes');
          call.write(at);
        } else if (!word.known && !text.includes('='))
          call.opaque('write', word.text, 'it may name the file that is written');
      }
    },
  }),
  split: tool({
    traits: ['reads', 'writes'],
    lenient: true,
    options: {
      '-a --suffix-length -b --bytes -C --line-bytes -l --lines -n --number -t --separator --additional-suffix':
        value,
      '--filter': { takes: 'value', effect: 'shell' },
    },
    apply: (call, parsed) => {
      const [input, prefix] = parsed.operands;
      if (input !== undefined) call.read(input);
      writesWithPrefix(call, prefix ?? literal('x', call.span));
    },
  }),
  csplit: tool({
    traits: ['reads', 'writes'],
    lenient: true,
    options: {
      '-b --suffix-format -f --prefix -n --digits': value,
      '-f --prefix': { takes: 'value', traits: [] },
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
      '-c -cols -g -groupsize -l -len -n -name -o -R -s -seek': value,
      '-r -revert -p -ps -postscript -plain -i -include -b -bits -E -e -u -C -a': flag,
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
  'kill killall pkill skill': tool({ traits: ['signals'], lenient: true }),
  sync: computes,
  hostid: computes,
  'which whereis whatis apropos type locate': readsState,
  patch: tool({
    traits: ['reads', 'writes'],
    lenient: true,
    hides: 'write',
    options: {
      '-p --strip -F --fuzz -D --ifdef -B --prefix -V -Y -z --suffix -g --get': value,
      '-i --input': reads,
      '-o --output': writes,
      '-r --reject-file': writes,
      '-d --directory': value,
      '--dry-run': adds(),
    },
    apply: (call, parsed) => {
      const [target, input] = parsed.operands;
      if (input !== undefined) call.read(input);
      if (target !== undefined) call.write(target);
      // The patch itself says which files it changes.
      else call.writeAnywhereBelow(optionValue(parsed, '-d') ?? literal('.', call.span));
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
