/** Tokens that serve no more before their time is over. Remembered until they expire, and not longer. */
import type { AuthorityContext } from '../context.ts';

const forgetEveryMs = 60_000;
const lastForgotten = new WeakMap<AuthorityContext, number>();

/** Now and then. */
export async function forgetSpentTokens(context: AuthorityContext): Promise<void> {
  const now = context.clock();
  if (now - (lastForgotten.get(context) ?? 0) < forgetEveryMs) return;
  lastForgotten.set(context, now);
  await context.store.commit((unit) => unit.forgetSpent(now));
}

export function spentSvid(jti: string): string {
  return `token ${jti}`;
}

export function spentAssertion(client: string, jti: string): string {
  return `assertion ${client} ${jti}`;
}
