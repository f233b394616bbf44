/** From the words of a command to what runs: function, builtin or program, and what is known of it. */
import { builtins } from './builtins.ts';
import { Call, type Change, type Runner } from './call.ts';
import { literal, type Field } from './field.ts';
import type { OpenExec } from './findings.ts';
import type { Invocation } from './invocation.ts';
import { addPaths, reachedFrom } from './path-operations.ts';
import { isHarmless, resolvePath } from './paths.ts';
import type { Shell } from './shell.ts';
import { applyTool } from './tool.ts';
import { modelOf } from './tools/registry.ts';
import { applyVariable, freshState } from './variables.ts';

export function runCommand(shell: Shell, invocation: Invocation): void {
  const { words, span, environment } = invocation;
  const [name] = words;
  if (name === undefined) return;
  for (const variable in environment) applyVariable(shell, variable, environment[variable] ?? null, span);
  if (!name.known || name.pattern || name.text === '') {
    shell.findings.opaque('exec', name.text, reasonFor(name), name.span);
    if (invocation.lookup !== 'program') shell.state.forget();
    return;
  }
  const { text } = name;
  if (invocation.lookup !== 'program' && !text.includes('/')) {
    if (invocation.lookup === 'all' && runFunctions(shell, text, invocation)) return;
    if (text === ':') return;
    const builtin = builtins.get(text);
    if (builtin !== undefined) {
      const exec = openExec(shell, text, invocation);
      const settled = assignTemporarily(shell, text, environment);
      builtin(shell, callOf(shell, exec, invocation), (nested) => runCommand(shell, nested));
      settled();
      return;
    }
  }
  runProgram(shell, invocation, name);
}

function reasonFor(name: Field): string {
  if (name.pattern) return "the command's name is a pattern";
  if (name.known) return 'the command has an empty name';
  return name.stream ? 'the command is a pipe of another command' : "the command's name cannot be told";
}

/** True if the name certainly is a function. */
function runFunctions(shell: Shell, name: string, { words, environment, span }: Invocation): boolean {
  const bodies = shell.state.functions(name);
  if (bodies.length === 1 && bodies[0] === null) return false;
  for (const variable in environment) {
    const value = environment[variable] ?? null;
    shell.assign(variable, value === null ? 'unknown' : { text: value });
  }
  const start = shell.state;
  let end = bodies.includes(null) ? start : null;
  for (const body of bodies) {
    if (body === null || shell.tooDeep(name, span)) continue;
    shell.state = start.fork();
    shell.runFunction(body, words.slice(1));
    end = end === null ? shell.state : end.join(shell.state);
  }
  shell.state = end ?? start;
  for (const variable in environment) shell.assign(variable, 'unknown');
  return !bodies.includes(null);
}

const keepsState = /^(eval|source|\.|command|builtin|exec|trap|mapfile|readarray|complete|compgen)$/;

/** A builtin sees the variables set for it; afterwards they are as before, or as it left them. */
function assignTemporarily(
  shell: Shell,
  builtin: string,
  environment: Invocation['environment'],
): () => void {
  const before = Object.keys(environment).map((name) => [name, shell.state.variable(name)] as const);
  if (before.length === 0) return () => undefined;
  for (const [name] of before) {
    const value = environment[name];
    shell.assign(name, typeof value === 'string' ? { text: value } : 'unknown');
  }
  return () => {
    for (const [name, value] of before) shell.assign(name, keepsState.test(builtin) ? 'unknown' : value);
  };
}

function openExec(shell: Shell, target: string, { words, environment, span, via }: Invocation): OpenExec {
  const { directories } = shell.state;
  const unknown: number[] = [];
  words.forEach((word, index) => {
    if (!word.known || word.pattern) unknown.push(index);
  });
  const exec: OpenExec = {
    kind: 'exec',
    target,
    argv: words.map((word) => word.text),
    unknown,
    subcommand: null,
    traits: [],
    cwd: directories?.length === 1 ? (directories[0] ?? null) : null,
    environment,
    via,
    span,
  };
  shell.findings.add(exec);
  return exec;
}

