import type { Span } from '../model/operation.ts';

/** One word of a command after expansion. */
export interface Field {
  /** Its value; the source text where that cannot be told. */
  readonly text: string;
  readonly known: boolean;
  /** A glob: stands for the files it matches, or for itself. */
  readonly pattern: boolean;
  /** May be any number of words, none included. */
  readonly many: boolean;
  /** A pipe of the shell's own (`<(…)`), harmless as a file. */
  readonly stream: boolean;
  /** What it certainly begins with; all of it where known. */
  readonly prefix: string;
  /** The name of the file at its end, where only that is known. */
  readonly ends?: string;
  readonly span: Span;
}

export function literal(text: string, span: Span): Field {
  return { text, known: true, pattern: false, many: false, stream: false, prefix: text, span };
}

export function unknown(source: string, span: Span, prefix = '', many = false): Field {
  return { text: source, known: false, pattern: false, many, stream: false, prefix, span };
}

/** The same field without its first `count` characters, as in the value of `--name=value`. */
export function dropFirst(field: Field, count: number): Field {
  return { ...field, text: field.text.slice(count), prefix: field.prefix.slice(count) };
}

/** A glob whose first character is not fixed may match a file that is named like an option. */
export function mayBeOption(field: Field): boolean {
  if (field.stream) return false;
  if (field.pattern) return field.prefix === '' || field.prefix.startsWith('-');
  return !field.known && (field.many || field.prefix === '' || field.prefix.startsWith('-'));
}
