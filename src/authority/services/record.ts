/** What the guard reports becomes entries, as long as the writ that it names lives. */
import type { reportedTypes } from '../../core/api/authority.ts';
import type { Decision } from '../../core/model/decision.ts';
import type { Entry, Json } from '../../core/model/entry.ts';
import { WritError } from '../../core/model/errors.ts';
import { canBecome } from '../../core/model/writ.ts';
import { entry, type AuthorityContext, type AuthorityErrorCode, type WritEnded } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { endWritIn } from './end-writ.ts';
import { existingWrit, liveWrit, writFacts } from './writ.ts';

export interface Reported {
  readonly type: (typeof reportedTypes)[number];
  readonly writ: string;
  readonly session: string;
  readonly command: string | null;
  readonly decision: Decision['decision'] | null;
  readonly data: { readonly [key: string]: Json };
}

/** What has happened must be on record whatever became of the writ since. */
const takenAlways: readonly Reported['type'][] = [
  'execution.process',
  'execution.ended',
  'egress.refused',
  'egress.closed',
  'enforcement.probed',
  'alert',
];

/** A writ that is over with what is reported. */
export interface Closing {
  readonly writ: string;
  readonly reason: string;
}

/**
 * All of it or nothing.
 * @returns the entries' indexes in the log
 * @throws WritError `writ_unknown`, `writ_ended`, `execution_ended`; then nothing may run
 */
export async function record(
  context: AuthorityContext,
  reports: readonly Reported[],
  close: Closing | null = null,
): Promise<readonly number[]> {
  const ends = reports.filter(({ type }) => type === 'execution.ended').map(({ session }) => session);
  for (const session of ends) await assertNotOnLog(context, session);
  const claimed: string[] = [];
  try {
    const { value: ended, indexes } = await context.store.commit(async (unit) => {
      for (const session of ends) {
        if (!context.endedSessions.add(session)) throw endedTwice(session);
        claimed.push(session);
      }
      for (const report of reports) unit.append(await reportedEntry(context, unit, report));
      return close === null ? null : closeIn(context, unit, close);
    });
    if (ended !== null) context.events.emit('ended', ended);
    return indexes;
  } catch (error) {
    for (const session of claimed) context.endedSessions.delete(session);
    throw error;
  }
}

/** One that had ended before stays as it was. */
async function closeIn(
  context: AuthorityContext,
  unit: Unit,
  { writ: id, reason }: Closing,
): Promise<WritEnded | null> {
  const writ = await existingWrit(unit, id);
  const ending = { state: 'closed', by: 'guard', reason } as const;
  return canBecome(writ.state, 'closed') ? endWritIn(context, unit, writ, ending) : null;
}

/** @throws WritError `writ_unknown`, `writ_ended` */
export async function reportedEntry(context: AuthorityContext, unit: Unit, report: Reported): Promise<Entry> {
  const { type, session, command, decision, data } = report;
  const writ = takenAlways.includes(type)
    ? await existingWrit(unit, report.writ)
    : await liveWrit(context, unit, report.writ);
  return entry(context, type, { ...writFacts(writ), session, command, decision, data });
}

/** Ends of long ago. Those that are being committed right now are told by `endedSessions`. */
async function assertNotOnLog(context: AuthorityContext, session: string): Promise<void> {
  const [end] = await context.store.log.entries({ session, types: ['execution.ended'], limit: 1 });
  if (end !== undefined) throw endedTwice(session);
}

function endedTwice(session: string): WritError<AuthorityErrorCode> {
  return new WritError('execution_ended', `the end of the session ${session} is on record already`);
}
