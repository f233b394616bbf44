/**
 * Brace expansion as Bash does it: on the raw text of a word, before anything else, quotes left in place.
 * Null where the result is too large or the braces hold what would need a parser to see through.
 */
import { limits } from './limits.ts';

export function mayHaveBraces(raw: string): boolean {
  return raw.includes('{') && /\{.*(,|\.\.)/s.test(raw);
}

export function expandBraces(raw: string): readonly string[] | null {
  if (/[`]|[$<>]\(|[?*+@!]\(|\$\[|\\\n/.test(raw)) return null;
  // A `${` inside of braces is skipped by Bash in ways that differ between its versions.
  if (raw.includes('${') && raw.replace(/\$\{[A-Za-z_]\w*\}/g, '').includes('${')) return null;
  const budget = { words: limits.braceWords, text: limits.value };
  return expand(raw, budget, 0);
}

interface Budget {
  words: number;
  text: number;
}

function expand(raw: string, budget: Budget, depth: number): readonly string[] | null {
  if (depth > limits.depth) return null;
  for (let open = findOpen(raw, 0); open !== -1; open = findOpen(raw, open + 1)) {
    const close = findClose(raw, open);
    if (close === -1) continue;
    const body = raw.slice(open + 1, close);
    const members = splitMembers(body);
    let middles: readonly string[] | null;
    if (members.length > 1) {
      const expanded: string[] = [];
      for (const member of members) {
        const words = expand(member, budget, depth + 1);
        if (words === null) return null;
        expanded.push(...words);
      }
      middles = expanded;
    } else {
      const sequence = expandSequence(body);
      if (sequence === null) return null;
      if (sequence === undefined) {
        // Not an expansion itself; what it holds and what follows may be one.
        if (body.includes('{') || /(,|\.\.).*\}/s.test(raw.slice(close + 1))) return null;
        continue;
      }
      middles = sequence;
    }
    const rest = expand(raw.slice(close + 1), budget, depth + 1);
    if (rest === null) return null;
    const words: string[] = [];
    for (const middle of middles) {
      for (const tail of rest) {
        const word = raw.slice(0, open) + middle + tail;
        budget.words -= 1;
        budget.text -= word.length;
        if (budget.words < 0 || budget.text < 0) return null;
        words.push(word);
      }
    }
    return words;
  }
  return [raw];
}

/** Escaped, quoted, or `${name}`, to its end or that of the word. */
const quoted = /\\.?|\$'(?:\\.|[^'\\])*'?|'[^']*'?|"(?:\\.|[^"\\])*"?|\$\{[^}]*\}?/sy;

/** The last place of what is quoted from `at` on; `at` itself where nothing is. */
function skipQuoted(raw: string, at: number): number {
  quoted.lastIndex = at;
  return quoted.test(raw) ? quoted.lastIndex - 1 : at;
}

function findOpen(raw: string, from: number): number {
  for (let at = from; at < raw.length; at += 1) {
    const end = skipQuoted(raw, at);
    if (end !== at) at = end;
    else if (raw[at] === '{') return at;
  }
  return -1;
}

function findClose(raw: string, open: number): number {
  let depth = 0;
  for (let at = open; at < raw.length; at += 1) {
    const end = skipQuoted(raw, at);
    if (end !== at) {
      at = end;
      continue;
    }
    if (raw[at] === '{') depth += 1;
    else if (raw[at] === '}') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function splitMembers(body: string): readonly string[] {
  const members: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < body.length; at += 1) {
    const end = skipQuoted(body, at);
    if (end !== at) {
      at = end;
      continue;
    }
    const char = body[at];
    if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
    else if (char === ',' && depth === 0) {
      members.push(body.slice(start, at));
      start = at + 1;
    }
  }
  members.push(body.slice(start));
  return members;
}

/** `1..5`, `01..10..2`, `a..e`; undefined if it is no sequence, null if it is too long or odd. */
function expandSequence(body: string): readonly string[] | null | undefined {
  if (!body.includes('..')) return undefined;
  const numbers = /^(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.([+-]?\d{1,9}))?$/.exec(body);
  if (numbers !== null) return numericSequence(numbers[1] ?? '', numbers[2] ?? '', numbers[3]);
  const letters = /^(?:[a-z]\.\.[a-z]|[A-Z]\.\.[A-Z])$/.test(body);
  // Anything else with dots in it: stay on the safe side of Bash's finer rules.
  if (!letters) return null;
  return range(body.charCodeAt(0), body.charCodeAt(3), 1).map((code) => String.fromCharCode(code));
}

function numericSequence(first: string, last: string, by: string | undefined): readonly string[] | null {
  const from = Number(first);
  const to = Number(last);
  const step = Math.max(1, Math.abs(Number(by ?? 1)));
  if (Math.abs(to - from) / step > limits.braceWords) return null;
  const padded = /^-?0\d/.test(first) || /^-?0\d/.test(last);
  if (padded && /-/.test(first + last)) return null;
  const width = padded ? Math.max(first.length, last.length) : 0;
  return range(from, to, step).map((number) => String(number).padStart(width, '0'));
}

function range(from: number, to: number, step: number): readonly number[] {
  const length = Math.floor(Math.abs(to - from) / step) + 1;
  return Array.from({ length }, (_, index) => from + Math.sign(to - from) * step * index);
}
