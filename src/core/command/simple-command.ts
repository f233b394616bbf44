/** One command with its words, assignments and redirections. */
import type { Command, Redirection } from 'unbash';
import type { Span } from '../model/operation.ts';
import type { Field } from './field.ts';
import { limits } from './limits.ts';
import { runCommand } from './programs.ts';
import { redirect } from './redirections.ts';
import type { Shell } from './shell.ts';
import type { Value } from './shell-state.ts';
import { noteAssignment } from './variables.ts';
import { expandAssignment, expandWord } from './words.ts';

/** A new name of mktemp's own choice, for which its pattern stands. */
const freshFile =
  /^"?\$\(mktemp( -[dq]+)*( -t [\w.-]+|( --tmpdir| -p \/tmp)?( \/tmp\/[\w.-]*X{3,}[\w.-]*)?)\)"?$/;

/** Whether `mktemp` is certain to be the program, and to choose a name in /tmp. */
function isPlainMktemp({ state }: Shell): boolean {
  return (
    state.names === 'none' &&
    !state.volatile &&
    !state.aliases &&
    state.isNoFunction('mktemp') &&
    !state.touched('TMPDIR')
  );
}

export function runSimple(node: Command, shell: Shell): void {
  const { state } = shell;
  const words: Field[] = [];
  if (node.name !== undefined) words.push(...expandWord(node.name, 'argument', shell));
  const redirections: Redirection[] = [];
  for (const argument of node.suffix) {
    if (words.length > limits.arguments) {
      shell.findings.exhaust('too-many', `more than ${limits.arguments} words`, shell.spanOf(node));
      return;
    }
    if (argument.type === 'Word') words.push(...expandWord(argument, 'argument', shell));
    else if (argument.type === 'Assignment') words.push(expandAssignment(argument, shell));
    else redirections.push(argument);
  }
  const environment: Record<string, string | null> = {};
  for (const prefix of node.prefix) {
    if (prefix.type !== 'Assignment') {
      redirections.push(prefix);
      continue;
    }
    const field = expandAssignment(prefix, shell);
    const word = prefix.index === undefined && prefix.value.type === 'Word' ? prefix.value : null;
    let value: Value = 'unknown';
    if (word !== null && field.known) value = { text: field.text.slice(word.pos - prefix.pos) };
    if (word !== null && /^\$\(\([^]*\)\)$|^\$[#?$]$|^\$\{#\w+\}$/.test(word.text)) value = 'numeric';
    if (word !== null && freshFile.test(word.text) && isPlainMktemp(shell))
      value = { text: '/tmp/tmp.XXXXXXXXXX' };
    if (prefix.append === true) {
      const before = state.variable(prefix.name);
      value =
        typeof before === 'object' && typeof value === 'object'
          ? { text: before.text + value.text }
          : 'unknown';
    }
    environment[prefix.name] = typeof value === 'object' ? value.text : null;
    // Later assignments of the same command see earlier ones where there is no program to run.
    if (words.length === 0) assignStatement(prefix.name, value, field.span, shell);
  }
  const redirectedInput = redirections.length === 0 ? null : redirect(redirections, shell);
  if (words.length === 0) {
    // `$(…)` that gave no words: its status alone matters.
    return;
  }
  runCommand(shell, {
    words,
    environment,
    input: redirectedInput ?? shell.input,
    span: shell.spanOf(node),
    via: shell.via,
    lookup: 'all',
  });
}

function assignStatement(name: string, value: Value, span: Span, shell: Shell): void {
  shell.assign(name, value);
  noteAssignment(shell, name, typeof value === 'object' ? value.text : null, span);
}
