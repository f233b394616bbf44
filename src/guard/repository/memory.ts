/** Answers that stay true, kept so that they need not be asked for again; the oldest goes when there are too many. */
export class Memory<Value> {
  readonly #kept = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Value | undefined {
    return this.#kept.get(key);
  }

  keep(key: string, value: Value): void {
    this.#kept.set(key, value);
    for (const [oldest] of this.#kept) {
      if (this.#kept.size <= this.#most) return;
      this.#kept.delete(oldest);
    }
  }
}
