/**
 * The inline policy of a role that denies everything to sessions that are over, each until its keys would be dead
 * anyway. Whoever reads and writes it does so alone, or else one of two would be lost.
 */
import { z } from 'zod';
import { WritError } from '../../core/model/errors.ts';
import type { CredentialOf } from '../../core/policy/credentials.ts';
import { signPost } from './aws-signature.ts';
import type { Upstream } from './broker.ts';
import { callUpstream, formType, type UpstreamAnswer } from './http.ts';
import { elementOf } from './xml-element.ts';

type Settings = CredentialOf<'aws'>;
type Revocable = Settings & { readonly revocation: NonNullable<Settings['revocation']> };

const policyName = 'WritEndedTasks';
/** Ends are put together, so that the policy is short: IAM takes 10 240 characters. */
const stepSeconds = 300;

const statement = z.object({
  Sid: z.string().regex(/^Until\d+$/),
  Condition: z.object({ StringLike: z.object({ 'aws:userid': z.array(z.string()) }) }),
});
const document = z.object({ Statement: z.array(statement) });

/** By role. */
const underWay = new Map<string, Promise<void>>();

/** @throws WritError `upstream_failed` */
export async function denyEnded(
  settings: Revocable,
  ended: { readonly session: string; readonly until: number },
  upstream: Upstream,
): Promise<void> {
  const before = underWay.get(settings.role) ?? Promise.resolve();
  const done = before.catch(() => undefined).then(() => add(settings, ended, upstream));
  underWay.set(settings.role, done);
  try {
    await done;
  } finally {
    if (underWay.get(settings.role) === done) underWay.delete(settings.role);
  }
}

async function add(
  settings: Revocable,
  { session, until }: { readonly session: string; readonly until: number },
  upstream: Upstream,
): Promise<void> {
  const now = Math.floor(upstream.clock() / 1000);
  const users = new Map<number, readonly string[]>();
  for (const { Sid, Condition } of await denied(settings, upstream)) {
    const end = Number(Sid.slice('Until'.length));
    if (end > now) users.set(end, Condition.StringLike['aws:userid']);
  }
  const end = Math.ceil(until / 1000 / stepSeconds) * stepSeconds;
  const user = `*:${session}`;
  users.set(end, [...new Set([...(users.get(end) ?? []), user])]);
  const answer = await ask(settings, upstream, {
    Action: 'PutRolePolicy',
    PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [...users].map(denial) }),
  });
  if (answer.status !== 200) throw failed('does not take the policy of ended sessions', answer);
}

function denial([end, users]: readonly [number, readonly string[]]) {
  return {
    Sid: `Until${end}`,
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { StringLike: { 'aws:userid': users } },
  };
}

async function denied(
  settings: Revocable,
  upstream: Upstream,
): Promise<z.output<typeof document>['Statement']> {
  const answer = await ask(settings, upstream, { Action: 'GetRolePolicy' });
  if (answer.status === 404) return [];
  if (answer.status !== 200) throw failed('does not give the policy of ended sessions', answer);
  try {
    return document.parse(JSON.parse(decodeURIComponent(elementOf(answer.body, 'PolicyDocument')))).Statement;
  } catch (cause) {
    throw new WritError('upstream_failed', `${policyName} of ${settings.role} is not as Writ writes it`, {
      cause,
    });
  }
}

async function ask(
  { role, revocation: { iam, accessKeyId, secretAccessKey }, ca }: Revocable,
  { secret, clock, signal }: Upstream,
  asked: Readonly<Record<string, string>>,
): Promise<UpstreamAnswer> {
  const url = new URL(iam);
  const form = new URLSearchParams({
    Version: '2010-05-08',
    RoleName: role.slice(role.lastIndexOf('/') + 1),
    PolicyName: policyName,
    ...asked,
  });
  const signer = {
    accessKeyId,
    secretAccessKey: await secret(secretAccessKey),
    region: 'us-east-1',
    service: 'iam',
  };
  const signed = signPost(signer, { url, type: formType, body: form.toString(), now: clock() });
  return callUpstream(url, { method: 'POST', headers: { accept: 'text/xml', ...signed }, form, ca, signal });
}

function failed(what: string, { status }: UpstreamAnswer): WritError {
  return new WritError('upstream_failed', `IAM ${what} (${status})`);
}
