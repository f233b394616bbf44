/** Characters in a command that do not show, or make it show as something else. */
import type { Risk } from './risk.ts';

const names: readonly (readonly [first: number, last: number, name: string])[] = [
  [0x00, 0x00, 'NUL'],
  [0x01, 0x07, 'control character'],
  [0x08, 0x08, 'backspace'],
  [0x0b, 0x0c, 'vertical tab or form feed'],
  [0x0d, 0x0d, 'carriage return'],
  [0x0e, 0x1a, 'control character'],
  [0x1b, 0x1b, 'escape (starts terminal control sequences)'],
  [0x1c, 0x1f, 'control character'],
  [0x7f, 0x7f, 'delete'],
  [0x80, 0x9f, 'C1 control character'],
  [0xa0, 0xa0, 'no-break space'],
  [0xad, 0xad, 'soft hyphen'],
  [0x034f, 0x034f, 'combining grapheme joiner'],
  [0x061c, 0x061c, 'Arabic letter mark'],
  [0x115f, 0x1160, 'Hangul filler'],
  [0x17b4, 0x17b5, 'Khmer inherent vowel'],
  [0x180b, 0x180f, 'Mongolian variation selector'],
  [0x2000, 0x200a, 'unusual space'],
  [0x200b, 0x200b, 'zero-width space'],
  [0x200c, 0x200d, 'zero-width joiner'],
  [0x200e, 0x200f, 'direction mark'],
  [0x2028, 0x2029, 'line or paragraph separator'],
  [0x202a, 0x202e, 'bidirectional override'],
  [0x202f, 0x202f, 'narrow no-break space'],
  [0x205f, 0x205f, 'mathematical space'],
  [0x2060, 0x2064, 'word joiner or invisible operator'],
  [0x2066, 0x2069, 'bidirectional isolate'],
  [0x206a, 0x206f, 'deprecated format character'],
  [0x2800, 0x2800, 'blank Braille pattern'],
  [0x3000, 0x3000, 'ideographic space'],
  [0x3164, 0x3164, 'Hangul filler'],
  [0xd800, 0xdfff, 'lone surrogate'],
  [0xfe00, 0xfe0f, 'variation selector'],
  [0xfeff, 0xfeff, 'zero-width no-break space'],
  [0xffa0, 0xffa0, 'halfwidth Hangul filler'],
  [0xff01, 0xff5e, 'fullwidth form, which looks like an ASCII character'],
  [0xfff9, 0xfffb, 'interlinear annotation'],
  [0x1d400, 0x1d7ff, 'mathematical letter, which looks like an ASCII character'],
  [0xe0000, 0xe007f, 'tag character'],
  [0xe0100, 0xe01ef, 'variation selector'],
];

const plain = /^[\t\n\x20-\x7e]*$/;
const suspicious = new RegExp(
  `[${names.map(([first, last]) => `${escaped(first)}-${escaped(last)}`).join('')}]`,
  'gu',
);

function escaped(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

/** Characters that make a text show as another one: controls, directions, and what has no width or no ink. */
const deceptive =
  /[\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{7f}-\u{9f}\u{61c}\u{115f}\u{1160}\u{200b}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{2800}\u{3000}\u{3164}\u{feff}\u{ffa0}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]|\r(?!\n|$)/u;

/** Whether what a person sees of the text need not be what runs. */
export function isDeceptive(text: string): boolean {
  return !plain.test(text) && deceptive.test(text);
}

/** Letters of different alphabets within one word, as in `раypal`. */
const mixedAlphabets =
  /[A-Za-z][\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]|[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}][A-Za-z]/u;
/** Blanks that push the rest of a line out of sight. */
const padding = /\S[ \t]{40,}(?=\S)/;
const longestLine = 1_000;

/** What is out of sight in a text of plain characters: risks, none where all shows. */
function findOutOfSight(text: string): readonly Risk[] {
  if (text.length < 40) return [];
  const risks: Risk[] = [];
  const pushed = padding.exec(text);
  if (pushed !== null)
    risks.push({
      kind: 'hidden-text',
      message: 'many blanks push the rest of a line out of sight',
      span: { start: pushed.index, end: pushed.index + pushed[0].length },
    });
  let start = 0;
  while (text.length - start > longestLine) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    if (stop - start > longestLine) {
      const message = `a line is ${stop - start} characters long: its end may be out of sight`;
      risks.push({ kind: 'hidden-text', message, span: { start, end: stop } });
      break;
    }
    start = stop + 1;
  }
  return risks;
}

/** At most 23 risks, one for each kind of character and of hiding, at its first place. */
export function findHiddenText(text: string): readonly Risk[] {
  const outOfSight = findOutOfSight(text);
  return plain.test(text) ? outOfSight : [...findHiddenCharacters(text), ...outOfSight];
}

function findHiddenCharacters(text: string): readonly Risk[] {
  const risks = new Map<string, Risk>();
  const mixed = mixedAlphabets.exec(text);
  if (mixed !== null)
    risks.set('mixed', {
      kind: 'hidden-text',
      message: `one word has letters of several alphabets, which look alike: ${mixed[0]}`,
      span: { start: mixed.index, end: mixed.index + mixed[0].length },
    });
  let matches = 0;
  for (const match of text.matchAll(suspicious)) {
    matches += 1;
    if (risks.size >= 20 || matches > 2_000) break;
    const code = match[0].codePointAt(0) ?? 0;
    const name = names.find(([first, last]) => code >= first && code <= last)?.[2] ?? 'format character';
    if (risks.has(name)) continue;
    const notation = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    risks.set(name, {
      kind: 'hidden-text',
      message: `the text holds characters that do not show as what they are: ${name} (${notation})`,
      span: { start: match.index, end: match.index + match[0].length },
    });
  }
  return [...risks.values()];
}
