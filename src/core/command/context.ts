import type { Links } from './links.ts';

/** A Git repository that the task made for itself. */
export interface OwnRepository {
  /** Every remote that it names is a folder of this machine. */
  readonly remotesAreHere: boolean;
}

/** Where and as whom a command would run. */
export interface AnalysisContext {
  /** Absolute directory that the command starts in, as seen by it. */
  readonly cwd: string;
  /** Root of the repository as seen by the command, usually `/repo` or the real worktree path. */
  readonly repository: string;
  /** Folder of the policy in force, where it is in view and not the repository's `governance/`. */
  readonly governance?: string | null;
  /** The home the command sees (private, temporary). */
  readonly home: string;
  /** Symbolic links as they are where it would run; without it, paths mean what their text says. */
  readonly links?: Links | null;
  /**
   * Whether a folder of the repository can go although nothing in its name says so: because it is not there, is no
   * folder, or is the task's own. Only for an act that happens at once, since a text can change what is there.
   */
  readonly removable?: (path: string) => boolean;
  /** The Git repository that a folder belongs to, if it is the task's own. Likewise for the moment. */
  readonly ownRepository?: (directory: string) => OwnRepository | null;
  /** Variables with known values; all others are unknown. */
  readonly variables?: Readonly<Record<string, string>>;
}
