/**
 * Command-line options as getopt reads them, from tables. The rule for what a table does not name: where all
 * options that matter are listed (`lenient`) it is a harmless flag, else the program counts as not fully known.
 */
import type { OpaqueOperation, Trait } from '../model/operation.ts';
import { dropFirst, mayBeOption, type Field } from './field.ts';

export type Effect =
  | 'read'
  | 'read-tree'
  | 'write'
  | 'write-tree'
  | 'connect'
  | 'shell' // text that a shell runs
  | 'program' // a program and its words, run without a shell
  | 'code' // text or a file in a language that is not read here
  | 'load' // a file whose code is run
  | 'module'; // a file whose code is run, or a package of the repository's by its name

export interface Option {
  /** `maybe`: only with `=` or attached. */
  readonly takes: 'nothing' | 'value' | 'maybe';
  readonly effect?: Effect;
  readonly traits?: readonly Trait[];
  /** What the option lets happen that the text does not tell. */
  readonly hides?: OpaqueOperation['of'];
}

/** Options of the usual kinds by name, so that tables are data. */
const kinds = {
  flag: { takes: 'nothing' },
  /** A flag that the model asks for. */
  mark: { takes: 'nothing', traits: [] },
  value: { takes: 'value' },
  /** A value that the model asks for. */
  keep: { takes: 'value', traits: [] },
  maybe: { takes: 'maybe' },
  read: { takes: 'value', effect: 'read' },
  'read-tree': { takes: 'value', effect: 'read-tree' },
  write: { takes: 'value', effect: 'write', traits: ['writes'] },
  'write-tree': { takes: 'value', effect: 'write-tree', traits: ['writes'] },
  connect: { takes: 'value', effect: 'connect', traits: ['network'] },
  shell: { takes: 'value', effect: 'shell' },
  program: { takes: 'value', effect: 'program' },
  code: { takes: 'value', effect: 'code', traits: ['runs-code'] },
  load: { takes: 'value', effect: 'load', traits: ['runs-code'] },
  module: { takes: 'value', effect: 'module' },
  'hides-exec': { takes: 'value', hides: 'exec' },
} as const satisfies Readonly<Record<string, Option>>;

/** An option, or the name of its kind. */
export type OptionEntry = Option | keyof typeof kinds;
export type OptionEntries = Readonly<Record<string, OptionEntry>>;

export const flag: Option = kinds.flag;
export const value: Option = kinds.value;
export const maybe: Option = kinds.maybe;
export const reads: Option = kinds.read;
export const writes: Option = kinds.write;
export const shell: Option = kinds.shell;
export const program: Option = kinds.program;

export function adds(...traits: readonly Trait[]): Option {
  return { takes: 'nothing', traits };
}

export function valueAdds(...traits: readonly Trait[]): Option {
  return { takes: 'value', traits };
}

export interface OptionTable {
  readonly short: ReadonlyMap<string, NamedOption>;
  readonly long: ReadonlyMap<string, NamedOption>;
}

export interface NamedOption extends Option {
  readonly name: string;
  /** The first of the names that mean the same. */
  readonly first: string;
}

/** `{ '-o --output': 'write' }`: names separated by blanks; `-name` of more letters is a long name too. */
export function optionTable(entries: OptionEntries): OptionTable {
  const short = new Map<string, NamedOption>();
  const long = new Map<string, NamedOption>();
  for (const [names, entry] of Object.entries(entries)) {
    const option: Option = typeof entry === 'string' ? kinds[entry] : entry;
    const all = names.split(' ');
    const first = all[0] ?? names;
    for (const name of all) {
      const named = { ...option, name, first };
      if (name.length === 2) short.set(name.slice(1), named);
      else long.set(name, named);
    }
  }
  return { short, long };
}

export interface ParseStyle {
  /** Options end at the first operand, as for wrappers. */
  readonly stopAtOperand?: boolean;
  /** `-name` is one long option, as in find, java and openssl. */
  readonly singleDash?: boolean;
}

export interface ParsedOptions {
  readonly seen: readonly { readonly option: NamedOption; readonly value: Field | null }[];
  readonly operands: readonly Field[];
  /** Options that the table does not name. */
  readonly strange: readonly Field[];
  /** Words that may be options, whichever. */
  readonly unclear: readonly Field[];
}

