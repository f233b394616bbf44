/** Bash's builtins: what they do to the shell, and what they run. */
import type { Trait } from '../model/operation.ts';
import type { Call } from './call.ts';
import { literal, unknown, type Field } from './field.ts';
import {
  flag,
  hasOption,
  optionTable,
  optionValue,
  optionValues,
  parseOptions,
  reads,
  value,
  writes,
  type Option,
} from './options.ts';
import { reachedFrom } from './path-operations.ts';
import { resolvePath } from './paths.ts';
import type { Invocation } from './invocation.ts';
import type { Shell } from './shell.ts';
import { applyOptions } from './tool.ts';
import { noteAssignment } from './variables.ts';

export type Builtin = (shell: Shell, call: Call, run: (nested: Invocation) => void) => void;

const table = (entries: Readonly<Record<string, Option>>) => optionTable(entries);

function only(...traits: readonly Trait[]): Builtin {
  return (_shell, call) => call.trait(...traits);
}

function invocation(call: Call, words: readonly Field[], lookup: Invocation['lookup']): Invocation {
  return {
    words,
    environment: {},
    input: call.input,
    span: call.span,
    via: [...call.exec.via, call.name],
    lookup,
  };
}

// ---- where the shell is ------------------------------------------------------------------------------------

const cdOptions = table({ '-L -P -e -@ -n': flag });

