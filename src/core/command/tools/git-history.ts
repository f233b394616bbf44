import type { Trait } from '../../model/operation.ts';
import { literal } from '../field.ts';
import { adds, hasOption, type OptionEntries } from '../options.ts';
import type { ToolModel } from '../tool.ts';
import { git } from './git-model.ts';

export const commit = git({
  traits: ['commits', 'writes'],
  hides: 'read',
  options: {
    '-m --message -C --reuse-message -c --reedit-message --fixup --squash --author --date --cleanup --trailer':
      'value',
    '-F --file -t --template --pathspec-from-file': 'read',
    '-S --gpg-sign -u --untracked-files': 'maybe',
    '--amend -a -n --no-verify -s -v -q -p -e -i -o': 'flag',
  },
});

export const integrates = (
  extra: OptionEntries = {},
  traits: readonly Trait[] = ['commits', 'writes'],
): ToolModel =>
  git({
    traits,
    hides: 'exec',
    options: {
      '-m --message -X --strategy-option': 'value',
      '-s --strategy': 'hides-exec',
      '-F --file': 'read',
      ...extra,
    },
  });

export const apply = git({
  traits: ['writes'],
  hides: 'write',
  options: {
    '-p -C --directory --exclude --include --whitespace': 'value',
    '--unsafe-paths': { takes: 'nothing', hides: 'write' },
    '--check --stat --numstat --summary': 'mark',
    '--build-fake-ancestor': 'write',
  },
  apply: (call, parsed) => {
    for (const patch of parsed.operands) call.read(patch);
    if (!hasOption(parsed, '--check')) call.writeAnywhereBelow(literal('.', call.span));
  },
});

export const rebase = git({
  traits: ['commits', 'writes'],
  hides: 'exec',
  options: {
    '-x --exec': 'shell',
    '--onto -X --strategy-option -C --whitespace': 'value',
    '-s --strategy': 'hides-exec',
    '-i --interactive --continue --abort --skip --quit -q -v -f --root --autosquash --autostash': 'flag',
    '--edit-todo': adds('runs-code'),
  },
});

export const bisect = git({
  hides: 'exec',
  style: { stopAtOperand: true },
  apply: (call, parsed) => {
    const [verb, ...rest] = parsed.operands;
    call.trait('writes');
    if (verb?.text === 'run' && rest.length > 0) call.runner.runProgram(rest, call);
    if (verb?.text === 'log' || verb?.text === 'view' || verb?.text === 'visualize') call.trait('reads');
    if (verb?.text === 'replay' && rest[0] !== undefined) call.read(rest[0]);
  },
});

/** Patches out of mails: they say which files they change. */
export const mail = git({
  traits: ['commits', 'writes'],
  hides: 'exec',
  options: {
    '--build-fake-ancestor': 'write',
    '-p -C --directory --exclude --include --patch-format --whitespace': 'value',
    '--continue --abort --skip --quit --resolved -r --show-current-patch': 'mark',
  },
  apply: (call, parsed) => {
    if (hasOption(parsed, '--continue')) return;
    for (const file of parsed.operands) call.read(file, true);
    call.writeAnywhereBelow(literal('.', call.span));
  },
});
