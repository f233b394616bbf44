/** The guard of one machine: what it stands on, and the sessions that it holds. */
import type { Bundle } from '../core/policy/bundle.ts';
import type { AuthorityPort } from './authority-port.ts';
import type { TaskKeys } from './identity/task-keys.ts';
import type { WritKeys } from './identity/writ-keys.ts';
import type { MachineFacts } from './sandbox/machine.ts';
import type { Toolchain } from './toolchain.ts';
import type { Session } from './session.ts';
import type { TaskLimits } from './task-limits.ts';

export interface Guard {
  /** Says in records which machine and installation they come from. */
  readonly name: string;
  readonly authority: AuthorityPort;
  readonly machine: MachineFacts;
  readonly clock: () => number;
  readonly newId: (prefix: 'ses') => string;
  /** Key pairs of the tasks that this guard asked writs for. */
  readonly taskKeys: TaskKeys;
  readonly writKeys: WritKeys;
  /** Folders in which commands are looked up inside the sandbox. */
  readonly searchPath: readonly string[];
  /** Folders in which this guard itself was started to look programs up: where assistants are installed. */
  readonly callerPath: readonly string[];
  /** What is brought into the sandbox beside the system's programs. */
  readonly toolchain: Toolchain;
  /** The guard's own, where the model's address and key stand. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder that the policy in force is read from, on this machine: never writable in a session. */
  readonly governance: string;
  /** Writ's own state: never in view of a session. */
  readonly stateDirectory: string;
  /** Where per-session sockets and files are made. */
  readonly runDirectory: string;
  /** The policy in force, parsed once per version. */
  readonly bundle: () => Promise<Bundle>;
  readonly sessions: Map<string, Session>;
  /** What the commands of each task use together. */
  readonly tasks: TaskLimits;
  /** Faults that have nobody to go to. */
  readonly report: (error: unknown) => void;
}

/** Every verdict that a supervisor keeps was given by the policy before. */
export function forgetVerdicts(guard: Guard): void {
  for (const session of guard.sessions.values()) session.supervisor?.forget();
}

/** Ends one session's command. */
export function killSession(guard: Guard, id: string, reason: string): void {
  const session = guard.sessions.get(id);
  if (session !== undefined && !session.ended) endNow(session, reason);
}

/** Ends the running commands of a writ: their connections at once, and their launchers kill the whole tree. */
export function endSessionsOf(guard: Guard, writ: string, reason: string): void {
  for (const session of guard.sessions.values()) {
    if (session.writ.claims.id === writ && !session.ended) endNow(session, reason);
  }
}

export function endNow(session: Session, reason: string): void {
  // The launcher is told first, so that it can say why.
  session.channel.send({ type: 'kill', reason });
  session.stop.abort();
}
