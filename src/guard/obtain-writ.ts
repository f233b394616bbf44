import type { OpenSessionRequest } from '../core/api/guard.ts';
import type { WritRefusal } from '../core/api/session.ts';
import { WritError } from '../core/model/errors.ts';
import type { RepositoryIdentity, Writ } from '../core/model/writ.ts';
import { registered, type Organisation } from '../core/policy/organisation.ts';
import type { GuardRecord, WritRequest } from './authority-port.ts';
import { enforcementReached } from './enforcement.ts';
import type { Guard } from './guard.ts';
import type { Place } from './place.ts';
import { identifyRepository } from './repository/identify.ts';

export interface Obtained {
  /** Without a signature where it is a draft. */
  readonly writ: Writ;
  /** What is still to be issued, with the first that happens under it. */
  readonly draft: WritRequest | null;
}

/**
 * A new writ, or the one that was named if it is live and made for exactly this place.
 * @param drafts a new one may be a draft: its issue is then on record in one transaction with what it is for
 */
export async function obtainWrit(
  guard: Guard,
  request: OpenSessionRequest,
  place: Place,
  drafts: boolean,
): Promise<Obtained | { readonly refusal: WritRefusal }> {
  if (request.writ !== null)
    return { writ: await verified(guard, await existingWrit(guard, request.writ, place)), draft: null };
  const { organisation } = await guard.bundle();
  const wanted: WritRequest = {
    assistant: request.assistant ?? assistantOf(request, organisation),
    profile: request.profile ?? organisation.execution.profile,
    job: request.job,
    repository: identityOf(place.repository),
    enforcement: enforcementReached(guard.machine),
    taskKey: guard.taskKeys.create(),
    activate: true,
  };
  const drafted = drafts ? await guard.authority.draftWrit(wanted) : null;
  if (drafted !== null && 'claims' in drafted) {
    const { claims } = drafted;
    return { writ: { claims, state: 'active', signature: '', renewals: 0, ended: null }, draft: wanted };
  }
  // What is refused is issued all the same, so that the refusal is on record.
  const issued = await guard.authority.issueWrit(wanted);
  if ('refusal' in issued) return { refusal: await explained(guard, wanted.profile, issued.refusal) };
  return { writ: await verified(guard, issued.writ), draft: null };
}

/**
 * Issues a draft, together with what happens first under it.
 * @throws WritError `writ_changed` where another would be granted by now; nothing is on record then
 */
export async function issueDrafted(
  guard: Guard,
  { claims }: Writ,
  draft: WritRequest,
  records: readonly GuardRecord[],
): Promise<{ readonly writ: Writ } | { readonly refusal: WritRefusal }> {
  const { id, requester, policyVersion } = claims;
  const issued = await guard.authority.issueDrafted({ ...draft, id, requester, policyVersion }, records);
  if ('refusal' in issued) return { refusal: await explained(guard, draft.profile, issued.refusal) };
  return { writ: await verified(guard, issued.writ) };
}

/** Whoever is refused for want of enforcement learns what this machine lacks. */
async function explained(guard: Guard, profile: string, refusal: WritRefusal): Promise<WritRefusal> {
  const { machine } = guard;
  const { organisation } = await guard.bundle();
  const demanded = registered(organisation.profiles, profile)?.enforcement ?? 0;
  const reached = enforcementReached(machine);
  if (machine.confinement.kind === 'namespaces' || demanded <= reached) return refusal;
  const { message, hint } = machine.confinement.refusal;
  return {
    ...refusal,
    advice: `This machine reaches level ${reached} of the ${demanded} asked for: ${message}. ${hint ?? ''}`,
  };
}

/** The signature is what grants; what stands beside it only repeats it. */
async function verified(guard: Guard, writ: Writ): Promise<Writ> {
  return { ...writ, claims: await guard.writKeys.verify(writ.signature, guard.clock()) };
}

/** What the writ binds; where its git directories lie is the guard's own affair. */
function identityOf(repository: RepositoryIdentity): RepositoryIdentity {
  const { remote, commit, branch, worktree, worktreeId, proof, proven } = repository;
  return { remote, commit, branch, worktree, worktreeId, proof, proven };
}

/** `writ run -- claude` acts as the registered assistant of that name. */
function assistantOf(request: OpenSessionRequest, organisation: Organisation): string {
  const program = request.argv[0]?.split('/').at(-1) ?? '';
  const isRegistered = Object.hasOwn(organisation.assistants, program);
  return request.kind === 'run' && isRegistered ? program : organisation.execution.assistant;
}

async function existingWrit(guard: Guard, id: string, place: Place): Promise<Writ> {
  const writ = await guard.authority.writ(id);
  const { remote, worktree, worktreeId, commit } = writ.claims.repository;
  const samePlace = worktreeId === place.repository.worktreeId && remote === place.repository.remote;
  if (!samePlace || !(await continuesFrom(guard, place, commit))) {
    throw new WritError(
      'writ_elsewhere',
      `the writ ${id} is for ${remote} in ${worktree}, from commit ${commit ?? 'none'} on`,
      {
        hint: 'A writ serves one worktree, and work that builds on its commit. Ask for a new one with: writ issue',
      },
    );
  }
  if (writ.claims.enforcement > enforcementReached(guard.machine)) {
    throw new WritError(
      'enforcement_unreached',
      `the writ ${id} states enforcement level ${writ.claims.enforcement}, which this machine does not reach`,
      { hint: 'See what it lacks with: writ doctor. Ask for a new writ here with: writ issue' },
    );
  }
  return writ.state === 'issued' ? guard.authority.activateWrit(id) : writ;
}

/** The task's own commits build on the one that the writ names; another history is other work. */
async function continuesFrom(guard: Guard, place: Place, commit: string | null): Promise<boolean> {
  if (commit === null || commit === place.repository.commit) return true;
  const { organisation } = await guard.bundle();
  const { continues } = await identifyRepository(place.directory, organisation.repositories, {
    since: commit,
  });
  return continues;
}
