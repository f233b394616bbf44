/** A writ ends once: closed by the guard, revoked by people or policy, expired by time. Listeners kill what runs. */
import { canBecome, type Writ } from '../../core/model/writ.ts';
import { entry, type AuthorityContext, type WritEnded } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { revokeLeasesIn } from './revoke-leases.ts';
import { existingWrit, writFacts } from './writ.ts';

const entryTypes = { closed: 'writ.closed', expired: 'writ.expired', revoked: 'writ.revoked' } as const;

export interface Ending {
  readonly state: WritEnded['state'];
  /** Person, or the part of Writ that ended it. */
  readonly by: string;
  /** The person if it was one: the entry is theirs then, and the requester's otherwise. */
  readonly person?: string;
  readonly reason: string;
}

/** Closing a writ that has ended already changes nothing: the guard may say so late. @throws WritError `writ_unknown` */
export async function closeWrit(context: AuthorityContext, id: string, reason: string): Promise<void> {
  await endWrit(context, id, { state: 'closed', by: 'guard', reason });
}

/** False when it had ended before. @throws WritError `writ_unknown` */
export async function endWrit(context: AuthorityContext, id: string, ending: Ending): Promise<boolean> {
  const { value: ended } = await context.store.commit(async (unit) => {
    const writ = await existingWrit(unit, id);
    return canBecome(writ.state, ending.state) ? endWritIn(context, unit, writ, ending) : null;
  });
  if (ended !== null) context.events.emit('ended', ended);
  return ended !== null;
}

/** Within somebody else's transaction; whoever commits it tells the listeners. */
export async function endWritIn(
  context: AuthorityContext,
  unit: Unit,
  writ: Writ,
  { state, by, reason, person = writ.claims.requester }: Ending,
): Promise<WritEnded> {
  await unit.updateWrit({ ...writ, state, ended: { by, reason, at: context.clock() } }, writ.state);
  unit.append(entry(context, entryTypes[state], { ...writFacts(writ), person, data: { by, reason } }));
  const why = `the writ is ${state}: ${reason}`;
  await revokeLeasesIn(context, unit, { writ: writ.claims.id }, { by, reason: why });
  return { writ: writ.claims.id, state, reason };
}
