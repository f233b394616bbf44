/** From a session to what its launcher needs: the sandbox, and what the guard's services bring into it. */
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { registered, type Profile } from '../core/policy/organisation.ts';
import { WritError } from '../core/model/errors.ts';
import { contributeAssistant } from './assistants/contribute.ts';
import { contributeCredentials } from './credentials/contribute.ts';
import { contributeEgress } from './egress/contribute.ts';
import { contributeIdentity } from './identity/contribute.ts';
import { governanceInView } from './governance-in-view.ts';
import { endNow, type Guard } from './guard.ts';
import { contributeInjection } from './injection/contribute.ts';
import { createCgroups } from './sandbox/cgroup.ts';
import { planRecording, secretsOf } from './recording.ts';
import { buildEnvironment } from './sandbox/environment.ts';
import { inPlaceFiles, makeSurroundings } from './sandbox/in-place.ts';
import { launchSpec, type LaunchSpec } from './sandbox/launch-spec.ts';
import type { Session } from './session.ts';
import { contributeSupervision } from './supervise/contribute.ts';
import { needsTelling } from './task-limits.ts';

const sessionSeconds = 24 * 3600;

export async function prepareLaunch(guard: Guard, session: Session): Promise<LaunchSpec> {
  const { request, place } = session;
  assertStateOutside(guard, place.repository.worktree);
  const { organisation } = await guard.bundle();
  const profile = registered(organisation.profiles, session.writ.claims.profile);
  if (profile === null) throw new WritError('profile_unknown', 'the profile of this writ is no longer there');
  const folder = sessionFolder(guard, session);
  const surroundings = guard.machine.confinement.kind === 'in-place' ? makeSurroundings(folder) : null;
  const injection = await contributeInjection(guard, session, folder);
  const services = [
    await contributeAssistant(guard, session, folder, injection.contribution.environment),
    await contributeIdentity(guard, session, folder),
    await contributeEgress(guard, session, folder, injection.terminate),
    injection.contribution, // whom it has programs trust outdoes the machine
    await contributeCredentials(guard, session, folder),
  ];
  const gitDirectories = gitDirectoriesOutside(session);
  const repository = [place.repository.worktree, ...gitDirectories];
  const extraBinds = [...guard.toolchain.binds, ...services.flatMap(({ binds }) => binds)];
  const inPlace =
    surroundings === null ? null : inPlaceFiles(guard.machine, surroundings, extraBinds, repository);
  const contributions = [
    ...services,
    await contributeSupervision(guard, session, folder, repository, services, inPlace),
  ];
  // An assistant's session lasts as long as its writ is renewed; each of its commands has the assistant's own limits.
  const limits = request.kind === 'run' ? { ...profile.limits, wallSeconds: sessionSeconds } : profile.limits;
  const cgroups = createCgroups(session.id, limits);
  session.limits = { figures: limits, ofTask: profile.task, cgroups };
  const outputBytes = enterTask(guard, session, profile);
  session.cleanUp.push(async () => cgroups.remove());
  const environment = buildEnvironment({
    searchPath: guard.toolchain.searchPath,
    caller: request.environment,
    extra: Object.assign({}, ...contributions.map(({ environment }) => environment)) as Record<
      string,
      string
    >,
    session: session.id,
    terminal: request.terminal,
  });
  const recorded = profile.record && request.terminal;
  const recording = recorded
    ? { file: await planRecording(guard.stateDirectory, session.id), secrets: secretsOf(environment) }
    : null;
  return launchSpec(
    {
      command: { argv: contributions.find(({ argv }) => argv !== undefined)?.argv ?? request.argv },
      cwd: place.directory,
      worktree: place.repository.worktree,
      worktreeId: place.repository.worktreeId,
      repository: profile.repository,
      gitDirectories,
      hide: [],
      readOnly: governanceInView(guard.governance, place.repository.worktree, profile.repository),
      environment,
      surroundings,
      inherit: profile.environment,
      limits,
      identity: {
        name: session.writ.claims.assistant,
        email: `${session.writ.claims.assistant}@${organisation.trustDomain}`,
      },
      extraBinds,
      relays: contributions.flatMap(({ relays }) => relays ?? []),
      supervision: contributions.flatMap(({ supervision }) => supervision ?? []),
      terminal: request.terminal,
      cgroups,
      outputBytes,
      tellsUsage: needsTelling(profile.task),
      recording,
    },
    guard.machine,
  );
}

/** @returns how much the command may print, bytes; null where that is not limited */
function enterTask(guard: Guard, session: Session, profile: Profile): number | null {
  const { id, expiresAt } = session.writ.claims;
  const task = guard.tasks.enter({
    writ: id,
    expiresAt,
    profile: session.writ.claims.profile,
    limits: profile.task,
    end: (reason) => endNow(session, reason),
  });
  session.task = task;
  session.cleanUp.push(async () => task.leave());
  const own = profile.limits.outputMiB === undefined ? null : profile.limits.outputMiB * 1024 * 1024;
  return own === null || task.outputBytes === null
    ? (own ?? task.outputBytes)
    : Math.min(own, task.outputBytes);
}

/** Keys, database and sockets would be in view of the command that they govern. */
function assertStateOutside(guard: Guard, worktree: string): void {
  const state = realpathSync.native(guard.stateDirectory);
  if (state !== worktree && !state.startsWith(`${worktree}/`)) return;
  throw new WritError('state_in_repository', `Writ's own state lies in the repository, at ${state}`, {
    hint: 'Set WRIT_HOME to a folder outside of every repository, and start again: writ down',
  });
}

/** Of a linked worktree or a submodule: its git directory lies elsewhere. */
function gitDirectoriesOutside({ place }: Session): string[] {
  const { gitDirectory, commonDirectory, worktree } = place.repository;
  return [...new Set([gitDirectory, commonDirectory])].filter((path) => !path.startsWith(`${worktree}/`));
}

/** Where the sockets and files of one session are made; gone with it. */
function sessionFolder(guard: Guard, session: Session): string {
  const folder = join(guard.runDirectory, session.id);
  mkdirSync(folder, { mode: 0o700 });
  session.cleanUp.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
