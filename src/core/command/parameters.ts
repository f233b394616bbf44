/** Parameter expansion, as far as it is certain. */
import type { ParameterExpansionPart, Word } from 'unbash';
import { effectOfVariable } from './environment.ts';
import type { ExpansionHost } from './expansion-host.ts';
import type { Field } from './field.ts';
import type { Value } from './shell-state.ts';
import { visitSubstitutions } from './substitutions.ts';

/** Expansion of the words within, which is defined in terms of this. */
export interface WordExpansion {
  single(word: Word, host: ExpansionHost): Field;
  /** A subscript or offset, which is arithmetic. */
  index(word: Word | undefined, host: ExpansionHost): void;
}

/** `numeric`: one word of digits; `list`: any number of words; `fields`: exactly these. */
export type Expanded = Value | 'list' | { readonly fields: readonly Field[] };

/** `$name`, without the dollar sign. */
export function expandSimple(name: string, host: ExpansionHost): Expanded {
  const first = name.charCodeAt(0);
  if (first >= 49 && first <= 57) return positional(name, host);
  switch (name) {
    case '@':
      return host.state.positional === null ? 'list' : { fields: host.state.positional };
    case '*':
      return 'list';
    case '?':
    case '$':
    case '#':
      return 'numeric';
    case '!':
    case '-':
      return 'unknown';
    default:
      return host.state.variable(name);
  }
}

function positional(name: string, host: ExpansionHost): Expanded {
  const index = Number(name);
  const { positional } = host.state;
  if (positional === null) return 'unknown';
  const field = positional[index - 1];
  if (field === undefined) return { text: '' };
  return field.known && !field.pattern ? { text: field.text } : 'unknown';
}

export function expandParameter(
  part: ParameterExpansionPart,
  host: ExpansionHost,
  words: WordExpansion,
): Expanded {
  const { operation, parameter } = part;
  if (part.index !== undefined) {
    if (!host.state.isAssociative(parameter)) words.index(part.index, host);
    else visitSubstitutions(part.index, host);
    if (operation !== undefined) visitSubstitutions(operation, host);
    checkTransform(part, host);
    return part.prefix === '#'
      ? 'numeric'
      : part.index.text === '@' || part.index.text === '*'
        ? 'list'
        : 'unknown';
  }
  if (part.prefix === '!') {
    if (operation !== undefined) visitSubstitutions(operation, host);
    return indirect(part, host);
  }
  const value = expandSimple(parameter, host);
  if (part.prefix === '#') return 'numeric';
  if (operation === undefined) return value;
  return operate(part, value, host, words);
}

/** `${!name}`: the value names another variable; a subscript in it would be evaluated. */
function indirect(part: ParameterExpansionPart, host: ExpansionHost): Expanded {
  if (part.operation?.type === 'Names') return 'list';
  const name = host.state.variable(part.parameter);
  if (typeof name === 'object' && part.operation === undefined && /^[A-Za-z_]\w*$/.test(name.text)) {
    return host.state.variable(name.text);
  }
  if (typeof name !== 'object' || /[[]/.test(name.text)) {
    host.opaque(
      'exec',
      part.text,
      'the name it expands may hold a subscript that runs commands',
      host.spanOf(part),
    );
  }
  return 'list';
}

function checkTransform(part: ParameterExpansionPart, host: ExpansionHost): void {
  if (part.operation?.type === 'Transform' && part.operation.operand.text.includes('P')) {
    host.opaque('exec', part.text, '@P runs the commands that the value holds', host.spanOf(part));
  }
}

function operate(
  part: ParameterExpansionPart,
  value: Expanded,
  host: ExpansionHost,
  words: WordExpansion,
): Expanded {
  const operation = part.operation;
  if (operation === undefined) return value;
  const text = typeof value === 'object' && 'text' in value ? value.text : null;
  switch (operation.type) {
    case 'Default': {
      const operand = words.single(operation.operand, host);
      const rest: Expanded = operand.known ? { text: operand.text } : 'unknown';
      const quoted = /['"\\~]/.test(operation.operand.text);
      if (operation.operator.endsWith('=') && effectOfVariable(part.parameter, null) !== 'none') {
        host.opaque('exec', part.text, `${part.parameter} changes what programs do`, host.spanOf(part));
      }
      if (operation.operator.endsWith('=') && (text === null || text === ''))
        host.state.assign(part.parameter, 'unknown');
      if (text === null) return value === 'list' ? 'list' : 'unknown';
      // Within double quotes, quotes in the operand mean something else.
      if (quoted) return text === '' || operation.operator.endsWith('+') ? 'unknown' : value;
      const set = operation.operator.startsWith(':') ? text !== '' : true;
      if (operation.operator.endsWith('+')) return set ? rest : { text: '' };
      return set
        ? value
        : operation.operator.endsWith('?')
          ? 'unknown'
          : operation.operator.endsWith('=')
            ? 'unknown'
            : rest;
    }
    case 'Remove': {
      const operand = words.single(operation.operand, host);
      if (text === null || !operand.known || /[*?[\]()\\'"$~]/.test(operation.operand.text)) return 'unknown';
      const suffix = operation.operator[0] === '%';
      if (suffix)
        return {
          text: text.endsWith(operand.text) ? text.slice(0, text.length - operand.text.length) : text,
        };
      return { text: text.startsWith(operand.text) ? text.slice(operand.text.length) : text };
    }
    case 'Slice': {
      words.index(operation.offset, host);
      words.index(operation.length, host);
      const offset = /^\s?(\d+)$/.exec(operation.offset.text);
      const length = operation.length === undefined ? undefined : /^(\d+)$/.exec(operation.length.text);
      if (text === null || offset === null || length === null || /[^\x20-\x7e\t\n]/.test(text))
        return value === 'list' ? 'list' : 'unknown';
      const start = Number(offset[1]);
      return { text: text.slice(start, length === undefined ? undefined : start + Number(length[1])) };
    }
    case 'CaseModification': {
      if (operation.operand !== undefined) words.single(operation.operand, host);
      if (text === null || operation.operand !== undefined || /[^\x20-\x7e\t\n]/.test(text))
        return value === 'list' ? 'list' : 'unknown';
      return { text: changeCase(text, operation.operator) };
    }
    case 'Replace':
      words.single(operation.pattern, host);
      words.single(operation.replacement, host);
      return value === 'list' ? 'list' : 'unknown';
    default:
      visitSubstitutions(operation, host);
      checkTransform(part, host);
      return 'list';
  }
}

function changeCase(text: string, operator: '^' | '^^' | ',' | ',,'): string {
  if (operator === '^^') return text.toUpperCase();
  if (operator === ',,') return text.toLowerCase();
  const first = text.slice(0, 1);
  return (operator === '^' ? first.toUpperCase() : first.toLowerCase()) + text.slice(1);
}
