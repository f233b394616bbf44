/** What a builtin of Bash is to the analysis. */
import type { Trait } from '../../model/operation.ts';
import type { Call } from '../call.ts';
import type { Field } from '../field.ts';
import type { Invocation } from '../invocation.ts';
import { optionTable, type Option } from '../options.ts';
import type { Shell } from '../shell.ts';

export type Builtin = (shell: Shell, call: Call, run: (nested: Invocation) => void) => void;

export const table = (entries: Readonly<Record<string, Option>>) => optionTable(entries);

export function only(...traits: readonly Trait[]): Builtin {
  return (_shell, call) => call.trait(...traits);
}

/** At any time, in whatever state the shell is then. */
export function runLater(shell: Shell, call: Call, text: string): void {
  const state = shell.state.fork();
  state.forget();
  state.names = shell.state.names;
  const child = shell.child(state, { span: call.span, via: [...call.exec.via, call.name] });
  if (!child.tooDeep(text, call.span)) child.runText(text, call.span);
}

/** A command that a builtin runs, by its words. */
export function invocation(call: Call, words: readonly Field[], lookup: Invocation['lookup']): Invocation {
  return {
    words,
    environment: {},
    input: call.input,
    span: call.span,
    via: [...call.exec.via, call.name],
    lookup,
  };
}
