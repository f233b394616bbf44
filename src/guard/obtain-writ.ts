import type { OpenSessionRequest } from '../core/api/guard.ts';
import type { WritRefusal } from '../core/api/session.ts';
import { WritError } from '../core/model/errors.ts';
import type { RepositoryIdentity, Writ } from '../core/model/writ.ts';
import type { Organisation } from '../core/policy/organisation.ts';
import type { Guard } from './guard.ts';
import type { Place } from './place.ts';

/** What this guard's sandbox reaches: each command is confined, its processes are not decided one by one. */
const enforcement = 2;

/** A new writ, or the one that was named if it is live and made for exactly this place. */
export async function obtainWrit(
  guard: Guard,
  request: OpenSessionRequest,
  place: Place,
): Promise<{ readonly writ: Writ } | { readonly refusal: WritRefusal }> {
  if (request.writ !== null) return { writ: await existingWrit(guard, request.writ, place) };
  const { organisation } = await guard.bundle();
  const issued = await guard.authority.issueWrit({
    assistant: request.assistant ?? assistantOf(request, organisation),
    profile: request.profile ?? organisation.execution.profile,
    job: request.job,
    repository: identityOf(place.repository),
    enforcement,
    taskKey: guard.newTaskKey(),
  });
  if ('refusal' in issued) return issued;
  return { writ: await guard.authority.activateWrit(issued.writ.claims.id) };
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
  const { repository } = writ.claims;
  const sameFolder = repository.worktreeId === place.repository.worktreeId;
  if (
    !sameFolder ||
    repository.remote !== place.repository.remote ||
    repository.commit !== place.repository.commit
  ) {
    throw new WritError(
      'writ_elsewhere',
      `the writ ${id} is for ${repository.remote} at ${repository.worktree}, commit ${repository.commit ?? 'none'}`,
      {
        hint: 'A writ serves one repository at one commit. Ask for a new one with: writ issue',
      },
    );
  }
  return writ.state === 'issued' ? guard.authority.activateWrit(id) : writ;
}
