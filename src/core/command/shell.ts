/** The running shell as programs and builtins see it. */
import type { Span } from '../model/operation.ts';
import type { Input } from './call.ts';
import type { AnalysisContext } from './context.ts';
import type { ExpansionHost } from './expansion-host.ts';
import type { Field } from './field.ts';
import type { Findings } from './findings.ts';
import type { Place } from './paths.ts';
import type { FunctionBody, ShellState, Value } from './shell-state.ts';

export interface Shell extends ExpansionHost {
  state: ShellState;
  readonly findings: Findings;
  readonly context: AnalysisContext;
  readonly place: Place;
  readonly via: readonly string[];
  readonly input: Input;
  readonly span: Span | null;
  /** Within a function: names that are restored when it ends. */
  readonly locals: Set<string> | null;
  assign(name: string, value: Value): void;
  /** Parses and follows text in this very shell, as `eval` does. */
  runText(text: string, span: Span): void;
  runFunction(body: FunctionBody, positional: readonly Field[]): void;
  /** False, and said so, where nesting has gone too far. */
  tooDeep(source: string, span: Span): boolean;
  child(
    state: ShellState,
    change?: { readonly span?: Span | null; readonly via?: readonly string[]; readonly input?: Input },
  ): Shell;
  /** Leaves loops or the function around this point. */
  escape(): void;
  variableName(field: Field): void;
  evaluated(field: Field): void;
}
