import type { AuthorityContext, WritEnded } from '../context.ts';
import { endWritIn } from './end-writ.ts';
import { existingWrit, isOver, liveStates } from './writ.ts';

/** In one transaction, which must not keep others waiting; the next sweep takes more. */
const mostAtOnce = 500;

/** Ends the writs whose time is over. */
export async function expireWrits(context: AuthorityContext): Promise<void> {
  const live = await context.store.writs({ states: liveStates });
  const over = live.filter((writ) => isOver(context, writ)).slice(0, mostAtOnce);
  if (over.length === 0) return;
  const { value: ended } = await context.store.commit(async (unit) => {
    const all: WritEnded[] = [];
    for (const { claims } of over) {
      // A renewal that was under way, or another end, may have come first.
      const writ = await existingWrit(unit, claims.id);
      if (!liveStates.includes(writ.state) || !isOver(context, writ)) continue;
      const ending = { state: 'expired', by: 'authority', reason: 'its time was over' } as const;
      all.push(await endWritIn(context, unit, writ, ending));
    }
    return all;
  });
  for (const one of ended) context.events.emit('ended', one);
}
