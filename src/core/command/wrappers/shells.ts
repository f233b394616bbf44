/** Shells as programs: where their commands come from. */
import type { Call } from '../call.ts';
import { setOptions, turnShopt } from '../builtins/shell-options.ts';
import { dropFirst, literal, mayBeOption, type Field } from '../field.ts';
import type { Shell } from '../shell.ts';
import { tool } from '../tool.ts';

export const opaqueShell = (call: Call): void =>
  call.opaque('exec', call.name, 'it starts a shell that reads its commands from elsewhere');

/** Shells: text in `-c`, a script, or standard input. */
export const shellModel = tool({
  hides: 'exec',
  raw: (call) => runShell(call, call.words),
});

/** Shells of another language: what Bash would read is followed too, but does not settle it. */
export const foreignShell = tool({
  hides: 'exec',
  raw: (call) => {
    call.trait('runs-code');
    call.opaque('exec', call.exec.argv.join(' '), `${call.name} has a language of its own`);
    runShell(call, call.words);
  },
});

function runShell(call: Call, words: readonly Field[]): void {
  // A shell that another program starts gets words, or an input, of that program's.
  if (call.exec.via.length > 0) call.trait('runs-code');
  let hasText = false;
  let standardInput = false;
  const prepared: ((shell: Shell) => void)[] = [];
  const expandsAliases = (shell: Shell): void => {
    shell.state.expandsAliases = true;
  };
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    const { text } = word;
    if (!word.known && mayBeOption(word)) {
      call.opaque('exec', text, 'what the shell runs cannot be told');
      return;
    }
    if (text === '--' || text === '-') {
      at += 1;
      break;
    }
    if (!/^[-+]./.test(text)) break;
    if (text.startsWith('--')) {
      if (/^--(rcfile|init-file)$/.test(text)) {
        at += 1;
        const file = words[at];
        if (file !== undefined) call.script(file);
      } else if (/^--(rcfile|init-file)=/.test(text)) call.script(dropFirst(word, text.indexOf('=') + 1));
      else if (text === '--version' || text === '--help') return;
      else if (text === '--posix') prepared.push(expandsAliases);
      else if (!/^--(norc|noprofile|verbose|noediting|restricted|pretty-print)$/.test(text))
        readsStartFiles(call);
      continue;
    }
    if (text.startsWith('-') && text.includes('c')) hasText = true;
    if (text.startsWith('-') && text.includes('s')) standardInput = true;
    if (text.startsWith('-') && /[il]/.test(text)) readsStartFiles(call);
    if (text.startsWith('-') && text.includes('i')) prepared.push(expandsAliases);
    const letters = text.slice(1).replace(/[cilrsDO]/g, '');
    const name = /[oO]/.test(text) ? words[(at += 1)] : undefined;
    const sign = text.slice(0, 1);
    if (text.includes('O') && name !== undefined)
      prepared.push((shell) => turnShopt(shell, call, name, sign === '-'));
    else if (letters !== '') {
      const given = [literal(sign + letters, word.span), ...(name === undefined ? [] : [name])];
      prepared.push((shell) => setOptions(shell, call, given));
    }
  }
  const prepare = (shell: Shell): void => {
    for (const one of prepared) one(shell);
  };
  const [first, ...rest] = words.slice(at);
  if (hasText) {
    // `$0` comes before the positional parameters.
    if (first !== undefined) call.runner.runText(first, call, { positional: rest.slice(1), prepare });
    return;
  }
  if (first === undefined || standardInput) runInput(call, prepare);
  else if (/^\/dev\/(stdin|fd\/0)$|^\/proc\/self\/fd\/0$/.test(first.text)) runInput(call, prepare);
  else call.script(first);
}

/** Interactive and login shells read files of the home first. */
function readsStartFiles(call: Call): void {
  call.trait('runs-code');
  call.read(literal(`${call.place.home}/.${call.name}rc`, call.span));
}

function runInput(call: Call, prepare: (shell: Shell) => void): void {
  const { input } = call;
  if (input.kind === 'text') call.runner.runText(input.text, call, { prepare });
  else if (input.kind === 'file') call.script(input.file);
  else call.opaque('exec', call.name, 'the shell reads its commands from standard input');
}
