/** Bash's builtins: what they do to the shell, and what they run. */
import { invocation, only, table, type Builtin } from './builtins/builtin.ts';
import { changeDirectory, popDirectory } from './builtins/directories.ts';
import { command, complete, enable, evalBuiltin, exec, hash, source, trap } from './builtins/running.ts';
import { alias, set, shopt } from './builtins/shell-options.ts';
import {
  declaration,
  echo,
  letArithmetic,
  mapfile,
  printf,
  setName,
  setsNames,
  shift,
  test,
  unset,
} from './builtins/variables.ts';
import { flag, hasOption, parseOptions, value } from './options.ts';
import { applyOptions } from './tool.ts';
import { historyFile } from './variables.ts';

const builtin: Builtin = (_shell, call, run) => {
  const words = call.words[0]?.text === '--' ? call.words.slice(1) : call.words;
  const [name] = words;
  if (name === undefined) return;
  if (!name.known || builtins.has(name.text)) run(invocation(call, words, 'builtin'));
};

const historyOptions = table({ '-a -w': flag, '-c': flag, '-d': value, '-n -r': flag, '-p -s': flag });

/** Where none is named, its file is the one that people have; what is cleared is missing there later. */
const history: Builtin = (_shell, call) => {
  const parsed = parseOptions(call.words, historyOptions);
  applyOptions(call, parsed, { hides: 'write', lenient: true });
  if (hasOption(parsed, '-p')) return;
  const usual = historyFile(call.place.home, call.span);
  const file = parsed.operands[0] ?? usual;
  if (hasOption(parsed, '-c') || hasOption(parsed, '-d')) call.write(usual);
  if (hasOption(parsed, '-a')) {
    call.write(file);
    call.trait('writes');
  }
  if (hasOption(parsed, '-n')) call.read(file);
  call.trait('reads');
};

const exit: Builtin = (shell, call) => {
  // With more than one word Bash complains and goes on.
  if (call.words.length < 2 && call.words.every((word) => !word.many) && shell.state.names === 'none')
    shell.state.dead = true;
};

const leave: Builtin = (shell) => {
  shell.escape();
};

const bind: Builtin = (_shell, call) => {
  call.opaque('exec', call.exec.argv.join(' '), 'it binds keys to commands');
};

const fc: Builtin = (_shell, call) => {
  if (call.words.some((word) => word.known && /^-[lnr]*l/.test(word.text))) call.trait('reads');
  else call.opaque('exec', call.exec.argv.join(' '), 'it runs commands from the history');
};

const kill: Builtin = (_shell, call) => {
  const lists =
    call.words[0]?.text.startsWith('-') === true &&
    call.words.every((word) => word.known && /^(-[lL]|\d+|[A-Z]+)$/.test(word.text));
  if (!lists) call.trait('signals');
};

export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['cd', changeDirectory],
  ['chdir', changeDirectory],
  ['pushd', changeDirectory],
  ['popd', popDirectory],
  ['export', declaration],
  ['declare', declaration],
  ['typeset', declaration],
  ['local', declaration],
  ['readonly', declaration],
  [
    'read',
    setsNames({ '-a -d -i -n -N -p -t -u': value, '-e -r -s': flag }, (shell) =>
      shell.assign('REPLY', 'unknown'),
    ),
  ],
  ['mapfile', mapfile],
  ['readarray', mapfile],
  [
    'getopts',
    (shell, call) => {
      const [, name] = call.words;
      if (name !== undefined) setName(shell, name);
    },
  ],
  ['printf', printf],
  ['test', test],
  ['[', test],
  ['unset', unset],
  ['let', letArithmetic],
  ['shift', shift],
  ['set', set],
  ['shopt', shopt],
  ['alias', alias],
  ['unalias', only()],
  ['eval', evalBuiltin],
  ['source', source],
  ['.', source],
  ['exec', exec],
  ['command', command],
  ['builtin', builtin],
  ['trap', trap],
  ['hash', hash],
  ['enable', enable],
  ['complete', complete],
  ['compgen', complete],
  ['compopt', only()],
  ['history', history],
  ['exit', exit],
  ['logout', exit],
  ['return', leave],
  ['break', leave],
  ['continue', leave],
  ['bind', bind],
  ['fc', fc],
  ['kill', kill],
  ['disown', only('persists')],
  ['pwd', only()],
  ['dirs', only()],
  ['echo', echo],
  ['true', only()],
  ['false', only()],
  ['type', only('reads')],
  ['jobs', only('reads')],
  ['times', only('reads')],
  ['caller', only()],
  ['help', only('reads')],
  ['umask', only()],
  ['ulimit', only()],
  ['wait', only()],
  ['fg', only()],
  ['bg', only()],
  ['suspend', only('signals')],
]);
