/** Programs that put commands together from their input. */
import { mayBeOption, unknown, type Field } from '../field.ts';
import { flag, hasOption, maybe, optionValue, reads, value } from '../options.ts';
import { tool } from '../tool.ts';

/** xargs puts words of its input after, or in the place of a mark within, the program's own. */
export const xargs = tool({
  hides: 'exec',
  style: { stopAtOperand: true },
  options: {
    '-0 --null -o --open-tty -p --interactive -r --no-run-if-empty -t --verbose -x --exit --show-limits':
      flag,
    '-a --arg-file': reads,
    '-d --delimiter -E -L --max-lines -n --max-args -P --max-procs -s --max-chars --process-slot-var -I':
      value,
    '-e --eof -i --replace -l': maybe,
  },
  apply: (call, parsed) => {
    if (parsed.operands.length === 0) return;
    const given = optionValue(parsed, '-I') ?? optionValue(parsed, '-i') ?? optionValue(parsed, '--replace');
    const mark = given?.text ?? (hasOption(parsed, '-i', '--replace') ? '{}' : null);
    if (parsed.strange.length > 0)
      call.opaque(
        'exec',
        call.exec.argv.join(' '),
        'an option is not known, so that the program cannot be told',
      );
    const words =
      mark === null || mark === ''
        ? [...parsed.operands, unknown('(words of the input)', call.span, '', true)]
        : parsed.operands.map((word) => substituted(word, mark));
    call.runner.runProgram(words, call, { input: { kind: 'pipe' } });
  },
});

function substituted(word: Field, mark: string): Field {
  const at = word.text.indexOf(mark);
  return at < 0 ? word : unknown(word.text, word.span, word.prefix.slice(0, at));
}

export const parallel = tool({
  hides: 'exec',
  raw: (call) => {
    call.opaque('exec', call.exec.argv.join(' '), 'the commands are put together from input');
    const at = call.words.findIndex((word) => !mayBeOption(word) && !word.text.startsWith('-'));
    if (at >= 0) call.runner.runProgram([...call.words.slice(at), unknown('…', call.span, '', true)], call);
  },
});
