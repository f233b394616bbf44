/** Leases are queued for revocation in the transaction that ends what they belong to; `settle-leases.ts` drains it. */
import { WritError } from '../../core/model/errors.ts';
import { revoking, type Lease } from '../../core/model/lease.ts';
import { decidePersonAction } from '../../core/policy/person.ts';
import { currentBundle, requireReason, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import type { LeaseFilter, Unit } from '../store/port.ts';
import { existingLease, leaseEntry, taskOf } from './lease.ts';
import { existingWrit } from './writ.ts';

interface Why {
  /** Person, or the part of Writ that ends it. */
  readonly by: string;
  readonly reason: string;
}

/** Within somebody else's transaction. */
export async function revokeLeasesIn(
  context: AuthorityContext,
  unit: Unit,
  of: Pick<LeaseFilter, 'writ' | 'session'>,
  why: Why,
): Promise<number> {
  const live = await unit.leases({ ...of, states: ['requested', 'issued'] });
  for (const lease of live) await revokeLeaseIn(context, unit, lease, why);
  return live.length;
}

export async function revokeLeaseIn(
  context: AuthorityContext,
  unit: Unit,
  lease: Lease,
  { by, reason }: Why,
): Promise<boolean> {
  const queued = revoking(lease, by, reason, context.clock());
  if (queued === lease || !(await unit.updateLease(queued, lease.state))) return false;
  unit.append(leaseEntry(context, 'lease.revoking', queued, { by, reason }));
  return true;
}

/** What a session was lent ends with it, even where its writ goes on. Nothing to end is no fault. */
export async function releaseLeases(
  context: AuthorityContext,
  session: string,
  reason: string,
): Promise<number> {
  const why = { by: 'guard', reason };
  const { value } = await context.store.commit((unit) => revokeLeasesIn(context, unit, { session }, why));
  return value;
}

/** @param guard that has just started: nobody holds any more what its sessions were lent before */
export async function revokeLostLeases(context: AuthorityContext, guard: string): Promise<void> {
  const { store } = context;
  const live = await store.leases({ states: ['requested', 'issued'] });
  for (const session of new Set(live.map((lease) => lease.session))) {
    const [started] = await store.log.entries({ session, types: ['execution.started'], limit: 1 });
    if (started?.entry.data['guard'] !== guard) continue;
    const why = { by: 'guard', reason: 'Writ was killed while it was lent' };
    await store.commit((unit) => revokeLeasesIn(context, unit, { session }, why));
  }
}

/**
 * By a person who may revoke its writ. Whoever tried and may not is on record.
 * @throws WritError `lease_unknown`, `lease_ended`, `reason_missing`, `not_permitted`
 */
export async function revokeLease(
  context: AuthorityContext,
  person: string,
  id: string,
  why: string,
): Promise<Lease> {
  const reason = requireReason(why);
  const { value } = await context.store.commit(async (unit) => {
    const lease = await existingLease(unit, id);
    const task = taskOf(await existingWrit(unit, lease.writ));
    const ruling = decidePersonAction(currentBundle(context), person, { action: 'revokeWrit', task });
    if (ruling.decision !== 'allow') {
      const { decision, policies, reason: refusal } = ruling;
      const data = { asked: 'revocation', why: reason, reason: refusal, policies };
      unit.append({ ...leaseEntry(context, 'lease.refused', lease, data), person, decision });
      return new WritError<AuthorityErrorCode>('not_permitted', refusal);
    }
    if (await revokeLeaseIn(context, unit, lease, { by: person, reason })) return existingLease(unit, id);
    return new WritError<AuthorityErrorCode>('lease_ended', `the lease ${id} is ${lease.state} already`);
  });
  if (value instanceof WritError) throw value;
  return value;
}
