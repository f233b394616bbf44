/** Policy decides each use of what was lent, and each renewal; a change of policy bites at the next one. */
import { WritError } from '../../core/model/errors.ts';
import { issueWithinMs, type Lease } from '../../core/model/lease.ts';
import { decideCredentialUse } from '../../core/policy/credential-use.ts';
import type { PersonRuling } from '../../core/policy/person-ruling.ts';
import { currentBundle, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { leaseEnd } from './issue-lease.ts';
import { evidenceOf } from './lease-approval.ts';
import { askUpstream, brokerOf, leaseEntry, liveLease, settingsOf, taskOf, upstreamFault } from './lease.ts';
import { liveWrit } from './writ.ts';

/**
 * On record before the use.
 * @throws WritError `lease_unknown`, `lease_ended`, `writ_ended`, `not_permitted`
 */
export async function useLease(context: AuthorityContext, id: string): Promise<void> {
  const { value } = await context.store.commit(async (unit) => {
    const { lease, ruling } = await decideUse(context, unit, id);
    if (ruling.decision !== 'allow') return refuse(context, unit, lease, ruling, 'use');
    unit.append(leaseEntry(context, 'lease.used', lease, { policies: ruling.policies }));
    return null;
  });
  if (value !== null) throw value;
}

/**
 * For as long as the writ lives now, at most. The later end is on record before the upstream knows it.
 * @throws WritError `lease_unknown`, `lease_ended`, `writ_ended`, `not_permitted`, `credential_unavailable`
 */
export async function renewLease(context: AuthorityContext, id: string): Promise<Lease> {
  const { value } = await context.store.commit(async (unit) => {
    const { lease, ruling, writ } = await decideUse(context, unit, id);
    if (brokerOf(context, lease).renew === null) return notRenewed(lease, 'another one is asked for instead');
    if (ruling.decision !== 'allow') return refuse(context, unit, lease, ruling, 'renewal');
    const expiresAt = Math.max(lease.expiresAt, leaseEnd(context, writ.claims, settingsOf(lease).ttl));
    const renewed: Lease = { ...lease, expiresAt };
    await unit.updateLease(renewed, 'issued');
    unit.append(leaseEntry(context, 'lease.renewed', renewed, { expiresAt, policies: ruling.policies }));
    return renewed;
  });
  if (value instanceof WritError) throw value;
  try {
    await askUpstream(
      context,
      value.writ,
      issueWithinMs,
      async (upstream) =>
        await brokerOf(context, value).renew?.(settingsOf(value), value, value.expiresAt, upstream),
    );
  } catch (error) {
    throw notRenewed(value, upstreamFault(error));
  }
  return value;
}

async function decideUse(context: AuthorityContext, unit: Unit, id: string) {
  const lease = await liveLease(context, unit, id);
  const writ = await liveWrit(context, unit, lease.writ);
  const ruling = decideCredentialUse(
    currentBundle(context),
    taskOf(writ),
    lease.credential,
    evidenceOf(lease),
    context.clock(),
  );
  return { lease, writ, ruling };
}

function refuse(
  context: AuthorityContext,
  unit: Unit,
  lease: Lease,
  { decision, policies, missing, reason, advice }: PersonRuling,
  asked: 'use' | 'renewal',
): WritError<AuthorityErrorCode> {
  const refused = leaseEntry(context, 'lease.refused', lease, { asked, policies, missing, reason });
  unit.append({ ...refused, decision });
  return new WritError('not_permitted', reason, advice === null ? {} : { hint: advice });
}

function notRenewed(lease: Lease, why: string): WritError<AuthorityErrorCode> {
  return new WritError('credential_unavailable', `the lease ${lease.id} is not renewed: ${why}`);
}
