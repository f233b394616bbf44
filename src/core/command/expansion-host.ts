import type { ParsedScript } from 'unbash';
import type { Span } from '../model/operation.ts';
import type { ShellState } from './shell-state.ts';

/** What expansion needs of the shell around it. */
export interface ExpansionHost {
  readonly state: ShellState;
  readonly home: string;
  spanOf(node: { readonly pos: number; readonly end: number }): Span;
  /** Follows a command or process substitution in a subshell of its own. */
  substitution(script: ParsedScript | undefined, text: string, span: Span): void;
  opaque(of: 'exec' | 'read' | 'write', source: string, reason: string, span: Span): void;
}
