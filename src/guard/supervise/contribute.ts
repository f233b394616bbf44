/** What a session needs so that each of its processes is decided: the supervisor's socket, its token, and the rules. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { WritError } from '../../core/model/errors.ts';
import type { Contribution } from '../contribution.ts';
import type { Guard } from '../guard.ts';
import { describeTask } from '../place.ts';
import { listenPrivately } from '../private-socket.ts';
import type { InPlaceFiles } from '../sandbox/in-place.ts';
import type { Session } from '../session.ts';
import { toolFiles } from './decide-process.ts';
import { fileRules } from './file-rules.ts';
import { profileOf } from './profile.ts';
import { installationState, type ProgramView } from './programs.ts';
import { Supervisor } from './supervisor.ts';

/**
 * @param repository the worktree, and git directories outside of it
 * @param others what the guard's other services bring
 * @param inPlace where there is no view: what of the host's files takes its place
 */
export async function contributeSupervision(
  guard: Guard,
  session: Session,
  folder: string,
  repository: readonly string[],
  others: readonly Contribution[],
  inPlace: InPlaceFiles | null,
): Promise<Contribution> {
  const bundle = await guard.bundle();
  const task = describeTask(session.writ, session.place);
  const profile = profileOf(bundle, task.profile);
  if (profile === null) throw new WritError('profile_unknown', 'the profile of this writ is no longer there');
  const view: ProgramView = {
    searchPath: guard.searchPath,
    installed: installationState(guard.searchPath),
    toolchains: guard.toolchain.binds.map(({ target }) => target),
  };
  const token = randomBytes(32).toString('base64url');
  const supervisor = new Supervisor({ guard, session, view, token });
  const server = createServer((connection) => supervisor.accept(connection));
  const socket = join(folder, 'supervise.sock');
  await listenPrivately(server, socket);
  session.supervisor = supervisor;
  session.stop.signal.addEventListener('abort', () => supervisor.end());
  session.cleanUp.push(async () => {
    server.close();
  });
  const rules = fileRules({
    profile,
    tools: toolFiles({ bundle, task, view }),
    view,
    approved: approvedFiles(session, guard.searchPath),
    repository,
    inPlace,
    withoutNetwork:
      inPlace !== null ||
      (profile.hosts.length === 0 &&
        session.request.kind === 'exec' &&
        others.every(({ relays = [] }) => relays.length === 0)),
  });
  return { environment: {}, binds: [], supervision: ['supervise', socket, token, ...rules] };
}

/** The kernel's rules cannot change any more when the command runs, so that later approvals cannot add to them. */
function approvedFiles({ announced }: Session, searchPath: readonly string[]): string[] {
  return announced.approved().flatMap((name) => searchPath.map((folder) => join(folder, name)));
}
