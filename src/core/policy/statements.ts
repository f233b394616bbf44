/** Cuts Cedar text into its statements, so that each fault is reported, and in its place. */

/** One `permit` or `forbid` with its annotations. `offset` is where it begins in the file, UTF-16. */
export interface Statement {
  readonly offset: number;
  readonly text: string;
}

/** Strings and `//` comments may hold anything; a `;` elsewhere ends a statement. */
const token = /"(?:[^"\\]+|\\[\s\S])*"?|\/\/[^\n]*|[^"/;]+|[/;]/gu;

export function splitStatements(text: string): Statement[] {
  const statements: Statement[] = [];
  let start: number | null = null;
  for (const { 0: part, index } of text.matchAll(token)) {
    if (start === null) {
      if (part.startsWith('//') || part.trim() === '') continue;
      start = index + (part.length - part.trimStart().length);
    }
    if (part !== ';') continue;
    statements.push({ offset: start, text: text.slice(start, index + 1) });
    start = null;
  }
  if (start !== null) statements.push({ offset: start, text: text.slice(start) });
  return statements;
}

const deepest = 30;
const mostOperators = 400;
const longest = 64 * 1024;
const structure = /"(?:[^"\\]+|\\[\s\S])*"?|\/\/[^\n]*|[([{]|[)\]}]|\bif\b|&&|\|\||[-+*.!<>=]/gu;

/**
 * Cedar's parser and validator recurse; beyond these bounds they would exhaust the stack of the WebAssembly
 * instance, which cannot be trusted afterwards. Real policies stay far below.
 */
export function tooComplex(statement: string): string | null {
  if (statement.length > longest) return `a policy is at most ${longest / 1024} KiB long`;
  let depth = 0;
  let operators = 0;
  for (const [part] of statement.matchAll(structure)) {
    if (part.startsWith('"') || part.startsWith('//')) continue;
    if ('([{'.includes(part)) depth += 1;
    else if (')]}'.includes(part)) depth -= 1;
    else operators += 1;
    if (depth > deepest) return `a policy nests at most ${deepest} brackets`;
    if (operators > mostOperators) return `a policy has at most ${mostOperators} operators`;
  }
  return null;
}

/** Cedar counts bytes of UTF-8, we count UTF-16 units. */
export function fromByteOffset(text: string, bytes: number): number {
  return new TextDecoder(undefined, { ignoreBOM: true }).decode(
    new TextEncoder().encode(text).subarray(0, bytes),
  ).length;
}
