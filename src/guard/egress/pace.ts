/** How fast one session may open connections, each of which is on the log for good: more of them wait. */
import { setTimeout as sleep } from 'node:timers/promises';

export class Pace {
  readonly #burst: number;
  readonly #perSecond: number;
  #free: number;
  #since = performance.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#free = burst;
  }

  /** Resolves when it is this one's turn; rejects when the signal aborts before. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#free = Math.min(this.#burst, this.#free + ((now - this.#since) / 1000) * this.#perSecond) - 1;
    this.#since = now;
    if (this.#free < 0) await sleep((-this.#free / this.#perSecond) * 1000, undefined, { signal });
  }
}
