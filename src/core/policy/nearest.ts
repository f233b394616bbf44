/** `did you mean "x"?` for a word that is none of those known; null where none is near. */
export function didYouMean(word: string, known: Iterable<string>): string | null {
  if (word.length > 100) return null;
  let best: string | null = null;
  let least = Math.floor(word.length / 3) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least || (distance === least && best === null)) [best, least] = [candidate, distance];
  }
  return best === null ? null : `Did you mean "${best}"?`;
}

/** Levenshtein's distance; anything above `most` is `most + 1`. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? most + 1;
}
