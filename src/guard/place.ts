/** Where a command is asked for: the repository, how far that is proven, and what it will see there. */
import { join } from 'node:path';
import type { AnalysisContext } from '../core/command/analyze.ts';
import type { Writ } from '../core/model/writ.ts';
import type { Bundle } from '../core/policy/bundle.ts';
import type { Task } from '../core/policy/decide.ts';
import { identifyRepository, type IdentifiedRepository } from './repository/identify.ts';
import { linksBelow } from './repository/links.ts';
import { sandboxHome } from './sandbox/environment.ts';

export interface Place {
  readonly repository: IdentifiedRepository;
  /** Real path of the directory, inside the worktree. */
  readonly directory: string;
  readonly context: AnalysisContext;
}

/** @param governance folder that the policy in force is read from */
export async function identifyHere(directory: string, bundle: Bundle, governance: string): Promise<Place> {
  const repository = await identifyRepository(directory, bundle.organisation.repositories);
  const real = join(repository.worktree, repository.subdirectory);
  return {
    repository,
    directory: real,
    context: {
      cwd: real,
      repository: repository.worktree,
      home: sandboxHome,
      governance,
      links: linksBelow(repository.worktree),
    },
  };
}

/** Who acts, for policy. */
export function describeTask(writ: Writ, place: Place): Task {
  const { claims } = writ;
  return {
    id: claims.id,
    assistant: claims.assistant,
    requester: claims.requester,
    job: claims.job,
    profile: claims.profile,
    repository: claims.repository.remote,
    branch: place.repository.branch,
    proof: claims.repository.proof,
    enforcement: claims.enforcement,
  };
}
