import { hasOption, optionValue, adds, valueAdds, type ParsedOptions } from '../options.ts';
import type { Call } from '../call.ts';
import { namesSecret } from '../environment.ts';
import { literal } from '../field.ts';
import { named, tool } from '../tool.ts';

const computes = tool({ lenient: true, hides: null });
const readsState = tool({ traits: ['reads'], lenient: true, hides: 'read' });

function writesOperands(call: Call, parsed: ParsedOptions, skip = 0, recursive = false): void {
  for (const operand of parsed.operands.slice(skip)) call.write(operand, recursive);
}

const changesMode = (skip: number) =>
  tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: { '-R --recursive': 'flag', '--reference': 'read' },
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
  'true false : echo seq expr factor basename dirname sleep yes logname groups tput dircolors numfmt pwd printf getopt getconf locale clear reset ascii':
    computes,
  printenv: tool({
    traits: ['reads'],
    lenient: true,
    hides: 'read',
    apply: (call, parsed) => {
      if (parsed.operands.length === 0) call.showsEnvironment();
      for (const name of parsed.operands)
        if (!name.known || namesSecret(name.text))
          call.opaque('read', name.text, 'the variable is named like a credential');
    },
  }),
  'uname whoami id df stty cal uuidgen hostid arch nproc tty': readsState,
  'hostname domainname': tool({
    traits: ['reads'],
    lenient: true,
    options: { '-F --file': 'read' },
    apply: (call, parsed) => {
      if (parsed.operands.length > 0 || hasOption(parsed, '-F')) call.trait('system');
    },
  }),
  date: tool({
    lenient: true,
    hides: 'read',
    options: {
      '-I --iso-8601 --rfc-3339': 'maybe',
      // busybox's own: how the date is written that -d gives
      '-d --date -D': 'value',
      '-f --file': 'read',
      '-r --reference': 'read',
      '-s --set': valueAdds('system'),
    },
    apply: (call, parsed) => {
      if (parsed.operands.some((operand) => operand.known && !operand.text.startsWith('+')))
        call.trait('system');
    },
  }),
  tee: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: { '-a --append': 'flag' },
    operands: 'write',
  }),
  tr: computes,
  'rmdir unlink mkfifo mknod touch mkdir truncate': tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: { '-m --mode -s --size -d --date -t --time -Z --context': 'value', '-r --reference': 'read' },
    operands: 'write',
  }),
  shred: tool({
    traits: ['writes', 'destroys'],
    lenient: true,
    hides: 'write',
    options: { '-n --iterations -s --size': 'value', '--random-source': 'read' },
    operands: 'write',
  }),
  'chmod chgrp': changesMode(1),
  chown: changesMode(1),
  mktemp: tool({
    traits: ['writes'],
    lenient: true,
    hides: 'write',
    options: { '-p --tmpdir --suffix': 'value', '-u --dry-run -d -q -t': 'flag' },
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
  sync: computes,
  'which whereis whatis apropos type locate': readsState,
  patch: tool({
    traits: ['reads', 'writes'],
    lenient: true,
    hides: 'write',
    options: {
      '-p --strip -F --fuzz -D --ifdef -B --prefix -V -Y -z --suffix -g --get': 'value',
      '-i --input': 'read',
      '-o --output': 'write',
      '-r --reject-file': 'write',
      '-d --directory': 'value',
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
