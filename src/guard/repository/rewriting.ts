/** What git makes of a remote's address: `url.<base>.insteadOf` and `url.<base>.pushInsteadOf` (git-config). */

export interface Rule {
  readonly prefix: string;
  readonly base: string;
}

/** The longest prefix wins, the first of equals. Null where no rule applies. */
export function ruleFor<R extends Rule>(url: string, rules: readonly R[]): R | null {
  let best: R | null = null;
  for (const rule of rules) {
    if (url.startsWith(rule.prefix) && (best === null || rule.prefix.length > best.prefix.length))
      best = rule;
  }
  return best;
}

export function rewritten(url: string, rule: Rule | null): string {
  return rule === null ? url : rule.base + url.slice(rule.prefix.length);
}
