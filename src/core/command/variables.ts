/** What setting a variable means for the commands that see it. */
import type { Span } from '../model/operation.ts';
import type { AnalysisContext } from './context.ts';
import { effectOfVariable } from './environment.ts';
import { literal, type Field } from './field.ts';
import { endpointTarget, parseHostPort, parseUrl } from './hosts.ts';
import { addPaths } from './path-operations.ts';
import type { Shell } from './shell.ts';
import { onlySystemDirectories, ShellState, type Value } from './shell-state.ts';

/** The state of a shell that has just started. */
export function freshState(
  context: AnalysisContext,
  directories: readonly string[] | null,
  environment: Readonly<Record<string, string | null>> = {},
): ShellState {
  const variables = new Map<string, Value>([
    ['IFS', { text: ' \t\n' }],
    ['HOME', { text: context.home }],
  ]);
  if (context.variables !== undefined) {
    for (const [name, text] of Object.entries(context.variables))
      if (name !== 'IFS') variables.set(name, { text });
  }
  for (const name in environment) {
    const text = environment[name];
    if (name !== 'IFS') variables.set(name, typeof text === 'string' ? { text } : 'unknown');
  }
  return new ShellState(directories, variables);
}

/** Pagers, editors and compilers under their own names, and those that do nothing. */
const plainProgram =
  /^(:|true|false|cat|less( -[A-Za-z]+)*|more|vim?|nvim|nano|emacs|code --wait|g?cc(-\d+)?|[gc]\+\+(-\d+)?|clang(\+\+)?(-\d+)?|ld|lld|ar|make|sccache|ccache)$/;

/** Of a shell that people use, where nothing names another. */
export function historyFile(home: string, span: Span): Field {
  return literal(`${home}/.bash_history`, span);
}

/** Adds what a variable that programs see makes them do. `value` is null where it cannot be told. */
export function applyVariable(shell: Shell, name: string, value: string | null, span: Span): void {
  const effect = effectOfVariable(name, value);
  const source = `${name}=${value ?? '…'}`;
  switch (effect) {
    case 'none':
      return;
    case 'path':
      if (value !== null && onlySystemDirectories(value)) return;
      shell.findings.opaque(
        'exec',
        source,
        'PATH is changed, so that names no longer tell which programs run',
        span,
      );
      return;
    case 'exec':
      shell.findings.opaque('exec', source, `${name} changes what programs load or run`, span);
      return;
    case 'shell': {
      if (value === null) {
        shell.findings.opaque('exec', source, `${name} names a command to run`, span);
        return;
      }
      const nested = shell.child(freshState(shell.context, shell.state.directories), {
        span,
        via: [...shell.via, name],
      });
      nested.runText(value, span);
      if (!plainProgram.test(value))
        shell.findings.opaque('exec', source, `whoever runs ${name} adds words of its own`, span);
      return;
    }
    case 'connect': {
      const endpoint = value === null ? null : (parseUrl(value) ?? parseHostPort(value));
      if (endpoint === null) shell.findings.opaque('connect', source, 'the proxy cannot be told', span);
      else
        shell.findings.add({
          kind: 'connect',
          target: endpointTarget(endpoint),
          host: endpoint.host,
          port: endpoint.port,
          by: name,
          span,
        });
      return;
    }
    case 'history':
    case 'write': {
      const named = value === null ? { ...literal(source, span), known: false } : literal(value, span);
      const { findings, context: place, state } = shell;
      const field = effect === 'history' ? historyFile(place.home, span) : named;
      addPaths('write', field, { findings, place, directories: state.directories }, { by: name });
    }
  }
}

/** A variable of the shell was set for all that follows, whether it is exported or already was. */
export function noteAssignment(shell: Shell, name: string, value: string | null, span: Span): void {
  if (name === 'PWD' || name === 'OLDPWD') shell.state.markOdd(name);
  // The shell reads these itself, and not from the environment of what it starts.
  if (name === 'PATH' || (name === 'PS4' && value !== null && !/[$`]/.test(value))) return;
  applyVariable(shell, name, value, span);
}
