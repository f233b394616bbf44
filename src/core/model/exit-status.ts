/** Exit statuses that scripts rely on. A governed command's own status passes through unchanged. */
import type { Verdict } from './decision.ts';

export const exit = { done: 0, failed: 1, usage: 2, denied: 3, stepUp: 4, unverified: 5 } as const;

export const exitOfVerdict: Readonly<Record<Verdict, number>> = {
  allow: exit.done,
  deny: exit.denied,
  'step-up': exit.stepUp,
};
