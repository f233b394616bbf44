/** Cedar's `like`: what a pattern says of a text, for attributes that policies look at in no other way. */

/** Texts that come in this order, with anything between them; a pattern without a wildcard has one. */
export type LikePattern = readonly string[];

/** @param elements as in a policy's JSON form; null for anything else */
export function likePattern(elements: unknown): LikePattern | null {
  if (!Array.isArray(elements)) return null;
  const texts = [''];
  for (const element of elements as readonly unknown[]) {
    if (element === 'Wildcard') texts.push('');
    else if (isLiteral(element)) texts[texts.length - 1] += element.Literal;
    else return null;
  }
  return texts;
}

function isLiteral(element: unknown): element is { readonly Literal: string } {
  return (
    typeof element === 'object' &&
    element !== null &&
    'Literal' in element &&
    typeof element.Literal === 'string'
  );
}

/** In time linear in the text for each part of the pattern: the first place that fits leaves most room for the rest. */
export function isLike(pattern: LikePattern, text: string): boolean {
  const [first = '', ...others] = pattern;
  const last = others.pop();
  if (last === undefined) return text === first;
  const end = text.length - last.length;
  if (!text.startsWith(first) || end < first.length || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
