/**
 * What a guard had running when it was killed died with it. When that guard starts again, the log says so, and the
 * writs that were those sessions' own are closed.
 */
import type { Entry } from '../../core/model/entry.ts';
import type { Writ } from '../../core/model/writ.ts';
import { entry, type AuthorityContext } from '../context.ts';
import { endWritIn } from './end-writ.ts';
import { liveStates, writFacts } from './writ.ts';

const reason = 'Writ was killed while the command ran';

/** @param guard that has just started, and so runs nothing */
export async function endLostSessions(context: AuthorityContext, guard: string): Promise<void> {
  for (const writ of await context.store.writs({ states: liveStates })) {
    const lost = await sessionsWithoutEnd(context, writ, guard);
    if (lost.length === 0) continue;
    const own = lost.some(({ data }) => data['ownsWrit'] === true);
    const { value: ended } = await context.store.commit(async (unit) => {
      for (const { session, command } of lost) {
        const data = { outcome: 'lost', exitCode: null, signal: null, reason };
        unit.append(entry(context, 'execution.ended', { ...writFacts(writ), session, command, data }));
      }
      return own ? endWritIn(context, unit, writ, { state: 'closed', by: 'guard', reason }) : null;
    });
    if (ended !== null) context.events.emit('ended', ended);
  }
}

async function sessionsWithoutEnd(
  { store }: AuthorityContext,
  { claims }: Writ,
  guard: string,
): Promise<readonly Entry[]> {
  const types = ['execution.started', 'execution.ended'] as const;
  const entries = (await store.log.entries({ writ: claims.id, types, limit: 10_000 })).map(
    (one) => one.entry,
  );
  const ended = new Set(
    entries.filter(({ type }) => type === 'execution.ended').map(({ session }) => session),
  );
  return entries.filter(
    ({ type, session, data }) =>
      type === 'execution.started' && data['guard'] === guard && !ended.has(session),
  );
}
