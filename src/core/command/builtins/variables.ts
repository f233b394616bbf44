/** Builtins that set variables, or read them in ways that run commands. */
import { literal, type Field } from '../field.ts';
import { flag, optionValue, optionValues, parseOptions, value, type Option } from '../options.ts';
import { applyOptions } from '../tool.ts';
import type { Call } from '../call.ts';
import type { Shell } from '../shell.ts';
import { noteAssignment } from '../variables.ts';
import { table, type Builtin } from './builtin.ts';
import { evaluate } from './running.ts';

export const declaration: Builtin = (shell, call) => {
  let letters = '';
  let functions = false;
  for (const word of call.words) {
    const { text } = word;
    if (!word.known && word.prefix === '') {
      call.opaque('exec', text, 'which variable it sets cannot be told');
      shell.state.forget();
      continue;
    }
    if (/^[-+][A-Za-z]+$/.test(text) && word.known) {
      letters += text.slice(1);
      functions ||= text.startsWith('-') && /[fF]/.test(text);
      continue;
    }
    if (text === '--') continue;
    if (functions) {
      // Functions that nested shells inherit are not followed into them.
      if (call.name === 'export' || letters.includes('x')) shell.state.names = 'path';
      continue;
    }
    declare(shell, call, word, letters);
  }
  if (call.words.length === 0 || letters.includes('p')) call.trait('reads');
  if (call.words.every((word) => word.known && /^-/.test(word.text))) call.showsEnvironment();
};

function declare(shell: Shell, call: Call, word: Field, letters: string): void {
  const match = /^([A-Za-z_]\w*)(\[.*?\])?(\+?=)?/s.exec(word.known ? word.text : word.prefix);
  if (match === null) {
    if (/[[$`]/.test(word.text))
      call.opaque('exec', word.text, 'its subscript is evaluated, and may run commands');
    return;
  }
  const [head = '', name = '', index, operator] = match;
  if (index !== undefined) shell.variableName(literal(`${name}${index}`, word.span));
  shell.locals?.add(name);
  if (letters.includes('A')) shell.state.markAssociative(name);
  if (letters.includes('n')) {
    // A reference may stand for any variable from here on.
    shell.state.volatile = true;
    shell.state.names = 'path';
  }
  if (/i/.test(letters) && operator !== undefined)
    shell.evaluated(word.known ? literal(word.text.slice(head.length), word.span) : word);
  if (call.name === 'local' && shell.locals === null) {
    // Outside of a function it fails, and sets nothing.
    shell.assign(name, 'unknown');
  } else if (operator !== undefined) {
    const text = word.known && index === undefined && operator === '=' ? word.text.slice(head.length) : null;
    shell.assign(name, text === null ? 'unknown' : { text });
    noteAssignment(shell, name, text, word.span);
  } else if (call.name === 'export' || letters.includes('x')) {
    const current = shell.state.variable(name);
    noteAssignment(shell, name, typeof current === 'object' ? current.text : null, word.span);
  } else if (call.name === 'local' || call.name === 'declare' || call.name === 'typeset')
    shell.assign(name, 'unknown');
  if (/[aAilnucr]/.test(letters) || call.name === 'readonly') {
    if (!letters.includes('A') || letters.length > 1) shell.state.markOdd(name);
  }
}

export function setsNames(
  options: Readonly<Record<string, Option>>,
  then?: (shell: Shell, call: Call, names: readonly Field[]) => void,
): Builtin {
  const known = table(options);
  return (shell, call) => {
    const parsed = parseOptions(call.words, known);
    applyOptions(call, parsed, { hides: 'exec', lenient: false });
    const names = [...parsed.operands, ...optionValues(parsed, '-a'), ...optionValues(parsed, '-v')];
    for (const name of names) setName(shell, name);
    then?.(shell, call, names);
  };
}

/** A variable that gets a value from outside. */
export function setName(shell: Shell, field: Field): void {
  shell.variableName(field);
  const name = /^[A-Za-z_]\w*/.exec(field.text)?.[0];
  if (!field.known || name === undefined) {
    shell.state.forget();
    return;
  }
  shell.assign(name, 'unknown');
  noteAssignment(shell, name, null, field.span);
}

export const mapfile = setsNames({ '-d -n -O -s -u -c': value, '-C': value, '-t': flag }, (shell, call) => {
  const parsed = parseOptions(call.words, table({ '-d -n -O -s -u -c': value, '-C': value, '-t': flag }));
  const callback = optionValue(parsed, '-C');
  if (callback !== null) evaluate(shell, call, callback);
});

const printfOptions = table({ '-v': value });

export const echo: Builtin = (_shell, call) => call.showsSecretVariables();

export const printf: Builtin = (shell, call) => {
  call.showsSecretVariables();
  const [first, second] = call.words;
  if (first === undefined) return;
  const name =
    first.text === '-v' ? (second ?? null) : optionValue(parseOptions([first], printfOptions), '-v');
  if (name !== null) setName(shell, name);
  else if (first.many || (!first.known && (first.prefix === '' || first.prefix.startsWith('-'))))
    setName(shell, first);
};

export const test: Builtin = (shell, call) => {
  call.words.forEach((word, index) => {
    const operator = call.words[index - 1];
    if (operator?.text === '-v' || operator?.text === '-R') shell.variableName(word);
    if (word.known && /^-[a-hkpLrsuwxGNOS]$/.test(word.text)) call.trait('reads');
  });
};

export const unset: Builtin = (shell, call) => {
  const functions = call.words.some((word) => word.text === '-f');
  for (const word of call.words) {
    if (word.text.startsWith('-') && word.known) continue;
    if (functions) shell.state.doubtFunctions();
    else {
      setName(shell, word);
      shell.state.doubtFunctions();
    }
  }
};

export const letArithmetic: Builtin = (shell, call) => {
  for (const word of call.words) {
    const assigned = /^([A-Za-z_]\w*)\s*[-+*/%&|^<>]*=(?!=)/.exec(word.text);
    shell.evaluated(word.known ? literal(word.text.replace(/^[A-Za-z_]\w*=(?!=)/, ''), word.span) : word);
    for (const name of word.text.matchAll(/[A-Za-z_]\w*/g))
      shell.assign(name[0], assigned?.[1] === name[0] ? 'numeric' : 'unknown');
  }
};

export const shift: Builtin = (shell, call) => {
  const [count] = call.words;
  const by =
    count === undefined ? 1 : count.known && /^\d{1,4}$/.test(count.text) ? Number(count.text) : null;
  const { positional } = shell.state;
  shell.state.positional =
    positional === null || by === null || by > positional.length ? null : positional.slice(by);
};
