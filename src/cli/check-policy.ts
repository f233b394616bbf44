/** The policy and the task that `writ check` decides with, without a running Writ. */
import { resolve } from 'node:path';
import type { EnforcementLevel } from '../core/model/decision.ts';
import { WritError } from '../core/model/errors.ts';
import { loadBundle, type Bundle } from '../core/policy/bundle.ts';
import type { Task } from '../core/policy/decide.ts';
import { personByLogin } from '../core/policy/organisation.ts';
import { startingGovernance } from '../core/policy/start.ts';
import { readConfiguration } from './configuration.ts';
import { readGovernance, stockGovernance } from './governance.ts';
import { locateHome } from './home.ts';
import { currentLogin } from './people.ts';
import type { IdentifiedRepository } from '../guard/repository/identify.ts';
import { repositoryHere } from './repository-here.ts';

interface Choice {
  readonly policy?: string;
  readonly repo?: string;
  readonly profile?: string;
  readonly assistant?: string;
}

/** Stands for a repository that nobody has registered yet. */
const unregistered = 'localhost/unregistered';

/** @throws WritError `policy_unsound`, `profile_unknown`, `assistant_unknown` */
export async function bundleForCheck(
  choice: Choice,
  enforcement: EnforcementLevel,
): Promise<{ readonly bundle: Bundle; readonly task: Task; readonly worktree: string | null }> {
  const folder = choice.policy ?? readConfiguration(locateHome(process.env))?.governance;
  const here = await identityOf(choice.repo ?? '.');
  const files =
    folder === undefined ? stockStart(here?.remote ?? unregistered) : readGovernance(resolve(folder));
  const bundle = soundBundle(files, folder);
  const { organisation } = bundle;
  const profile = choice.profile ?? organisation.execution.profile;
  if (!Object.hasOwn(organisation.profiles, profile)) {
    throw new WritError('profile_unknown', `there is no profile called ${profile}`, {
      hint: `There are: ${Object.keys(organisation.profiles).join(', ')}`,
    });
  }
  const assistant = choice.assistant ?? organisation.execution.assistant;
  const requester =
    personByLogin(organisation, currentLogin()) ?? Object.keys(organisation.people)[0] ?? 'nobody';
  const repository = registeredIdentity(
    here,
    Object.keys(organisation.repositories),
    choice.repo !== undefined,
  );
  return {
    bundle,
    worktree: here?.worktree ?? null,
    task: { id: 'check', assistant, requester, job: null, profile, ...repository, enforcement },
  };
}

function soundBundle(files: Readonly<Record<string, string>>, folder: string | undefined): Bundle {
  const { bundle, problems } = loadBundle(files, stockGovernance());
  if (bundle !== null) return bundle;
  const first = problems.find((problem) => problem.severity === 'error');
  throw new WritError('policy_unsound', first?.message ?? 'the policy cannot be loaded', {
    hint: `See all faults with: writ policy check ${folder ?? ''}`,
    ...(first === undefined ? {} : { place: first.place }),
  });
}

/** Where nothing is set up yet, the stock policies decide, as they would after `writ init`. */
function stockStart(remote: string): Record<string, string> {
  const person = { person: 'you', name: 'You', login: currentLogin(), sshKeys: [] };
  return startingGovernance(
    { ...person, trustDomain: 'writ.local', remote, registries: {}, private: {} },
    stockGovernance(),
  );
}

/** Null where there is no repository that can be identified. */
async function identityOf(directory: string): Promise<IdentifiedRepository | null> {
  return repositoryHere(resolve(directory)).catch((error: unknown) => {
    if (error instanceof WritError) return null;
    throw error;
  });
}

/** A repository that was named is taken as it is; else one of the organisation's, since the question is the command. */
function registeredIdentity(
  here: IdentifiedRepository | null,
  known: readonly string[],
  named: boolean,
): Pick<Task, 'repository' | 'branch' | 'proof'> {
  const usable = here !== null && (named || known.includes(here.remote));
  if (usable) return { repository: here.remote, branch: here.branch, proof: here.proof };
  return { repository: known[0] ?? unregistered, branch: null, proof: 'claimed' };
}
