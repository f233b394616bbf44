/** A queue whose head is committed as a group: first come, first served, one fsync for all of a group. */
import { storeError } from './errors.ts';

/** A work that waits for its commit. */
export interface Job<Work, Result> {
  readonly work: Work;
  resolve(result: Result): void;
  reject(reason: unknown): void;
}

/**
 * Commits the jobs that `take` gives, until it gives none or the group is large enough. Settles each that it
 * took; its own failure means that those it left unsettled are lost.
 */
export type CommitGroup<Work, Result> = (take: () => Job<Work, Result> | null) => Promise<void>;

const maxWaiting = 65_536;

export class GroupCommit<Work, Result> {
  readonly #commitGroup: CommitGroup<Work, Result>;
  #waiting: Job<Work, Result>[] = [];
  #taken = 0;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(commitGroup: CommitGroup<Work, Result>) {
    this.#commitGroup = commitGroup;
  }

  /** @throws WritError `store_closed`, `store_busy` when too many wait, and what the group's commit throws */
  commit(work: Work): Promise<Result> {
    if (this.#closed) return Promise.reject(storeError('store_closed', 'the store is closed'));
    if (this.#waiting.length - this.#taken >= maxWaiting) {
      const message = `${maxWaiting} commits are waiting already`;
      return Promise.reject(storeError('store_busy', message, { hint: 'Try again later' }));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({ work, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Refuses what comes from now on, and resolves when all that came before is settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    do {
      // Lets those join that ask in this turn, and everything else have its turn between two groups.
      await new Promise((resolve) => setImmediate(resolve));
      const group: Job<Work, Result>[] = [];
      try {
        await this.#commitGroup(() => this.#take(group));
      } catch (error) {
        // Where not even the first could be taken, there is no hope for those who wait. Settling those
        // again that are settled already has no effect.
        if (group.length === 0) while (this.#take(group) !== null);
        for (const job of group) job.reject(error);
      }
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    } while (this.#waiting.length > 0);
    this.#running = null;
  }

  #take(group: Job<Work, Result>[]): Job<Work, Result> | null {
    const job = this.#waiting[this.#taken];
    if (job === undefined) return null;
    this.#taken += 1;
    group.push(job);
    return job;
  }
}
