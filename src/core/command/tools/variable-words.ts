/** `NAME=value` among the words of make and its like: what the variable makes the build run. */
import type { Call } from '../call.ts';
import { effectOfVariable } from '../environment.ts';
import { literal, type Field } from '../field.ts';

export function applyVariableWords(call: Call, words: readonly Field[]): void {
  for (const word of words) {
    const text = word.known ? word.text : word.prefix;
    const match = /^([A-Za-z_][\w.-]*)\s*[:?+!]{0,3}=/.exec(text);
    if (match === null) {
      if (!word.known && !/^[\w./-]+$/.test(text))
        call.opaque('exec', word.text, 'the word may set a variable of the build');
      continue;
    }
    const name = match[1] ?? '';
    const value = word.known ? word.text.slice(match[0].length) : null;
    if (value !== null && /\$[({]|`|\$\$/.test(value))
      call.opaque('exec', word.text, 'the value is expanded by the build, commands included');
    else if (name === 'SHELL' || name === 'MAKE' || /(^|_)(CMD|COMMAND|PROGRAM|RUNNER|EXEC)$/.test(name))
      call.opaque('exec', word.text, 'it names a program that the build runs');
    else if (effectOfVariable(name, value) === 'shell' && value !== null) {
      // A compiler under its own name is what builds are for.
      if (!/^(g?cc|[gc]\+\+|clang(\+\+)?|ld|lld|ar|ranlib|make)(-[\w.]+)?$/.test(value))
        call.trait('runs-code');
      call.runner.runText(literal(value, word.span), call);
    } else if (effectOfVariable(name, value) !== 'none')
      call.opaque('exec', word.text, 'it changes what the build runs');
    else if (value === null)
      call.opaque('exec', word.text, 'what the build does with the value cannot be told');
  }
}