export function parseOptions(
  words: readonly Field[],
  table: OptionTable,
  style: ParseStyle = {},
): ParsedOptions {
  const seen: { option: NamedOption; value: Field | null }[] = [];
  const operands: Field[] = [];
  const strange: Field[] = [];
  const unclear: Field[] = [];
  let at = 0;
  const takeValue = (option: NamedOption): void => {
    const next = words[at];
    if (option.takes !== 'value' || next === undefined) seen.push({ option, value: null });
    else {
      at += 1;
      if (next.many) unclear.push(next);
      // What a pattern matches beyond the first file are words of their own.
      if (next.pattern) operands.push(next);
      seen.push({ option, value: next });
    }
  };
  while (at < words.length) {
    const word = words[at];
    if (word === undefined) break;
    at += 1;
    const text = word.known ? word.text : word.prefix;
    if (word.known && text === '--') {
      operands.push(...words.slice(at));
      break;
    }
    const dashed = text.length > 1 && text.startsWith('-');
    if (!dashed) {
      if (mayBeOption(word)) unclear.push(word);
      operands.push(word);
      if (style.stopAtOperand === true) {
        operands.push(...words.slice(at));
        break;
      }
      continue;
    }
    if (text.startsWith('--') || style.singleDash === true) {
      const equals = text.indexOf('=');
      if (word.pattern && /^[^=]*[*?[]/.test(text)) {
        unclear.push(word);
        operands.push(word);
        continue;
      }
      if (!word.known && equals === -1) {
        unclear.push(word);
        continue;
      }
      const name = equals === -1 ? text : text.slice(0, equals);
      const option = findLong(table, name, style);
      if (option === undefined) {
        strange.push(word);
        if (!word.known) unclear.push(word);
      } else if (equals !== -1) {
        seen.push({ option, value: dropFirst(word, equals + 1) });
        if (word.many) unclear.push(word);
      } else takeValue(option);
      continue;
    }
    // A cluster of single letters, the last of which may hold its value.
    const whole = table.long.get(text);
    if (whole !== undefined && word.known) {
      takeValue(whole);
      continue;
    }
    for (let letter = 1; letter < text.length; letter += 1) {
      const option = table.short.get(text[letter] ?? '');
      if (word.pattern && /[*?[]/.test(text[letter] ?? '')) {
        // Files that are named like options of any kind.
        unclear.push(word);
        operands.push(word);
        break;
      }
      if (option === undefined) {
        strange.push(word);
        if (!word.known && letter === text.length - 1) unclear.push(word);
        continue;
      }
      if (option.takes === 'nothing') {
        seen.push({ option, value: null });
        if (!word.known && letter === text.length - 1) unclear.push(word);
        continue;
      }
      const attached = letter < text.length - 1 || !word.known;
      if (attached) {
        seen.push({ option, value: dropFirst(word, letter + 1) });
        if (word.many) unclear.push(word);
      } else takeValue(option);
      break;
    }
  }
  return { seen, operands, strange, unclear };
}

/** GNU programs take any unambiguous beginning of a long name; where it is ambiguous, the gravest counts. */
function findLong(table: OptionTable, name: string, style: ParseStyle): NamedOption | undefined {
  // Where one dash begins a long name, two do as well.
  const single = style.singleDash === true ? name.slice(name.startsWith('--') ? 1 : 0) : null;
  const exact =
    table.long.get(name) ??
    (single === null ? undefined : (table.long.get(single) ?? table.short.get(single.slice(1))));
  if (exact !== undefined || name.length < 3) return exact;
  let found: NamedOption | undefined;
  for (const [long, option] of table.long) {
    if (!long.startsWith(name)) continue;
    if (found === undefined || weight(option) > weight(found)) found = option;
  }
  return found;
}

function weight(option: Option): number {
  return (
    (option.effect === undefined ? 0 : 2) +
    (option.hides === undefined ? 0 : 4) +
    (option.traits === undefined ? 0 : 1)
  );
}

export function optionValue(parsed: ParsedOptions, name: string): Field | null {
  return parsed.seen.findLast(({ option }) => answersTo(option, name))?.value ?? null;
}

export function optionValues(parsed: ParsedOptions, name: string): readonly Field[] {
  return parsed.seen.flatMap(({ option, value }) =>
    answersTo(option, name) && value !== null ? [value] : [],
  );
}

export function hasOption(parsed: ParsedOptions, ...names: readonly string[]): boolean {
  return parsed.seen.some(({ option }) => names.some((name) => answersTo(option, name)));
}

/** A name stands for its synonyms where it is the first of them. */
function answersTo({ name, first }: NamedOption, asked: string): boolean {
  return name === asked || first === asked;
}
