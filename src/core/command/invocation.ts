import type { Span } from '../model/operation.ts';
import type { Input } from './call.ts';
import type { Field } from './field.ts';

/** A simple command after expansion. */
export interface Invocation {
  readonly words: readonly Field[];
  /** Set for this command by the text; null where a value cannot be told. */
  readonly environment: Readonly<Record<string, string | null>>;
  readonly input: Input;
  readonly span: Span;
  readonly via: readonly string[];
  /** `program`: neither function nor builtin; `builtin`: no function. */
  readonly lookup: 'all' | 'builtin' | 'program';
}
