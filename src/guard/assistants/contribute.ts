/** What an assistant needs beside its program: its hook, and its model through a relay. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenSessionRequest } from '../../core/api/guard.ts';
import { WritError } from '../../core/model/errors.ts';
import type { Contribution } from '../contribution.ts';
import { resolveExecutable } from '../executable.ts';
import type { Guard } from '../guard.ts';
import { startHookServer } from '../hook-server.ts';
import type { Session } from '../session.ts';
import { decideToolCall } from '../tool-call.ts';
import { isProbe } from '../doctor/probe-session.ts';
import { isBelow, type Bind } from '../sandbox/view.ts';
import { claudeLaunch, claudeSettings, insidePaths, type ModelWay } from './claude.ts';
import { startModelRelay } from './model-relay.ts';
import { modelUpstream } from './model-upstream.ts';

/**
 * Whether Writ decides what the program does from within, each tool call by its hook: then `issueWrit` alone decides
 * whether it may start. Any other program is decided as the command that it is.
 */
export function isGovernedAssistant({ kind, argv }: OpenSessionRequest): boolean {
  return kind === 'run' && argv[0]?.split('/').at(-1) === 'claude';
}

/** @param lent variables that hold placeholders: a credential for its model is used in place of the guard's own key */
export async function contributeAssistant(
  guard: Guard,
  session: Session,
  folder: string,
  lent: Contribution['environment'],
): Promise<Contribution> {
  if (isProbe(session.request) && guard.machine.confinement.kind === 'namespaces') {
    const settings = await claudeSettings({ sessionDirectory: folder });
    return { environment: {}, binds: [settings, ...(await hookBinds(guard, session, folder))] };
  }
  if (!isGovernedAssistant(session.request)) return { environment: {}, binds: [] };
  const { confinement } = guard.machine;
  if (confinement.kind === 'in-place') {
    throw new WritError(
      'assistant_needs_namespaces',
      `an assistant as a whole runs only where it has a view of its own: ${confinement.refusal.message}`,
      { hint: confinement.refusal.hint ?? 'Run its commands one by one with: writ exec' },
    );
  }
  const [program = '', ...args] = session.request.argv;

  const executable = await resolveExecutable(program, guard.callerPath, session.place.directory);
  if (executable === null) {
    throw new WritError('claude_unusable', 'claude is not installed where this Writ was started', {
      hint: 'Install it and start Writ again: npm install -g @anthropic-ai/claude-code; writ down; writ up',
    });
  }
  // A program of the repository's could claim to be Claude Code and heed no hook.
  if (isBelow(executable.path, session.place.repository.worktree)) {
    throw new WritError(
      'claude_unusable',
      `${executable.path} lies in the repository that it would work on`,
      {
        hint: 'Install it outside of the repository: npm install -g @anthropic-ai/claude-code; writ down; writ up',
      },
    );
  }
  const model = await modelFor(guard, session, folder, lent);
  const claude = await claudeLaunch({
    executable: executable.path,
    args,
    sessionDirectory: folder,
    model: model.way,
  });
  return {
    ...claude,
    binds: [...claude.binds, ...model.binds, ...(await hookBinds(guard, session, folder))],
  };
}

/** Names under which Claude Code takes a key. */
const keyVariables = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'];

async function modelFor(
  guard: Guard,
  session: Session,
  folder: string,
  lent: Contribution['environment'],
): Promise<{ readonly way: ModelWay; readonly binds: readonly Bind[] }> {
  if (keyVariables.some((name) => lent[name] !== undefined)) {
    return { way: { kind: 'proxy', base: guard.environment['ANTHROPIC_BASE_URL'] }, binds: [] };
  }
  const socket = join(folder, 'model.sock');
  const placeholder = `writ-${randomBytes(24).toString('base64url')}`;
  const relay = await startModelRelay({ socket, upstream: modelUpstream(guard.environment), placeholder });
  session.cleanUp.push(() => relay.close());
  return {
    way: { kind: 'relay', placeholder },
    binds: [{ source: socket, target: insidePaths.modelSocket, mode: 'ro' }],
  };
}

/** The hook of one session, and its token. */
async function hookBinds(guard: Guard, session: Session, folder: string): Promise<Bind[]> {
  const inFolder = (name: string) => join(folder, name);
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
  return [
    { source: inFolder('hook.sock'), target: insidePaths.hookSocket, mode: 'ro' },
    { source: inFolder('hook.token'), target: insidePaths.hookToken, mode: 'ro' },
  ];
}
