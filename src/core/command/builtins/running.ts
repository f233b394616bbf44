/** Builtins that run other things, now or later. */
import type { Call } from '../call.ts';
import { literal, unknown, type Field } from '../field.ts';
import { flag, parseOptions, value } from '../options.ts';
import type { Shell } from '../shell.ts';
import { invocation, runLater, table, type Builtin } from './builtin.ts';

export function evaluate(shell: Shell, call: Call, field: Field): void {
  if (field.known) {
    if (!shell.tooDeep(field.text, call.span)) {
      const child = shell.child(shell.state, { span: call.span, via: [...call.exec.via, call.name] });
      child.runText(field.text, call.span);
      shell.state = child.state;
    }
    return;
  }
  call.opaque('exec', field.text, 'the text that the shell runs cannot be told');
  shell.state.forget();
}

export const evalBuiltin: Builtin = (shell, call) => {
  const words = call.words[0]?.text === '--' ? call.words.slice(1) : call.words;
  if (words.length === 0) return;
  const known = words.every((word) => word.known && !word.pattern);
  const text = words.map((word) => word.text).join(' ');
  evaluate(shell, call, known ? literal(text, call.span) : unknown(text, call.span));
};

export const source: Builtin = (shell, call) => {
  const words = call.words[0]?.text === '--' ? call.words.slice(1) : call.words;
  const [file] = words;
  if (file === undefined) return;
  call.trait('runs-code');
  if (file.stream || /^\/dev\/(stdin|fd\/)|^\/proc\/self\/fd\//.test(file.text) || file.many) {
    call.opaque('exec', file.text, 'the code comes from another command');
  } else if (!file.known) call.opaque('exec', file.text, 'the file whose code runs cannot be told');
  else call.read(file);
  shell.state.forget();
};

const execOptions = table({ '-c -l': flag, '-a': value });

export const exec: Builtin = (_shell, call, run) => {
  const { operands, unclear } = parseOptions(call.words, execOptions, { stopAtOperand: true });
  if (unclear.length > 0 && operands.length === 0)
    call.opaque('exec', unclear[0]?.text ?? '', 'what it runs cannot be told');
  run(invocation(call, operands, 'program'));
};

const commandOptions = table({ '-p': flag, '-v -V': flag });

export const command: Builtin = (_shell, call, run) => {
  const { operands, seen, unclear } = parseOptions(call.words, commandOptions, { stopAtOperand: true });
  if (seen.some(({ option }) => option.name === '-v' || option.name === '-V')) {
    call.trait('reads');
    return;
  }
  if (unclear.length > 0 && operands.length === 0)
    call.opaque('exec', unclear[0]?.text ?? '', 'what it runs cannot be told');
  run(invocation(call, operands, 'builtin'));
};

export const trap: Builtin = (shell, call) => {
  const words = call.words[0]?.text === '--' ? call.words.slice(1) : call.words;
  const [action, ...signals] = words;
  if (action === undefined || (action.known && /^-[lp]$/.test(action.text))) return;
  if (action.known && (action.text === '-' || action.text === '' || signals.length === 0)) return;
  if (!action.known) call.opaque('exec', action.text, 'the text of the trap cannot be told');
  else {
    runLater(shell, call, action.text);
  }
  if (!signals.every((signal) => signal.known && /^(EXIT|0)$/i.test(signal.text)))
    shell.state.volatile = true;
};

export const hash: Builtin = (shell, call) => {
  if (!call.words.some((word) => !word.known || /^-[rldt]*p/.test(word.text))) return;
  call.opaque('exec', call.exec.argv.join(' '), 'names no longer tell which programs run');
  shell.state.names = 'path';
};

export const enable: Builtin = (shell, call) => {
  if (!call.words.some((word) => !word.known || /^-.*[fn]/.test(word.text))) return;
  if (call.words.some((word) => !word.known || /^-.*f/.test(word.text))) {
    call.opaque('exec', call.exec.argv.join(' '), 'it loads code into the shell');
  }
  shell.state.names = 'path';
};

const completeOptions = table({
  '-A -G -P -S -W -X -o -F -C': value,
  '-a -b -c -d -e -f -g -j -k -s -u -v -p -r -D -E -I': flag,
});

export const complete: Builtin = (shell, call) => {
  const parsed = parseOptions(call.words, completeOptions);
  for (const { option, value } of parsed.seen) {
    if (value === null) continue;
    if (option.name === '-C') evaluate(shell, call, value);
    if (option.name === '-F') evaluate(shell, call, value);
    if (option.name === '-W' && (!value.known || /[$`]/.test(value.text)))
      call.opaque('exec', value.text, 'its words are expanded again');
  }
};
