/** The keys that SVIDs are signed with: made, published, used and dropped as their schedule says, on record. */
import { signerCertificate } from '../../core/identity/certificate.ts';
import { trustDomainId } from '../../core/identity/spiffe-id.ts';
import {
  planRotation,
  statedKeys,
  svidKeyUses,
  type StatedKey,
  type SvidKey,
  type SvidKeyUse,
} from '../../core/identity/svid-keys.ts';
import { WritError } from '../../core/model/errors.ts';
import { currentBundle, entry, type AuthorityContext, type AuthorityErrorCode } from '../context.ts';

/** A CA's certificate begins a little before its key does: clocks differ. ms */
const backdate = 60_000;
/** How much longer than its period a key could be used, were nobody there to rotate it. */
const longestUse = 3;

/** Of the trust domain in force. */
export function keysInForce(context: AuthorityContext): readonly SvidKey[] {
  const { trustDomain } = currentBundle(context).organisation;
  return context.identity.keys.filter((key) => key.trustDomain === trustDomain);
}

/** In all their states, oldest first. */
export function listKeys(context: AuthorityContext): readonly StatedKey[] {
  const keys = keysInForce(context);
  return svidKeyUses.flatMap((use) => statedKeys(keys, use, context.identity.schedule, context.clock()));
}

/** Of them, those that this authority can sign with. */
function keysHere(context: AuthorityContext): readonly SvidKey[] {
  return keysInForce(context).filter(({ holder }) => holder === context.identity.holder);
}

/** The one that signs now. */
export async function activeKey(context: AuthorityContext, use: SvidKeyUse): Promise<SvidKey> {
  await rotateByTime(context);
  const stated = statedKeys(keysHere(context), use, context.identity.schedule, context.clock());
  const active = stated.find(({ state }) => state === 'active');
  if (active !== undefined) return active;
  throw new WritError<AuthorityErrorCode>('key_missing', 'there is no key to sign with yet');
}

/** Takes over what was stored; a key whose private half was here and is gone signs no more and is dropped. */
export async function restoreKeys(context: AuthorityContext): Promise<void> {
  const { holder: here, keyStore } = context.identity;
  const [stored, held] = [await context.store.svidKeys(), new Set(await keyStore.list())];
  const lost = stored.filter(({ kid, holder }) => holder === here && !held.has(kid));
  for (const key of lost) await drop(context, key, 'its private half is not in the key store');
  context.identity.keys = stored.filter((key) => !lost.includes(key));
}

/** Sees what other authorities on the same database have made and dropped. */
export function refreshKeys(context: AuthorityContext): Promise<void> {
  return inTurn(context, async () => {
    context.identity.keys = await context.store.svidKeys();
  });
}

/** Does what time demands; mostly nothing. */
export function rotateByTime(context: AuthorityContext): Promise<void> {
  // Nothing to do but to see the one under way through; how it fails is told to whoever asked for it.
  if (!isDue(context)) return context.identity.rotation.catch(() => {});
  return inTurn(context, () => performRotation(context));
}

/**
 * A new key of the use now; it signs once it has been published long enough for everybody to have seen it. One that
 * waits already is not doubled.
 */
export async function rotateNow(
  context: AuthorityContext,
  use: SvidKeyUse,
  person: string,
): Promise<readonly StatedKey[]> {
  await rotateByTime(context);
  await inTurn(context, async () => {
    const { schedule } = context.identity;
    const stated = statedKeys(keysHere(context), use, schedule, context.clock());
    if (stated.some(({ state }) => state === 'next')) return;
    await create(context, use, context.clock() + schedule.refresh, person);
  });
  return listKeys(context);
}

/** One change of the keys after the other, each from what the last one left. */
function inTurn(context: AuthorityContext, work: () => Promise<void>): Promise<void> {
  const { identity } = context;
  identity.rotation = afterwards(identity.rotation, work);
  return identity.rotation;
}

async function afterwards(before: Promise<void>, work: () => Promise<void>): Promise<void> {
  // Whoever asked for that one was told how it failed.
  await before.catch(() => {});
  await work();
}

function isDue(context: AuthorityContext): boolean {
  const { schedule } = context.identity;
  if (ofAnotherDomain(context).length > 0) return true;
  const keys = keysHere(context);
  return svidKeyUses.some((use) => {
    const { createFor, drop: over } = planRotation(keys, use, schedule, context.clock());
    return createFor !== null || over.length > 0;
  });
}

async function performRotation(context: AuthorityContext): Promise<void> {
  const { schedule } = context.identity;
  for (const key of ofAnotherDomain(context)) {
    await drop(context, key, 'the trust domain has another name now');
  }
  for (const use of svidKeyUses) {
    const plan = planRotation(keysHere(context), use, schedule, context.clock());
    if (plan.createFor !== null) await create(context, use, plan.createFor, null);
    for (const key of keysHere(context).filter(({ kid }) => plan.drop.includes(kid))) {
      await drop(context, key, 'nothing that it signed is valid any more');
    }
  }
}

async function create(
  context: AuthorityContext,
  use: SvidKeyUse,
  activeFrom: number,
  person: string | null,
): Promise<void> {
  const { keyStore, schedule } = context.identity;
  const { trustDomain } = currentBundle(context).organisation;
  const { kid, publicKey } = await keyStore.create();
  const notAfter = activeFrom + longestUse * schedule.period;
  const certificate =
    use === 'jwt-svid'
      ? null
      : await signerCertificate(
          {
            id: trustDomainId(trustDomain),
            name: signerName(kid),
            publicKey,
            notBefore: context.clock() - backdate,
            notAfter,
            serial: context.random(16),
          },
          (message) => keyStore.sign(kid, message),
        );
  const key: SvidKey = {
    kid,
    use,
    trustDomain,
    holder: context.identity.holder,
    publicKey,
    createdAt: context.clock(),
    activeFrom,
    notAfter,
    certificate: certificate?.toString('base64') ?? null,
  };
  await context.store.commit(async (unit) => {
    await unit.insertSvidKey(key);
    unit.append(entry(context, 'key.created', { person, data: { kid, use, trustDomain, activeFrom } }));
  });
  context.identity.keys = [...context.identity.keys, key];
}

/** Made here, before the trust domain was renamed. */
function ofAnotherDomain(context: AuthorityContext): readonly SvidKey[] {
  const { trustDomain } = currentBundle(context).organisation;
  const { keys, holder } = context.identity;
  return keys.filter((key) => key.holder === holder && key.trustDomain !== trustDomain);
}

/** Out of what is published first, then destroyed. */
async function drop(context: AuthorityContext, { kid, use }: SvidKey, reason: string): Promise<void> {
  await context.store.commit(async (unit) => {
    await unit.removeSvidKey(kid);
    unit.append(entry(context, 'key.removed', { data: { kid, use, reason } }));
  });
  context.identity.keys = context.identity.keys.filter((key) => key.kid !== kid);
  await context.identity.keyStore.remove(kid);
}

/** Of a CA, as subject and issuer: each key its own, so that chains are built without guessing. */
export function signerName(kid: string): string {
  return `Writ CA ${kid.slice(0, 16)}`;
}