function callOf(shell: Shell, exec: OpenExec, { words, input }: Invocation): Call {
  return new Call({
    exec,
    words: words.slice(1),
    findings: shell.findings,
    place: shell.context,
    directories: shell.state.directories,
    input,
    runner: runnerOf(shell),
  });
}

const asksVersion = /^(--version|--help|-version)$/;

const toolchainDirectory = /^\/(?:usr\/local\/|usr\/)?s?bin\/([^/]+)$/;

function runProgram(shell: Shell, invocation: Invocation, name: Field): void {
  const { text } = name;
  const byPath = text.includes('/');
  const { directories } = shell.state;
  const from = text.startsWith('/') ? '/' : directories?.length === 1 ? directories[0] : undefined;
  const system = from === undefined ? null : (toolchainDirectory.exec(resolvePath(text, from))?.[1] ?? null);
  const target = system ?? text;
  const exec = openExec(shell, target, invocation);
  const call = callOf(shell, exec, invocation);
  if (shell.state.names !== 'none' && !byPath) {
    if (shell.state.names === 'sourced') call.trait('runs-code');
    else call.opaque('exec', text, 'PATH was changed, so that the name no longer tells which program runs');
  }
  if (isLoader(text)) return runLoader(call);
  if (byPath && system === null) {
    // A program or script brought by the repository or somebody else.
    call.trait('runs-code');
    if (isHarmless(text)) call.opaque('exec', text, 'the program comes from a stream');
    else
      addPaths('read', name, { findings: shell.findings, place: shell.context, directories }, { by: target });
    return;
  }
  const model = modelOf(target);
  if (model === undefined) call.trait('unknown');
  else if (call.words.length === 1 && asksVersion.test(call.words[0]?.text ?? '')) return;
  else {
    applyTool(call, model);
    // Elsewhere than in the repository, a build runs somebody else's code.
    if (exec.traits.includes('builds') && call.isOutside(literal('.', invocation.span)))
      call.trait('runs-code');
  }
}

/** The dynamic loader runs any file, executable or not. */
function isLoader(path: string): boolean {
  return /(^|\/)ld(-[\w.-]+)?\.so(\.\d+)?$/.test(path);
}

function runLoader(call: Call): void {
  call.trait('runs-code');
  call.opaque('exec', call.exec.argv.join(' '), 'the dynamic loader runs any file');
  const at = call.words.findIndex((word) => !word.prefix.startsWith('-'));
  if (at >= 0) call.runner.runProgram(call.words.slice(at), call);
}

function runnerOf(shell: Shell): Runner {
  return {
    knows: (name) => modelOf(name) !== undefined,
    runText: (text, call, { positional, prepare } = {}) => {
      if (!text.known) {
        call.opaque('exec', text.text, 'the text that a shell runs cannot be told');
        return;
      }
      const state = freshState(shell.context, call.directories, call.exec.environment);
      state.names = shell.state.names;
      state.positional = positional ?? null;
      state.posix = call.name !== 'bash' && call.name !== 'rbash';
      state.expandsAliases = state.posix;
      const child = shell.child(state, {
        span: call.span,
        via: [...call.exec.via, call.name],
        input: call.input,
      });
      prepare?.(child);
      child.runText(text.text, call.span);
    },
    runProgram: (words, call, change = {}) => {
      const state = freshState(shell.context, directoriesAfter(call, change));
      state.names = shell.state.names;
      const via = [...call.exec.via, call.name];
      const child = shell.child(state, { via, input: change.input ?? call.input });
      if (child.tooDeep(words[0]?.text ?? '', call.span)) return;
      const environment = change.environment ?? {};
      runCommand(child, { words, environment, input: child.input, span: call.span, via, lookup: 'program' });
    },
  };
}

/** Programs change directory as the kernel does, links first. */
function directoriesAfter(call: Call, { directory }: Change): readonly string[] | null {
  if (directory === undefined) return call.directories;
  if (directory === null || !directory.known || directory.pattern) return null;
  const { text } = directory;
  return reachedFrom(text, text.startsWith('/') ? ['/'] : call.directories, call);
}

/** An argument vector that no shell has seen. */
export function literalWords(argv: readonly string[]): readonly Field[] {
  let start = 0;
  return argv.map((text) => {
    const span = { start, end: start + text.length };
    start = span.end + 1;
    return literal(text, span);
  });
}
