/** What one of the guard's services brings into a session's sandbox; it undoes what it did through `session.cleanUp`. */
import type { Bind } from './sandbox/view.ts';

export interface Contribution {
  /** Instead of what was asked for: the program as it must be started. */
  readonly argv?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly binds: readonly Bind[];
  /** `ADDRESS:PORT=SOCKET`: ports of the sandbox's own loopback that lead to sockets among the binds. */
  readonly relays?: readonly string[];
  /** Words for `writ-exec launch` before bubblewrap's own, see native/launch.c. */
  readonly supervision?: readonly string[];
}
