/** A governance folder becomes the policy in force, or is refused whole while the last good one stays. */
import { createHash } from 'node:crypto';
import { loadBundle, type Bundle, type PolicyProblem } from '../../core/policy/bundle.ts';
import { decideCredentialUse } from '../../core/policy/credential-use.ts';
import { decideIssue } from '../../core/policy/issue.ts';
import { entry, type AuthorityContext, type WritEnded } from '../context.ts';
import type { Unit } from '../store/port.ts';
import { endWritIn } from './end-writ.ts';
import { expireApprovalIn, servingStates } from './expire-approvals.ts';
import { modeOf } from './issue-writ.ts';
import { taskOf } from './lease.ts';
import { revokeLeaseIn } from './revoke-leases.ts';
import { existingWrit, liveStates } from './writ.ts';

type Files = Readonly<Record<string, string>>;

export interface Publication {
  readonly outcome: 'published' | 'unchanged' | 'rejected';
  /** Of the policy that is in force afterwards; null when there never was a good one. */
  readonly version: string | null;
  readonly problems: readonly PolicyProblem[];
}

const problemsRecorded = 20;

/** @param by the person, or null when a changed folder was noticed */
export async function publishPolicy(
  context: AuthorityContext,
  files: Files,
  by: string | null,
): Promise<Publication> {
  const { bundle, problems } = loadBundle(files, context.stock);
  const { policy } = context;
  const inForce = policy.bundle?.version ?? null;
  if (bundle === null) {
    await recordRejection(context, files, problems, by);
    policy.problems = problems.length;
    return { outcome: 'rejected', version: inForce, problems };
  }
  policy.problems = 0;
  policy.rejected = null;
  if (bundle.version === inForce) return { outcome: 'unchanged', version: inForce, problems };
  const before = { bundle: policy.bundle, files: policy.files };
  const work = async (unit: Unit) => {
    const { version } = bundle;
    await unit.setCurrentPolicy({ version, files, publishedAt: context.clock() });
    const data = { version, previous: inForce, files: digests(files), warnings: problems.length };
    unit.append(entry(context, 'policy.published', { person: by, data }));
    const ended = await endWritsRefused(context, unit, bundle);
    await revokeLeasesRefused(context, unit, bundle);
    const expired = await expireApprovalsOfOthers(context, unit, version);
    // Works run one after the other: those that come after this one are decided by the new policy.
    Object.assign(policy, { bundle, files });
    return { ended, expired };
  };
  const { value: changes } = await context.store.commit(work).catch(async (error: unknown) => {
    Object.assign(policy, before);
    await restorePolicy(context); // others may have been published meanwhile
    throw error;
  });
  context.events.emit('policy', bundle.version);
  for (const one of changes.ended) context.events.emit('ended', one);
  for (const id of changes.expired) context.events.emit('approval', id);
  return { outcome: 'published', version: bundle.version, problems };
}

/** What was in force when this authority last ran. */
export async function restorePolicy(context: AuthorityContext): Promise<void> {
  const stored = await context.store.currentPolicy();
  if (stored === null) return;
  const { bundle } = loadBundle(stored.files, context.stock);
  context.policy.bundle = bundle;
  context.policy.files = stored.files;
}

/** A writ that the new policy would not issue ends with the old one. */
async function endWritsRefused(context: AuthorityContext, unit: Unit, bundle: Bundle): Promise<WritEnded[]> {
  const ended: WritEnded[] = [];
  for (const writ of await unit.writs({ states: liveStates })) {
    const mode = await modeOf(unit, writ.claims.assistant);
    const ruling = decideIssue(bundle, { ...writ.claims, mode }, [], context.clock());
    if (ruling.decision === 'allow') continue;
    const reason = `the policy has changed: ${ruling.reason}`;
    ended.push(await endWritIn(context, unit, writ, { state: 'revoked', by: 'policy', reason }));
  }
  return ended;
}

/** What the new policy would not lend is taken back; the writ itself may go on. */
async function revokeLeasesRefused(context: AuthorityContext, unit: Unit, bundle: Bundle): Promise<void> {
  for (const lease of await unit.leases({ states: ['requested', 'issued'] })) {
    const task = taskOf(await existingWrit(unit, lease.writ));
    const ruling = decideCredentialUse(bundle, task, lease.credential, [], context.clock());
    if (ruling.decision === 'allow') continue;
    const reason = `the policy has changed: ${ruling.reason}`;
    await revokeLeaseIn(context, unit, lease, { by: 'policy', reason });
  }
}

/** What was signed names its policy version, so that none of it can serve any more. Returns their ids. */
async function expireApprovalsOfOthers(
  context: AuthorityContext,
  unit: Unit,
  version: string,
): Promise<string[]> {
  const serving = await unit.approvals({ states: servingStates });
  const others = serving.filter(({ subject }) => subject.policyVersion !== version);
  for (const approval of others) await expireApprovalIn(context, unit, approval, 'the policy has changed');
  return others.map(({ id }) => id);
}

/** The same broken files are on record once, however often the folder is looked at. */
async function recordRejection(
  context: AuthorityContext,
  files: Files,
  problems: readonly PolicyProblem[],
  by: string | null,
): Promise<void> {
  const told = problems.slice(0, problemsRecorded).map(({ code, message, place }) => ({
    code,
    message: message.slice(0, 300).toWellFormed(),
    place: `${place.file}:${place.line}:${place.column}`,
  }));
  const stays = context.policy.bundle?.version ?? null;
  const data = { stays, files: digests(files), problems: told, count: problems.length };
  const rejected = JSON.stringify(data);
  if (rejected === context.policy.rejected) return;
  await context.store.commit((unit) => {
    unit.append(entry(context, 'policy.rejected', { person: by, data }));
  });
  context.policy.rejected = rejected;
}

/** Lines as sha256sum writes them: a list, since the log shortens lists that are too long for an entry. */
function digests(files: Files): string[] {
  return Object.entries(files).map(
    ([name, text]) => `${createHash('sha256').update(text).digest('hex')}  ${name}`,
  );
}
