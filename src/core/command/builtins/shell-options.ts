/** Options of the shell, and aliases: how what follows is read. */
import type { Call } from '../call.ts';
import type { Field } from '../field.ts';
import type { Shell } from '../shell.ts';
import { historyFile } from '../variables.ts';
import { runLater, type Builtin } from './builtin.ts';

const harmlessLongOptions =
  /^(allexport|braceexpand|emacs|errexit|errtrace|functrace|hashall|histexpand|history|ignoreeof|interactive-comments|monitor|noclobber|noexec|nolog|notify|nounset|onecmd|physical|pipefail|verbose|vi|xtrace)$/;

/** By `set -o`, `set +o` or `shopt -o`. */
function turn(shell: Shell, call: Call, name: Field, on: boolean): void {
  if (name.text === 'physical') shell.state.physical = true;
  if (name.text === 'allexport') shell.state.exportsAll = on;
  if (name.text === 'posix') shell.state.expandsAliases = true;
  if (name.text === 'history' && !on) call.write(historyFile(call.place.home, call.span));
  if (name.known && harmlessLongOptions.test(name.text) && (on || name.text !== 'braceexpand')) return;
  shell.state.oddExpansion = true;
  if (name.text === 'keyword' || !name.known)
    call.opaque('exec', name.text, 'it changes how commands are read');
}

export const set: Builtin = (shell, call) => {
  if (call.words.length === 0) {
    call.trait('reads');
    call.showsEnvironment();
  }
  setOptions(shell, call, call.words);
};

/** By `set`, or as a shell is started with them. */
export function setOptions(shell: Shell, call: Call, words: readonly Field[]): void {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = word;
    if (!word.known) {
      shell.state.positional = null;
      if (word.prefix === '' || /^[-+]/.test(word.prefix)) shell.state.oddExpansion = true;
      continue;
    }
    if (text === '--' || text === '-' || !/^[-+]/.test(text)) {
      shell.state.positional = words.slice(text === '--' || text === '-' ? at + 1 : at);
      if (!shell.state.positional.every((field) => field.known && !field.pattern))
        shell.state.positional = null;
      return;
    }
    const on = text.startsWith('-');
    if (on && text.includes('P')) shell.state.physical = true;
    if (text.includes('a')) shell.state.exportsAll = on;
    if (text.includes('k'))
      call.opaque('exec', text, 'assignments anywhere among the words become environment');
    if (!/^[-+][abCeEfhHmnPtTuvxpo]+$/.test(text)) shell.state.oddExpansion = true;
    if (text.includes('o')) {
      at += 1;
      const name = words[at];
      if (name !== undefined) turn(shell, call, name, on);
    }
  }
}

export const shopt: Builtin = (shell, call) => {
  const turnsOn = call.words.some((word) => !word.known || /^-.*s/.test(word.text));
  const turnsOff = call.words.some((word) => !word.known || /^-.*u/.test(word.text));
  if (!turnsOn && !turnsOff) return;
  const ofSet = call.words.some((word) => word.known && /^-.*o/.test(word.text));
  for (const word of call.words) {
    if (word.known && word.text.startsWith('-')) continue;
    if (ofSet) turn(shell, call, word, turnsOn);
    else turnShopt(shell, call, word, turnsOn);
  }
};

/** By `shopt`, or as a shell is started with it. */
export function turnShopt(shell: Shell, call: Call, word: Field, on: boolean): void {
  const name = word.known ? word.text : '?';
  if (name === 'expand_aliases' && on) {
    shell.state.expandsAliases = true;
    if (shell.state.aliases) aliasDoubt(call);
  } else if (name === 'lastpipe') shell.state.volatile = true;
  else if (
    !/^(nullglob|failglob|inherit_errexit|checkwinsize|histappend|cmdhist|huponexit|autocd|login_shell|promptvars|xpg_echo)$/.test(
      name,
    )
  ) {
    shell.state.oddExpansion = true;
    if (name === '?') call.opaque('exec', word.text, 'it changes how commands are read');
  }
}

function aliasDoubt(call: Call): void {
  call.opaque(
    'exec',
    call.exec.argv.join(' '),
    'aliases are expanded, so that names no longer tell what runs',
  );
}

export const alias: Builtin = (shell, call) => {
  for (const word of call.words) {
    if (word.known && !word.text.includes('=')) continue;
    shell.state.aliases = true;
    if (shell.state.expandsAliases) aliasDoubt(call);
    // A shell of an assistant's may live on, and expand it for the commands that come.
    if (word.known) runLater(shell, call, word.text.slice(word.text.indexOf('=') + 1));
  }
};
