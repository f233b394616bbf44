/** Where the shell is. */
import { flag, parseOptions } from '../options.ts';
import { reachedFrom } from '../path-operations.ts';
import { resolvePath } from '../paths.ts';
import { table, type Builtin } from './builtin.ts';

const cdOptions = table({ '-L -P -e -@ -n': flag });

export const changeDirectory: Builtin = (shell, call) => {
  const { operands, unclear, seen } = parseOptions(call.words, cdOptions);
  const before = shell.state.directories;
  const [target] = operands;
  const none = operands.length === 0;
  const home = shell.state.variable('HOME');
  let after: readonly string[] | null = null;
  const rotates = call.name === 'pushd' && (none || /^[+-]/.test(target?.text ?? ''));
  const told = !rotates && unclear.length === 0;
  if (none && told && typeof home === 'object') after = [resolvePath(home.text, '/')];
  else if (target !== undefined && told && target.known && !target.pattern && target.text !== '-') {
    const { text } = target;
    const physical = seen.some(({ option }) => option.name === '-P') || shell.state.physical;
    const from = text.startsWith('/') ? ['/'] : before;
    if (text === '') after = before;
    else if (physical) after = reachedFrom(text, from, call);
    else after = from?.map((directory) => resolvePath(text, directory)) ?? null;
  }
  shell.state.directories = after;
  shell.state.directoriesIfFailed = before;
};

export const popDirectory: Builtin = (shell) => {
  shell.state.directories = null;
};
