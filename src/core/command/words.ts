/**
 * Static expansion of words. A field is `known` only if Bash would give exactly that word; everything
 * else stays unknown. Nested commands are handed to the host, wherever in a word they stand.
 */
import { parse, type Assignment, type DoubleQuotedChild, type Word, type WordPart } from 'unbash';
import type { Span } from '../model/operation.ts';
import { arithmeticNodes } from './arithmetic.ts';
import { expandBraces, mayHaveBraces } from './braces.ts';
import type { ExpansionHost } from './expansion-host.ts';
import { literal, unknown, type Field } from './field.ts';
import type { WordExpansion } from './parameters.ts';
import { visitSubstitutions } from './substitutions.ts';
import { hasInnerTilde, WordBuilder, type ExpansionMode } from './word-builder.ts';

export function expandWord(word: Word, mode: ExpansionMode, host: ExpansionHost): readonly Field[] {
  const raw = word.text;
  const span = host.spanOf(word);
  if (host.state.posix && (mayHaveBraces(raw) || raw.includes("$'") || raw.includes('$"'))) {
    for (const part of word.parts ?? []) visitSubstitutions(part, host);
    return [unknown(raw, span, '', true)];
  }
  if (mode === 'argument' && mayHaveBraces(raw)) {
    const braced = expandBracedWord(word, raw, span, host);
    if (braced !== null) return braced;
  }
  const { parts } = word;
  if (raw.includes('\\\n') && /[$~]/.test(raw)) {
    // A continued line may join a name that the parser sees in two: `$a\⏎b` is `$ab`.
    for (const part of parts ?? []) visitSubstitutions(part, host);
    return [unknown(raw, span, '', true)];
  }
  if (parts === undefined && raw.charCodeAt(0) !== 126 /* ~ */ && !hasInnerTilde(raw)) {
    return host.state.oddExpansion && word.value !== raw ? [unknown(raw, span)] : [literal(word.value, span)];
  }
  const builder = new WordBuilder(raw, span, mode, host, wordExpansion);
  if (parts === undefined) builder.plain(raw, word.value, true);
  else parts.forEach((part, index) => builder.part(part, index === 0));
  return builder.fields();
}

const wordExpansion: WordExpansion = { single: expandSingle, index: visitIndex };

/** Exactly one field, whatever it holds. */
export function expandSingle(word: Word, host: ExpansionHost): Field {
  return expandWord(word, 'single', host)[0] ?? literal('', host.spanOf(word));
}

/** `name=value` as the word that a declaration builtin sees; an array's value is unknown. */
export function expandAssignment(node: Assignment, host: ExpansionHost): Field {
  const span = host.spanOf(node);
  visitIndex(node.index, host);
  const head = node.text.slice(0, node.value.pos - node.pos);
  if (node.value.type === 'ArrayValue') {
    for (const element of node.value.elements) expandWord(element, 'argument', host);
    return unknown(node.text, span, head);
  }
  const value = expandSingle(node.value, host);
  if (!value.known || node.index !== undefined) return unknown(node.text, span, head + value.prefix);
  return literal(head + value.text, span);
}

/** The text of a here-document: one field. */
export function expandHereDocument(
  text: string,
  parts: readonly WordPart[] | undefined,
  span: Span,
  host: ExpansionHost,
): Field {
  if (parts === undefined) return literal(text, span);
  const builder = new WordBuilder(text, span, 'single', host, wordExpansion);
  builder.quoted(parts as readonly DoubleQuotedChild[]);
  return builder.fields()[0] ?? literal('', span);
}

/** Follows the commands nested in a subscript, and says so if evaluating it may run others. */
function visitIndex(index: Word | undefined, host: ExpansionHost): void {
  if (index === undefined) return;
  expandWord(index, 'single', host);
  arithmeticNodes(index.text, host, host.spanOf(index));
}

function expandBracedWord(word: Word, raw: string, span: Span, host: ExpansionHost): readonly Field[] | null {
  const words = host.state.oddExpansion ? null : expandBraces(raw);
  if (words === null) {
    for (const part of word.parts ?? []) {
      visitSubstitutions(part, host);
    }
    if (/`|\$\(|[<>]\(|\$\{/.test(raw)) host.opaque('exec', raw, 'the braces hold an expansion', span);
    return [unknown(raw, span, /[\w./@:%+=-]*/.exec(raw)?.[0] ?? '', true)];
  }
  if (words[0] === raw) return null;
  const fields: Field[] = [];
  for (const text of words) {
    const reparsed = text === '' ? [] : reparse(text);
    if (reparsed === null) return [unknown(raw, span, '', true)];
    for (const one of reparsed) {
      const inner: ExpansionHost = {
        state: host.state,
        home: host.home,
        spanOf: () => span,
        substitution: (script, source) => host.substitution(script, source, span),
        opaque: (of, source, reason) => host.opaque(of, source, reason, span),
      };
      const builder = new WordBuilder(raw, span, 'argument', inner, wordExpansion);
      const { parts } = one;
      if (parts === undefined) builder.plain(one.text, one.value, true);
      else parts.forEach((part, index) => builder.part(part, index === 0));
      fields.push(...builder.fields());
    }
  }
  return fields;
}

/** One word of raw text through the parser again; null if it is not exactly one. */
function reparse(raw: string): readonly Word[] | null {
  const command = parse(`: ${raw}`).commands[0]?.command;
  const only = command?.type === 'Command' ? command.suffix[0] : undefined;
  return only?.type === 'Word' && only.text === raw ? [only] : null;
}
