/** Writs end: closed by the guard, revoked by people, expired by time. Whoever listens kills what runs. */
import { WritError } from '../../core/model/errors.ts';
import { canBecome, type Writ } from '../../core/model/writ.ts';
import { decidePersonAction } from '../../core/policy/person.ts';
import {
  currentBundle,
  entry,
  requireReason,
  type AuthorityContext,
  type AuthorityErrorCode,
  type WritEnded,
} from '../context.ts';
import type { Unit } from '../store/port.ts';

const entryTypes = { closed: 'writ.closed', expired: 'writ.expired', revoked: 'writ.revoked' } as const;

/** Closing a writ that has ended already changes nothing: the guard may say so late. */
export async function closeWrit(context: AuthorityContext, id: string, reason: string): Promise<void> {
  await end(context, id, 'closed', 'guard', reason);
}

/** @throws WritError `not_permitted`, `reason_missing`, `writ_unknown`, `writ_ended` */
export async function revokeWrit(
  context: AuthorityContext,
  person: string,
  id: string,
  why: string,
): Promise<void> {
  const reason = requireReason(why);
  const writ = await existingWrit(context, id);
  const { claims } = writ;
  const task = {
    ...claims,
    repository: claims.repository.remote,
    branch: claims.repository.branch,
    proof: claims.repository.proof,
  };
  const ruling = decidePersonAction(currentBundle(context), person, { action: 'revokeWrit', task });
  if (ruling.decision !== 'allow') {
    throw new WritError<AuthorityErrorCode>(
      'not_permitted',
      ruling.reason,
      ruling.advice === null ? {} : { hint: ruling.advice },
    );
  }
  if (!(await end(context, id, 'revoked', person, reason))) throw endedFault(await existingWrit(context, id));
}

/** Ends every writ whose time is over. */
export async function expireWrits(context: AuthorityContext): Promise<void> {
  const now = context.clock();
  for (const writ of await context.store.writs({ states: ['issued', 'active'] })) {
    if (writ.claims.expiresAt <= now)
      await end(context, writ.claims.id, 'expired', 'authority', 'its time was over');
  }
}

export async function activateWrit(context: AuthorityContext, id: string): Promise<Writ> {
  await existingWrit(context, id);
  const { value } = await context.store.commit(async (unit) => {
    const writ = await unit.writ(id);
    if (writ === null || !isLive(context, writ)) throw endedFault(writ);
    if (writ.state === 'active') return writ;
    const active: Writ = { ...writ, state: 'active' };
    await unit.updateWrit(active, 'issued');
    unit.append(entry(context, 'writ.activated', writFacts(writ)));
    return active;
  });
  return value;
}

async function end(
  context: AuthorityContext,
  id: string,
  state: WritEnded['state'],
  by: string,
  reason: string,
): Promise<boolean> {
  const { value } = await context.store.commit(async (unit) => {
    const writ = await unit.writ(id);
    // It may have been renewed since the sweep saw it.
    const renewed = state === 'expired' && (writ?.claims.expiresAt ?? 0) > context.clock();
    return writ !== null && canBecome(writ.state, state) && !renewed
      ? endWritIn(context, unit, writ, state, by, reason)
      : null;
  });
  if (value !== null) context.events.emit('ended', value);
  return value !== null;
}

/** Within somebody else's transaction; whoever commits it tells the listeners. */
export async function endWritIn(
  context: AuthorityContext,
  unit: Unit,
  writ: Writ,
  state: WritEnded['state'],
  by: string,
  reason: string,
): Promise<WritEnded> {
  const ended = { by, reason, at: context.clock() };
  await unit.updateWrit({ ...writ, state, ended }, writ.state);
  const person = state === 'revoked' ? by : writ.claims.requester;
  unit.append(entry(context, entryTypes[state], { ...writFacts(writ), person, data: { by, reason } }));
  return { writ: writ.claims.id, state, reason };
}

export function writFacts({ claims }: Writ) {
  return {
    assistant: claims.assistant,
    repository: claims.repository.remote,
    writ: claims.id,
    person: claims.requester,
  };
}

export function isLive(context: AuthorityContext, writ: Writ): boolean {
  return (writ.state === 'issued' || writ.state === 'active') && writ.claims.expiresAt > context.clock();
}

/** @throws WritError `writ_unknown` */
export async function existingWrit(context: AuthorityContext, id: string): Promise<Writ> {
  const writ = await context.store.writ(id);
  if (writ !== null) return writ;
  throw new WritError<AuthorityErrorCode>('writ_unknown', 'there is no such writ', {
    hint: 'List them with: writ list --all',
  });
}

export function endedFault(writ: Writ | null): WritError<AuthorityErrorCode> {
  const how = writ?.ended
    ? `${writ.state} by ${writ.ended.by}: ${writ.ended.reason}`
    : 'over, its time has run out';
  return new WritError('writ_ended', `the writ ${writ?.claims.id ?? ''} is ${how}`, {
    hint: 'Ask for a new one with: writ issue',
  });
}
