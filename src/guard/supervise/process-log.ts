/** The record of each process: of a denial before its answer, of an allow within moments and before the command's end. */
import type { GuardRecord } from '../authority-port.ts';

/**
 * How long an entry may wait for company, milliseconds: with the supervisor's own waiting it is on disk within 50 where
 * the disk is quick. Each commit holds up the decisions behind it, so that they may take a tenth of the time at most.
 */
const gatherMs = { least: 30, most: 250, ofCommit: 9 };
const mostAtOnce = 500;

export class ProcessLog {
  readonly #record: (records: readonly GuardRecord[]) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #queue: GuardRecord[] = [];
  #timer: NodeJS.Timeout | null = null;
  #gatherMs = gatherMs.least;
  #writing: Promise<void> = Promise.resolve();

  /** @param failed called when something that was let start could not be recorded */
  constructor(record: (records: readonly GuardRecord[]) => Promise<void>, failed: (error: unknown) => void) {
    this.#record = record;
    this.#failed = failed;
  }

  add(record: GuardRecord): void {
    this.#queue.push(record);
    if (this.#queue.length >= mostAtOnce) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), this.#gatherMs);
  }

  /** Resolves when all that was added is on record, or `failed` was called. */
  flush(): Promise<void> {
    const records = this.#take();
    if (records.length > 0) {
      this.#writing = this.#writing.then(() => this.#write(records)).catch(this.#failed);
    }
    return this.#writing;
  }

  /** What is not on record yet, and the caller's to record; resolves when all else is. */
  async rest(): Promise<readonly GuardRecord[]> {
    const records = this.#take();
    await this.#writing;
    return records;
  }

  async #write(records: readonly GuardRecord[]): Promise<void> {
    const begun = performance.now();
    await this.#record(records);
    const wanted = (performance.now() - begun) * gatherMs.ofCommit;
    this.#gatherMs = Math.min(Math.max(wanted, gatherMs.least), gatherMs.most);
  }

  #take(): GuardRecord[] {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const records = this.#queue;
    this.#queue = [];
    return records;
  }
}
