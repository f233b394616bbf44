/** What has no width or no ink, or turns the direction of what follows, spelled out for whoever reads it. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Line breaks and tabs too: what is shown in several lines spells each line. */
export function spellUnseen(text: string): string {
  return text.replaceAll(unseen, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
