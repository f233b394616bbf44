/**
 * Whether a branch is one of those listed. `*` stands for anything but `/`, `**` for anything. A detached HEAD
 * (null) has no name, so that only `**` admits it.
 */
export function refAllowed(patterns: readonly string[], branch: string | null): boolean {
  if (branch === null) return patterns.includes('**');
  return patterns.some((pattern) => matches(pattern, branch));
}

/** Follows all ways of matching at once, so that no pattern takes more than pattern × branch steps. */
function matches(pattern: string, branch: string): boolean {
  let reached = new Set([0]);
  for (const [part] of pattern.matchAll(/\*+|[^*]/gsu)) {
    const next = new Set<number>();
    for (const from of reached) {
      if (!part.startsWith('*')) {
        if (branch.startsWith(part, from)) next.add(from + part.length);
        continue;
      }
      const slash = part === '*' ? branch.indexOf('/', from) : -1;
      for (let to = from; to <= (slash === -1 ? branch.length : slash) && !next.has(to); to++) next.add(to);
    }
    reached = next;
  }
  return reached.has(branch.length);
}
