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
): Promise<{ readonly bundle: Bundle; readonly task: Task }> {
  const folder = choice.policy ?? readConfiguration(locateHome(process.env))?.governance;
  const files = folder === undefined ? stockStart() : readGovernance(resolve(folder));
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
  const repository = await identity(choice.repo, Object.keys(organisation.repositories));
  return {
    bundle,
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
function stockStart(): Record<string, string> {
  const person = { person: 'you', name: 'You', login: currentLogin(), sshKeys: [] };
  return startingGovernance(
    { ...person, trustDomain: 'writ.local', remote: unregistered, registries: {} },
    stockGovernance(),
  );
}

async function identity(
  directory: string | undefined,
  known: readonly string[],
): Promise<Pick<Task, 'repository' | 'branch' | 'proof'>> {
  try {
    const { remote, branch, proof } = await repositoryHere(resolve(directory ?? '.'));
    return { repository: remote, branch, proof };
  } catch {
    return { repository: known[0] ?? unregistered, branch: null, proof: 'claimed' };
  }
}
