/** A task's identity documents: issued under a live writ alone, on record before they exist, for minutes. */
import { svidCertificate } from '../../core/identity/certificate.ts';
import { ecThumbprint, type EcPublicJwk } from '../../core/identity/ec-key.ts';
import { signJwt } from '../../core/identity/jwt.ts';
import { jwtSvidClaims, jwtSvidType } from '../../core/identity/jwt-svid.ts';
import { assistantId, taskId } from '../../core/identity/spiffe-id.ts';
import type { JwtSvid, Workload, X509Svid } from '../../core/model/svid.ts';
import type { Json } from '../../core/model/entry.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Writ } from '../../core/model/writ.ts';
import { exchangedAudience } from '../../core/policy/credentials.ts';
import {
  currentBundle,
  entry,
  issuerOf,
  type AuthorityContext,
  type AuthorityErrorCode,
} from '../context.ts';
import { activeKey, signerName } from './signing-keys.ts';
import { endedFault, isOver, existingWrit, writFacts } from './writ.ts';

/** Clocks differ: a certificate is valid a little before it was made. ms */
const backdate = 10_000;

export interface JwtSvidRequest {
  readonly writ: string;
  readonly audience: readonly string[];
  /** Who asked, as the guard attested them; null where it asks for itself. */
  readonly workload: Workload | null;
  /** For upstreams that know none but lasting subjects. */
  readonly subject?: 'assistant' | undefined;
}

export interface X509SvidRequest {
  readonly writ: string;
  readonly publicKey: EcPublicJwk;
  readonly workload: Workload | null;
}

/** @throws WritError `writ_unknown`, `writ_ended`, `writ_not_active`, `task_audience_refused` */
export async function issueJwtSvid(
  context: AuthorityContext,
  { writ: id, audience, workload, subject }: JwtSvidRequest,
): Promise<JwtSvid> {
  if (workload !== null) assertNotExchanged(context, audience);
  const { kid } = await activeKey(context, 'jwt-svid');
  const jti = Buffer.from(context.random(16)).toString('base64url');
  const { writ, expiresAt } = await recordIssue(context, id, { kind: 'jwt-svid', audience, jti }, workload);
  const { trustDomain } = currentBundle(context).organisation;
  const facts = { issuer: issuerOf(context), trustDomain, audience, jti, now: context.clock(), expiresAt };
  const task = jwtSvidClaims(writ.claims, facts);
  const claims = subject === undefined ? task : { ...task, sub: assistantId(trustDomain, task.assistant) };
  const svid = await signJwt(jwtSvidType, claims, kid, (message) =>
    context.identity.keyStore.sign(kid, message),
  );
  return { id: claims.sub, svid, expiresAt };
}

/**
 * For the key that the writ was issued for, and no other.
 * @throws WritError `writ_unknown`, `writ_ended`, `writ_not_active`, `task_key_mismatch`
 */
export async function issueX509Svid(
  context: AuthorityContext,
  { writ: id, publicKey, workload }: X509SvidRequest,
): Promise<X509Svid> {
  const signer = await activeKey(context, 'x509-svid');
  const serial = context.random(16);
  const thumbprint = ecThumbprint(publicKey);
  const facts = { kind: 'x509-svid', taskKey: thumbprint, serial: Buffer.from(serial).toString('hex') };
  const { writ, expiresAt } = await recordIssue(context, id, facts, workload, thumbprint);
  const { trustDomain } = currentBundle(context).organisation;
  const spiffeId = taskId(trustDomain, writ.claims.assistant, id);
  const certificate = await svidCertificate(
    {
      id: spiffeId,
      name: id,
      publicKey,
      notBefore: context.clock() - backdate,
      notAfter: expiresAt,
      serial,
      signer: { name: signerName(signer.kid), publicKey: signer.publicKey },
    },
    (message) => context.identity.keyStore.sign(signer.kid, message),
  );
  return { id: spiffeId, certificate: certificate.toString('base64'), expiresAt };
}

/** With such a token the task itself would be given what a credential gives, without its limits and its end. */
function assertNotExchanged(context: AuthorityContext, audience: readonly string[]): void {
  const credentials = Object.values(currentBundle(context).organisation.credentials);
  const taken = audience.find((one) => credentials.some((given) => exchangedAudience(given) === one));
  if (taken === undefined) return;
  throw new WritError<AuthorityErrorCode>(
    'task_audience_refused',
    `tokens for ${taken} are exchanged by Writ: use the credential instead`,
  );
}

/** Before anything is signed: what could not be recorded is not issued. */
async function recordIssue(
  context: AuthorityContext,
  id: string,
  facts: { readonly [key: string]: Json },
  workload: Workload | null,
  taskKey?: string,
): Promise<{ readonly writ: Writ; readonly expiresAt: number }> {
  const { value } = await context.store.commit(async (unit) => {
    const writ = await existingWrit(unit, id);
    assertActive(context, writ);
    if (taskKey !== undefined && taskKey !== writ.claims.taskKey) throw keyMismatch(id);
    const { svidTtl } = currentBundle(context).organisation.limits;
    // A whole second, as tokens and certificates say it; not one more than the writ lives.
    const until = Math.min(context.clock() + svidTtl, writ.claims.expiresAt);
    const expiresAt = Math.floor(until / 1000) * 1000;
    const data = { ...facts, expiresAt, workload: workload === null ? null : { ...workload } };
    unit.append(entry(context, 'identity.issued', { ...writFacts(writ), data }));
    return { writ, expiresAt };
  });
  return value;
}

function assertActive(context: AuthorityContext, writ: Writ): void {
  if (writ.state === 'active' && !isOver(context, writ)) return;
  if (writ.state !== 'issued') throw endedFault(writ);
  throw new WritError<AuthorityErrorCode>('writ_not_active', 'nothing runs under this writ yet');
}

function keyMismatch(id: string): WritError<AuthorityErrorCode> {
  return new WritError('task_key_mismatch', `the writ ${id} was issued for another key`);
}
