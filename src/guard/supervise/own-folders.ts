/** What a process may remove as a whole, seen at the moment when it would: the task's own folders, and what is none. */
import { lstatSync } from 'node:fs';
import { isBelow } from '../sandbox/view.ts';

export class OwnFolders {
  /** An answer held for this moment only: a verdict that stands on it must not be kept. */
  momentary = false;
  readonly #worktree: string;
  readonly #since: number;

  /** @param since milliseconds since the epoch: folders that were made later are the task's */
  constructor(worktree: string, since: number) {
    this.#worktree = worktree;
    this.#since = since;
  }

  readonly removable = (path: string): boolean => {
    if (!isBelow(path, this.#worktree)) return false;
    const removable = this.#isOwn(path);
    this.momentary ||= removable;
    return removable;
  };

  /** What cannot be looked at is not the task's. */
  #isOwn(path: string): boolean {
    try {
      const facts = lstatSync(path, { throwIfNoEntry: false });
      // A birth time of 0: the file system knows none.
      return facts === undefined || !facts.isDirectory() || facts.birthtimeMs >= this.#since;
    } catch {
      return false;
    }
  }
}
