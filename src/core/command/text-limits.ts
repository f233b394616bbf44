/** Whether a text is small and plain enough to hand to the parser. One pass, no allocation. */
import { limits } from './limits.ts';
import type { RiskKind } from './risk.ts';

export function tooComplex(text: string): { readonly kind: RiskKind; readonly message: string } | null {
  if (text.length > limits.text)
    return { kind: 'too-long', message: `the text is longer than ${limits.text} characters` };
  if (text.length < limits.hereDocuments) return null;
  let tokens = 0;
  let documents = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    // Letters, digits and most of what stands in words costs the parser next to nothing.
    if (char > 62 && char !== 96 && char < 123 && char !== 91 && char !== 92) continue;
    if (char >= 48 && char <= 59 && char !== 59) continue;
    tokens += 1;
    if (char === 60 && text.charCodeAt(at + 1) === 60) documents += 1;
  }
  if (tokens > limits.tokens)
    return { kind: 'too-long', message: 'the text has too many words and operators to be followed' };
  if (documents > limits.hereDocuments)
    return { kind: 'too-many', message: `more than ${limits.hereDocuments} here-documents` };
  // A keyword of the grammar that the parser reads by recursion without a limit of its own.
  if ((text.match(/\bcoproc\b/g)?.length ?? 0) > limits.depth)
    return { kind: 'too-deep', message: 'too many nested coprocesses' };
  return null;
}
