/** Programs that run another one with an environment or a user of its own. */
import type { Call, Change } from '../call.ts';
import { literal, type Field } from '../field.ts';
import { flag, hasOption, maybe, optionValue, program, shell, value, type Option } from '../options.ts';
import { tool, type ToolModel } from '../tool.ts';
import { opaqueShell } from './shells.ts';

/** `NAME=value … program args`, as env, sudo and doas have it. */
export function runWithAssignments(call: Call, words: readonly Field[], change: Change = {}): boolean {
  const environment: Record<string, string | null> = { ...change.environment };
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at];
    const text = word === undefined ? '' : word.known ? word.text : word.prefix;
    const match = /^([^=/\s]+)=/.exec(text);
    if (word === undefined || match === null) break;
    environment[match[1] ?? ''] = word.known ? word.text.slice(match[0].length) : null;
  }
  const rest = words.slice(at);
  if (rest.length > 0) call.runner.runProgram(rest, call, { ...change, environment });
  return rest.length > 0;
}

export const env: ToolModel = tool({
  hides: 'exec',
  style: { stopAtOperand: true },
  options: {
    '-i --ignore-environment -0 --null -v --debug --list-signal-handling': flag,
    '-u --unset': value,
    '-C --chdir': { takes: 'value', traits: [] },
    '-S --split-string': { takes: 'value', traits: [] },
    '-a --argv0': { takes: 'value', traits: [] },
    '--block-signal --default-signal --ignore-signal': maybe,
  },
  apply: (call, parsed) => {
    const split = optionValue(parsed, '-S');
    const directory = optionValue(parsed, '-C');
    const change: Change = directory === null ? {} : { directory };
    let words = parsed.operands.filter((word, index) => !(index === 0 && word.text === '-'));
    if (split !== null) {
      if (!split.known || /[\\'"$#]/.test(split.text)) {
        call.opaque('exec', split.text, 'what it runs cannot be told');
        return;
      }
      const pieces = split.text
        .trim()
        .split(/\s+/)
        .map((piece) => literal(piece, split.span));
      if (pieces[0]?.text.startsWith('-') === true) {
        call.opaque('exec', split.text, 'what it runs cannot be told');
        return;
      }
      words = [...pieces, ...words];
    }
    if (parsed.strange.length > 0)
      call.opaque(
        'exec',
        call.exec.argv.join(' '),
        'an option is not known, so that the program cannot be told',
      );
    if (runWithAssignments(call, words, change)) return;
    call.trait('reads');
    call.showsEnvironment();
  },
});

export function superuser(options: Readonly<Record<string, Option>>): ToolModel {
  return tool({
    traits: ['privileges'],
    hides: 'exec',
    style: { stopAtOperand: true },
    options,
    apply: (call, parsed) => {
      if (hasOption(parsed, '-e')) {
        for (const file of parsed.operands) call.write(file);
        return;
      }
      const directory = optionValue(parsed, '-D');
      if (parsed.strange.length > 0)
        call.opaque(
          'exec',
          call.exec.argv.join(' '),
          'an option is not known, so that the program cannot be told',
        );
      const ran = runWithAssignments(call, parsed.operands, directory === null ? {} : { directory });
      if (!ran && hasOption(parsed, '-i', '-s')) opaqueShell(call);
    },
  });
}

/** `su`, `runuser`: a user, and text for that user's shell. */
export const switchUser = tool({
  traits: ['privileges'],
  hides: 'exec',
  lenient: true,
  options: {
    '-c --command --session-command': shell,
    '-s --shell': program,
    '-u --user': { takes: 'value', traits: [] },
    '-g --group -G --supp-group -w --whitelist-environment': value,
  },
  apply: (call, parsed) => {
    if (hasOption(parsed, '-u') && parsed.operands.length > 0) call.runner.runProgram(parsed.operands, call);
    else if (!hasOption(parsed, '-c')) opaqueShell(call);
  },
});
