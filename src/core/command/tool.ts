/** What is known of a program, as data where possible, and its application to one call. */
import type { OpaqueOperation, Trait } from '../model/operation.ts';
import type { Call } from './call.ts';
import { literal, type Field } from './field.ts';
import {
  optionTable,
  parseOptions,
  type Effect,
  type OptionTable,
  type OptionEntries,
  type ParsedOptions,
  type ParseStyle,
} from './options.ts';

export interface ToolModel {
  readonly traits: readonly Trait[];
  readonly options: OptionTable;
  readonly style: ParseStyle;
  /** Every option that matters is in the table; others are harmless flags. */
  readonly lenient: boolean;
  /** The most that a word which cannot be told may bring about. */
  readonly hides: OpaqueOperation['of'] | null;
  readonly operands: 'ignored' | Effect;
  /** What the tables cannot say; replaces `operands` where it is given. */
  readonly apply: ((call: Call, parsed: ParsedOptions) => void) | null;
  /** Brings odd syntaxes into the usual form before options are read. */
  readonly rewrite: ((words: readonly Field[]) => readonly Field[]) | null;
  /** Without options, the program with its words alone decides. */
  readonly raw: ((call: Call) => void) | null;
}

export interface ToolDescription {
  readonly traits?: readonly Trait[];
  readonly options?: OptionEntries;
  readonly style?: ParseStyle;
  readonly lenient?: boolean;
  readonly hides?: OpaqueOperation['of'] | null;
  readonly operands?: 'ignored' | Effect;
  readonly rewrite?: (words: readonly Field[]) => readonly Field[];
  readonly apply?: (call: Call, parsed: ParsedOptions) => void;
  readonly raw?: (call: Call) => void;
}

export function tool(description: ToolDescription): ToolModel {
  return {
    traits: description.traits ?? [],
    options: optionTable(description.options ?? {}),
    style: description.style ?? {},
    lenient: description.lenient ?? false,
    hides: description.hides === undefined ? 'exec' : description.hides,
    operands: description.operands ?? 'ignored',
    apply: description.apply ?? null,
    rewrite: description.rewrite ?? null,
    raw: description.raw ?? null,
  };
}

/** Whatever it is told, it does the same: nothing that a policy could know of. */
export function ignoresWords(model: ToolModel): boolean {
  const { traits, options, lenient, hides, operands, apply, rewrite, raw } = model;
  const known = traits.length + options.short.size + options.long.size;
  const plain = lenient && hides === null && operands === 'ignored' && known === 0;
  return plain && apply === null && rewrite === null && raw === null;
}

/** One model under several names: `{ 'cat tac rev': model }`. */
export function named(entries: Readonly<Record<string, ToolModel>>): ReadonlyMap<string, ToolModel> {
  const models = new Map<string, ToolModel>();
  for (const [names, model] of Object.entries(entries))
    for (const name of names.split(/\s+/)) models.set(name, model);
  return models;
}

export function applyTool(call: Call, model: ToolModel, words: readonly Field[] = call.words): void {
  call.trait(...model.traits);
  if (model.raw !== null) {
    model.raw(call);
    return;
  }
  const parsed = parseOptions(
    model.rewrite === null ? words : model.rewrite(words),
    model.options,
    model.style,
  );
  applyOptions(call, parsed, model);
  if (model.apply !== null) model.apply(call, parsed);
  else if (model.operands !== 'ignored')
    for (const operand of parsed.operands) applyEffect(call, model.operands, operand);
}

export function applyOptions(
  call: Call,
  parsed: ParsedOptions,
  model: Pick<ToolModel, 'hides' | 'lenient'>,
): void {
  for (const { option, value } of parsed.seen) {
    if (option.traits !== undefined) call.trait(...option.traits);
    if (option.hides !== undefined)
      call.opaque(option.hides, value?.text ?? option.name, `${option.name} hides what happens`);
    if (option.effect !== undefined && value !== null) applyEffect(call, option.effect, value);
  }
  if (parsed.strange.length > 0 && !model.lenient) call.trait('unknown');
  if (model.hides === null) return;
  for (const word of parsed.unclear) {
    // Files that are there already can only turn into options; where code runs anyway, that adds nothing.
    if (
      word.pattern &&
      (model.hides === 'read' ||
        call.exec.traits.includes('builds') ||
        call.exec.traits.includes('runs-code'))
    )
      continue;
    call.opaque(model.hides, word.text, 'it may be an option, or match a file that is named like one');
  }
}

function applyEffect(call: Call, effect: Effect, field: Field): void {
  switch (effect) {
    case 'read':
    case 'read-tree':
      return isAddress(field) ? call.connectToField(field) : call.read(field, effect === 'read-tree');
    case 'write':
      return call.write(field);
    case 'write-tree':
      return call.write(field, true);
    case 'connect':
      return call.connectToField(field);
    case 'shell':
      // The program adds words of its own to what it is told to run.
      call.trait('runs-code');
      return call.runner.runText(field, call);
    case 'program':
      call.trait('runs-code');
      return runWords(call, field);
    case 'code':
      return call.code(field.text, call.name);
    case 'load':
      if (!isAddress(field)) return call.script(field);
      call.connectToField(field);
      return call.opaque('exec', field.text, 'the code comes from elsewhere');
    case 'module':
      if (!field.known) call.opaque('exec', field.text, 'the code it loads cannot be told');
      else if (call.isOutside(field)) call.script(field);
      else if (/[/.]/.test(field.text)) call.read(field);
      return;
  }
}

/** Many programs take the address of a file where they take its name. */
function isAddress({ prefix }: Field): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(prefix);
}

/** A program given as one word that the tool splits at blanks itself. */
function runWords(call: Call, field: Field): void {
  if (!field.known || /['"\\$`]/.test(field.text)) {
    call.opaque('exec', field.text, 'what it runs cannot be told');
    return;
  }
  const words = field.text
    .trim()
    .split(/\s+/)
    .map((word) => literal(word, field.span));
  if (words[0]?.text !== '') call.runner.runProgram(words, call);
}
