/** What an assistant needs beside its program: its hook, and its model through a relay. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WritError } from '../../core/model/errors.ts';
import type { Contribution } from '../contribution.ts';
import { resolveExecutable } from '../executable.ts';
import type { Guard } from '../guard.ts';
import { startHookServer } from '../hook-server.ts';
import type { Session } from '../session.ts';
import { decideToolCall } from '../tool-call.ts';
import { claudeLaunch, insidePaths } from './claude.ts';
import { startModelRelay } from './model-relay.ts';
import { modelUpstream } from './model-upstream.ts';

/** Claude Code gets its hook and its model; any other program runs as it is. */
export async function contributeAssistant(
  guard: Guard,
  session: Session,
  folder: string,
): Promise<Contribution> {
  const { argv, kind } = session.request;
  const [program = '', ...args] = argv;
  if (kind !== 'run' || program.split('/').at(-1) !== 'claude') return { environment: {}, binds: [] };

  const executable = await resolveExecutable(program, guard.callerPath, session.place.directory);
  if (executable === null) {
    throw new WritError('claude_unusable', 'claude is not installed where this Writ was started', {
      hint: 'Install it and start Writ again: npm install -g @anthropic-ai/claude-code; writ down; writ up',
    });
  }
  const upstream = modelUpstream(guard.environment);
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
