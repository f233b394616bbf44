/**
 * Whether a branch's name fits a pattern in which `*` stands for anything but `/` and `**` for anything.
 * Takes time in proportion to both lengths: the name comes from outside and must not make matching slow.
 */
export function matchesRef(pattern: string, branch: string): boolean {
  const tokens = pattern.match(/\*+|[^*]/gu) ?? [];
  const letters = Array.from(branch);
  // reachable[i]: the tokens so far can have taken the first i letters.
  let reachable = [true, ...letters.map(() => false)];
  for (const token of tokens) {
    const next = reachable.map(() => false);
    for (const [index, letter] of [null, ...letters].entries()) {
      const before = index > 0 && reachable[index - 1] === true;
      if (!token.startsWith('*')) next[index] = before && letter === token;
      else
        next[index] =
          reachable[index] === true || (next[index - 1] === true && (token !== '*' || letter !== '/'));
    }
    reachable = next;
  }
  return reachable.at(-1) === true;
}
