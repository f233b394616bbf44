/** From a session to what its launcher needs: the sandbox, and for an assistant its hook and its model. */
import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registered } from '../core/policy/organisation.ts';
import { WritError } from '../core/model/errors.ts';
import { claudeLaunch, insidePaths } from './assistants/claude.ts';
import { startModelRelay } from './assistants/model-relay.ts';
import { modelUpstream } from './assistants/model-upstream.ts';
import { resolveExecutable } from './executable.ts';
import type { Guard } from './guard.ts';
import { startHookServer } from './hook-server.ts';
import { buildEnvironment } from './sandbox/environment.ts';
import { launchSpec, type LaunchSpec } from './sandbox/launch-spec.ts';
import type { Bind } from './sandbox/view.ts';
import type { Session } from './session.ts';
import { decideToolCall } from './tool-call.ts';

const sessionSeconds = 24 * 3600;

interface Additions {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly binds: readonly Bind[];
}

export async function prepareLaunch(guard: Guard, session: Session): Promise<LaunchSpec> {
  const { request, place } = session;
  await assertStateOutside(guard, place.repository.worktree);
  const { organisation } = await guard.bundle();
  const profile = registered(organisation.profiles, session.writ.claims.profile);
  if (profile === null) throw new WritError('profile_unknown', 'the profile of this writ is no longer there');
  const additions = await addAssistant(guard, session);
  return launchSpec(
    {
      command: { argv: additions.argv },
      cwd: place.directory,
      worktree: place.repository.worktree,
      worktreeId: place.repository.worktreeId,
      repository: profile.repository,
      gitDirectories: gitDirectoriesOutside(session),
      hide: [],
      environment: buildEnvironment({
        searchPath: guard.toolchain.searchPath,
        caller: request.environment,
        extra: additions.environment,
        session: session.id,
        terminal: request.terminal,
      }),
      // An assistant's session lasts as long as its writ is renewed; each of its commands has the assistant's own limits.
      limits: request.kind === 'run' ? { ...profile.limits, wallSeconds: sessionSeconds } : profile.limits,
      identity: {
        name: session.writ.claims.assistant,
        email: `${session.writ.claims.assistant}@${organisation.trustDomain}`,
      },
      extraBinds: [...guard.toolchain.binds, ...additions.binds],
      terminal: request.terminal,
    },
    guard.machine,
  );
}

/** Keys, database and sockets would be in view of the command that they govern. */
async function assertStateOutside(guard: Guard, worktree: string): Promise<void> {
  const state = await realpath(guard.stateDirectory);
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

/** Claude Code gets its hook and its model; any other program runs as it is. */
async function addAssistant(guard: Guard, session: Session): Promise<Additions> {
  const { argv, kind } = session.request;
  const [program = '', ...args] = argv;
  if (kind !== 'run' || program.split('/').at(-1) !== 'claude') return { argv, environment: {}, binds: [] };

  const executable = await resolveExecutable(program, guard.callerPath, session.place.directory);
  if (executable === null) {
    throw new WritError('claude_unusable', 'claude is not installed where this Writ was started', {
      hint: 'Install it and start Writ again: npm install -g @anthropic-ai/claude-code; writ down; writ up',
    });
  }
  const upstream = modelUpstream(guard.environment);
  const folder = join(guard.runDirectory, session.id);
  await mkdir(folder, { mode: 0o700 });
  session.cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  const inFolder = (name: string) => join(folder, name);

  const placeholder = `writ-${randomBytes(24).toString('base64url')}`;
  const relay = await startModelRelay({ socket: inFolder('model.sock'), upstream, placeholder });
  session.cleanUp.push(() => relay.close());

  const token = randomBytes(32).toString('base64url');
  await writeFile(inFolder('hook.token'), token, { mode: 0o600 });
  const hook = await startHookServer({
    socket: inFolder('hook.sock'),
    token,
    decide: (body) => decideToolCall(guard, session, body),
    report: guard.report,
  });
  session.cleanUp.push(async () => {
    hook.closeAllConnections();
    hook.close();
  });

  const claude = await claudeLaunch({
    executable: executable.path,
    args,
    sessionDirectory: folder,
    placeholder,
  });
  return {
    ...claude,
    binds: [
      ...claude.binds,
      { source: inFolder('hook.sock'), target: insidePaths.hookSocket, mode: 'ro' },
      { source: inFolder('hook.token'), target: insidePaths.hookToken, mode: 'ro' },
      { source: inFolder('model.sock'), target: insidePaths.modelSocket, mode: 'ro' },
    ],
  };
}
