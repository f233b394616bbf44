import { WritError } from '../../core/model/errors.ts';
import { entry, requireReason, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import { requireMayEnd } from './revoke-writ.ts';
import { existingWrit, writFacts } from './writ.ts';

/**
 * A person ends what runs in one session, who could also revoke its writ. That stays: others may work under it.
 * @throws WritError `session_unknown`, `execution_ended`, `not_permitted`, `reason_missing`
 */
export async function killSession(
  context: AuthorityContext,
  person: string,
  session: string,
  why: string,
): Promise<void> {
  const reason = requireReason(why);
  const { log } = context.store;
  const types = ['execution.started', 'execution.ended'] as const;
  const [last] = await log.entries({ session, types, order: 'newest-first', limit: 1 });
  if (last === undefined || last.entry.writ === null) {
    throw new WritError<AuthorityErrorCode>('session_unknown', 'no such session ever ran anything', {
      hint: 'List what runs with: writ log search --type execution.started',
    });
  }
  const { type, writ: id, command } = last.entry;
  if (type === 'execution.ended')
    throw new WritError<AuthorityErrorCode>('execution_ended', `the session ${session} has ended already`);
  const writ = await existingWrit(context.store, id);
  await requireMayEnd(context, person, writ, reason);
  await context.store.commit((unit) => {
    const facts = { ...writFacts(writ), person, session, command };
    unit.append(entry(context, 'execution.killed', { ...facts, data: { by: person, reason } }));
  });
  context.events.emit('killed', { session, reason: `${person} ended it: ${reason}` });
}
