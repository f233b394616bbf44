/** Drains the queue of revocations: again and again until the upstream confirms, across restarts. */
import { retryAfterMs, settledAt, type Lease, type Revocation } from '../../core/model/lease.ts';
import { unseal } from '../brokers/seal.ts';
import type { AuthorityContext } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { askUpstream, brokerOf, existingLease, leaseEntry, settingsOf, upstreamFault } from './lease.ts';
import { revokeLeaseIn } from './revoke-leases.ts';

const revokeWithinMs = 15_000;
/** From then on a revocation that does not succeed is an alert. */
const lateAfterMs = 30_000;
const mostAtOnce = 64;
/** In one transaction, which must not keep others waiting; the next pass takes more. */
const mostExpired = 500;

/** One pass. Resolves when every attempt that it began has ended. */
export async function settleLeases(context: AuthorityContext, busy: Set<string>): Promise<void> {
  await endOverdue(context);
  const due = await context.store.leases({
    states: ['revoking'],
    due: context.clock(),
    limit: mostAtOnce + busy.size,
  });
  const free = due.filter(({ id }) => !busy.has(id)).slice(0, mostAtOnce);
  await Promise.all(
    free.map(async (lease) => {
      busy.add(lease.id);
      try {
        await attempt(context, lease);
      } finally {
        busy.delete(lease.id);
      }
    }),
  );
}

/** Whose time is over, and those whose issue never came to an end: the process that asked has died. */
async function endOverdue(context: AuthorityContext): Promise<void> {
  const states = ['requested', 'issued'] as const;
  const over = await context.store.leases({ states, due: context.clock(), limit: mostExpired });
  if (over.length === 0) return;
  await context.store.commit(async (unit) => {
    for (const { id } of over) {
      const lease = await existingLease(unit, id); // a renewal or another end may have come first
      if (lease.state === 'issued' && lease.expiresAt <= context.clock()) {
        if (brokerOf(context, lease).endsByItself) await expireIn(context, unit, lease);
        else await revokeLeaseIn(context, unit, lease, { by: 'authority', reason: 'its time was over' });
      } else if (lease.state === 'requested' && settledAt(lease) <= context.clock()) {
        const reason = 'its issue was never confirmed';
        await revokeLeaseIn(context, unit, lease, { by: 'authority', reason });
      }
    }
  });
}

async function expireIn(context: AuthorityContext, unit: Unit, lease: Lease): Promise<void> {
  const expired: Lease = { ...lease, state: 'expired' };
  if (!(await unit.updateLease(expired, lease.state))) return;
  unit.append(leaseEntry(context, 'lease.expired', expired, { expiresAt: lease.expiresAt }));
}

async function attempt(context: AuthorityContext, lease: Lease): Promise<void> {
  const began = context.clock();
  let fault: string | null = null;
  try {
    const { sealingKey } = context.leasing;
    const unsealed = lease.sealed === null ? null : unseal(sealingKey, lease.id, lease.sealed);
    await askUpstream(context, lease.writ, revokeWithinMs, (upstream) =>
      brokerOf(context, lease).revoke(settingsOf(lease), lease, unsealed, upstream),
    );
  } catch (error) {
    fault = upstreamFault(error);
  }
  await context.store.commit(async (unit) => {
    const known = await existingLease(unit, lease.id);
    if (known.state !== 'revoking' || known.revocation === null) return;
    if (fault !== null) await putOff(context, unit, known, known.revocation, fault);
    else await confirm(context, unit, known, known.revocation, began);
  });
}

async function confirm(
  context: AuthorityContext,
  unit: Unit,
  lease: Lease,
  revocation: Revocation,
  began: number,
): Promise<void> {
  const attempts = revocation.attempts + 1;
  const settled = settledAt(lease);
  if (began < settled) {
    // The upstream may still do what it was asked before this attempt.
    await unit.updateLease({ ...lease, revocation: { ...revocation, nextAttemptAt: settled } }, 'revoking');
    return;
  }
  const confirmedAt = context.clock();
  const revoked: Lease = {
    ...lease,
    state: 'revoked',
    sealed: null,
    revocation: { ...revocation, attempts, confirmedAt },
  };
  await unit.updateLease(revoked, 'revoking');
  const { by, reason, since } = revocation;
  const data = { by, reason, attempts, afterMs: confirmedAt - since };
  unit.append(leaseEntry(context, 'lease.revoked', revoked, data));
}

async function putOff(
  context: AuthorityContext,
  unit: Unit,
  lease: Lease,
  revocation: Revocation,
  fault: string,
): Promise<void> {
  const now = context.clock();
  const attempts = revocation.attempts + 1;
  if (brokerOf(context, lease).endsByItself && lease.expiresAt <= now) {
    const ended = { ...revocation, attempts, fault, confirmedAt: now };
    await expireIn(context, unit, { ...lease, sealed: null, revocation: ended });
    return;
  }
  const late = now - revocation.since >= lateAfterMs;
  const spread = (context.random(1)[0] ?? 0) / 255;
  const nextAttemptAt = now + retryAfterMs(attempts, spread);
  const again: Revocation = { ...revocation, attempts, fault, nextAttemptAt, late: revocation.late || late };
  await unit.updateLease({ ...lease, revocation: again }, 'revoking');
  if (!late || revocation.late) return;
  const { by, reason, since } = revocation;
  const data = { kind: 'revocation-late', by, reason, attempts, fault, sinceMs: now - since };
  unit.append(leaseEntry(context, 'alert', lease, data));
}