const changeDirectory: Builtin = (shell, call) => {
  const { operands, unclear, seen } = parseOptions(call.words, cdOptions);
  const before = shell.state.directories;
  const [target] = operands;
  const none = operands.length === 0;
  const home = shell.state.variable('HOME');
  let after: readonly string[] | null = null;
  if (call.name === 'pushd' && (none || /^[+-]/.test(target?.text ?? ''))) after = null;
  else if (none && unclear.length === 0 && typeof home === 'object') after = [resolvePath(home.text, '/')];
  else if (
    target !== undefined &&
    unclear.length === 0 &&
    target.known &&
    !target.pattern &&
    target.text !== '-'
  ) {
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

const popDirectory: Builtin = (shell) => {
  shell.state.directories = null;
};

// ---- variables -----------------------------------------------------------------------------------------------

const declaration: Builtin = (shell, call) => {
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
      functions ||= /^-.*[fF]/.test(text);
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
  if (index !== undefined && !/^\[(\d+|[@*])\]$/.test(index))
    shell.variableName(literal(`${name}${index}`, word.span));
  if (call.name === 'local' || shell.locals !== null) shell.locals?.add(name);
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
    if (name !== 'PATH')
      noteAssignment(shell, name, typeof current === 'object' ? current.text : null, word.span);
  } else if (call.name === 'local' || call.name === 'declare' || call.name === 'typeset')
    shell.assign(name, 'unknown');
  if (/[aAilnucr]/.test(letters) || call.name === 'readonly') {
    if (!letters.includes('A') || letters.length > 1) shell.state.markOdd(name);
  }
}

function setsNames(
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
function setName(shell: Shell, field: Field): void {
  shell.variableName(field);
  const name = /^[A-Za-z_]\w*/.exec(field.text)?.[0];
  if (!field.known || name === undefined) {
    shell.state.forget();
    return;
  }
  shell.assign(name, 'unknown');
  noteAssignment(shell, name, null, field.span);
}

const mapfile = setsNames({ '-d -n -O -s -u -c': value, '-C': value, '-t': flag }, (shell, call) => {
  const parsed = parseOptions(call.words, table({ '-d -n -O -s -u -c': value, '-C': value, '-t': flag }));
  const callback = optionValue(parsed, '-C');
  if (callback !== null) evaluate(shell, call, callback);
  shell.assign('MAPFILE', 'unknown');
});

const printfOptions = table({ '-v': value });

const echo: Builtin = (_shell, call) => call.showsSecretVariables();

const printf: Builtin = (shell, call) => {
  call.showsSecretVariables();
  const [first, second] = call.words;
  if (first === undefined) return;
  const parsed = parseOptions(call.words.slice(0, first.text === '-v' ? 2 : 1), printfOptions, {
    stopAtOperand: true,
  });
  const name = optionValue(parsed, '-v') ?? (first.text === '-v' ? (second ?? null) : null);
  if (name !== null) setName(shell, name);
  else if (first.many || (!first.known && (first.prefix === '' || first.prefix.startsWith('-'))))
    setName(shell, first);
};

const test: Builtin = (shell, call) => {
  call.words.forEach((word, index) => {
    const operator = call.words[index - 1];
    if (operator !== undefined && /^-[vR]$/.test(operator.text)) shell.variableName(word);
    if (word.known && /^-[a-hkpLrsuwxGNOS]$/.test(word.text)) call.trait('reads');
  });
};

const unset: Builtin = (shell, call) => {
  const functions = call.words.some((word) => word.text === '-f');
  for (const word of call.words) {
    if (word.text.startsWith('-') && word.known) continue;
    if (functions) shell.state.doubtFunctions();
    else {
      setName(shell, word);
      if (word.text === 'PATH') shell.state.names = 'path';
      shell.state.doubtFunctions();
    }
  }
};

const letArithmetic: Builtin = (shell, call) => {
  for (const word of call.words) {
    const assigned = /^([A-Za-z_]\w*)\s*[-+*/%&|^<>]*=(?!=)|([A-Za-z_]\w*)\s*(?:\+\+|--)/.exec(word.text);
    shell.evaluated(word.known ? literal(word.text.replace(/^[A-Za-z_]\w*=(?!=)/, ''), word.span) : word);
    for (const name of word.text.matchAll(/[A-Za-z_]\w*/g))
      shell.assign(name[0], assigned?.[1] === name[0] ? 'numeric' : 'unknown');
  }
};

const shift: Builtin = (shell, call) => {
  const [count] = call.words;
  const by =
    count === undefined ? 1 : count.known && /^\d{1,4}$/.test(count.text) ? Number(count.text) : null;
  const { positional } = shell.state;
  shell.state.positional =
    positional === null || by === null || by > positional.length ? null : positional.slice(by);
};

// ---- options of the shell ----------------------------------------------------------------------------------------

const harmlessLongOptions =
  /^(allexport|braceexpand|emacs|errexit|errtrace|functrace|hashall|histexpand|history|ignoreeof|interactive-comments|monitor|noclobber|noexec|nolog|notify|nounset|onecmd|physical|pipefail|verbose|vi|xtrace)$/;

const set: Builtin = (shell, call) => {
  const { words } = call;
  if (words.length === 0) {
    call.trait('reads');
    call.showsEnvironment();
  }
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
    if (text.includes('k'))
      call.opaque('exec', text, 'assignments anywhere among the words become environment');
    if (!/^[-+][abCeEfhHmnPtTuvxpo]+$/.test(text) || (!on && text.includes('B')))
      shell.state.oddExpansion = true;
    if (text.includes('o')) {
      at += 1;
      const name = words[at];
      if (name === undefined) continue;
      if (name.text === 'physical') shell.state.physical = true;
      if (name.text === 'posix') shell.state.expandsAliases = true;
      if (!name.known || !harmlessLongOptions.test(name.text) || (!on && name.text === 'braceexpand')) {
        shell.state.oddExpansion = true;
        if (name.text === 'keyword' || !name.known)
          call.opaque('exec', name.text, 'it changes how commands are read');
      }
    }
  }
};

const shopt: Builtin = (shell, call) => {
  const turnsOn = call.words.some((word) => !word.known || /^-.*s/.test(word.text));
  const turnsOff = call.words.some((word) => !word.known || /^-.*u/.test(word.text));
  if (!turnsOn && !turnsOff) return;
  for (const word of call.words) {
    if (word.known && word.text.startsWith('-')) continue;
    const name = word.known ? word.text : '?';
    if (name === 'expand_aliases' && turnsOn) {
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
};

function aliasDoubt(call: Call): void {
  call.opaque(
    'exec',
    call.exec.argv.join(' '),
    'aliases are expanded, so that names no longer tell what runs',
  );
}

const alias: Builtin = (shell, call) => {
  for (const word of call.words) {
    if (word.known && !word.text.includes('=')) continue;
    shell.state.aliases = true;
    if (shell.state.expandsAliases) aliasDoubt(call);
  }
};

// ---- running other things ------------------------------------------------------------------------------------------

function evaluate(shell: Shell, call: Call, field: Field): void {
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

const evalBuiltin: Builtin = (shell, call) => {
  const words = call.words[0]?.text === '--' ? call.words.slice(1) : call.words;
  if (words.length === 0) return;
  const known = words.every((word) => word.known && !word.pattern);
  const text = words.map((word) => word.text).join(' ');
  evaluate(shell, call, known ? literal(text, call.span) : unknown(text, call.span));
};

const source: Builtin = (shell, call) => {
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

const exec: Builtin = (shell, call, run) => {
  const { operands, unclear } = parseOptions(call.words, execOptions, { stopAtOperand: true });
  if (unclear.length > 0 && operands.length === 0)
    call.opaque('exec', unclear[0]?.text ?? '', 'what it runs cannot be told');
  if (operands.length > 0) run(invocation(call, operands, 'program'));
  // A failed `exec` may let the shell go on.
  shell.state.settle();
};

const commandOptions = table({ '-p': flag, '-v -V': flag });

const command: Builtin = (_shell, call, run) => {
  const { operands, seen, unclear } = parseOptions(call.words, commandOptions, { stopAtOperand: true });
  if (seen.some(({ option }) => option.name === '-v' || option.name === '-V')) {
    call.trait('reads');
    return;
  }
  if (unclear.length > 0 && operands.length === 0)
    call.opaque('exec', unclear[0]?.text ?? '', 'what it runs cannot be told');
  if (operands.length > 0) run(invocation(call, operands, 'builtin'));
};

const builtin: Builtin = (_shell, call, run) => {
  const words = call.words[0]?.text === '--' ? call.words.slice(1) : call.words;
  const [name] = words;
  if (name === undefined) return;
  if (!name.known || builtins.has(name.text)) run(invocation(call, words, 'builtin'));
};

const trap: Builtin = (shell, call) => {
  const words = call.words[0]?.text === '--' ? call.words.slice(1) : call.words;
  const [action, ...signals] = words;
  if (action === undefined || (action.known && /^-[lp]$/.test(action.text))) return;
  if (action.known && (action.text === '-' || action.text === '' || signals.length === 0)) return;
  if (!action.known) call.opaque('exec', action.text, 'the text of the trap cannot be told');
  else {
    // It runs at any time, in whatever state the shell is then.
    const state = shell.state.fork();
    state.forget();
    state.names = shell.state.names;
    const child = shell.child(state, { span: call.span, via: [...call.exec.via, call.name] });
    if (!child.tooDeep(action.text, call.span)) child.runText(action.text, call.span);
  }
  if (!signals.every((signal) => signal.known && /^(EXIT|0)$/i.test(signal.text)))
    shell.state.volatile = true;
};

const hash: Builtin = (shell, call) => {
  if (!call.words.some((word) => !word.known || /^-[rldt]*p/.test(word.text))) return;
  call.opaque('exec', call.exec.argv.join(' '), 'names no longer tell which programs run');
  shell.state.names = 'path';
};

const enable: Builtin = (shell, call) => {
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

const complete: Builtin = (shell, call) => {
  const parsed = parseOptions(call.words, completeOptions);
  for (const { option, value } of parsed.seen) {
    if (value === null) continue;
    if (option.name === '-C') evaluate(shell, call, value);
    if (option.name === '-F') evaluate(shell, call, value);
    if (option.name === '-W' && (!value.known || /[$`]/.test(value.text)))
      call.opaque('exec', value.text, 'its words are expanded again');
  }
};

const historyOptions = table({ '-c': flag, '-d': value, '-a -w': writes, '-n -r': reads, '-p -s': flag });

const history: Builtin = (_shell, call) => {
  const parsed = parseOptions(call.words, historyOptions);
  applyOptions(call, parsed, { hides: 'write', lenient: true });
  if (hasOption(parsed, '-s', '-p')) return;
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
  if (!(
    call.words.length > 0 &&
    call.words.every((word) => word.known && /^-[lL]$|^\d+$|^[A-Z]+$/.test(word.text)) &&
    /^-[lL]$/.test(call.words[0]?.text ?? '')
  ))
    call.trait('signals');
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
      shell.assign('OPTARG', 'unknown');
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
