/** What a process may remove as a whole, seen at the moment when it would: the task's own folders, and what is none. */
import { lstatSync } from 'node:fs';
import type { OwnRepository } from '../../core/command/context.ts';
import { isBelow } from '../sandbox/view.ts';
import { ownRepository, type OwnGround } from './own-repositories.ts';

export class OwnFolders {
  /** An answer held for this moment only: a verdict that stands on it must not be kept. */
  momentary = false;
  readonly #ground: OwnGround;

  /** @param ground folders that were made since are the task's */
  constructor(ground: OwnGround) {
    this.#ground = ground;
  }

  readonly removable = (path: string): boolean => {
    if (!isBelow(path, this.#ground.worktree)) return false;
    const removable = this.#isOwn(path);
    this.momentary ||= removable;
    return removable;
  };

  readonly ownRepository = (directory: string): OwnRepository | null => {
    const own = ownRepository(directory, this.#ground);
    this.momentary ||= own !== null;
    return own;
  };

  /** What cannot be looked at is not the task's. */
  #isOwn(path: string): boolean {
    try {
      const facts = lstatSync(path, { throwIfNoEntry: false });
      // A birth time of 0: the file system knows none.
      return facts === undefined || !facts.isDirectory() || facts.birthtimeMs >= this.#ground.since;
    } catch {
      return false;
    }
  }
}
