/** A set of names that forgets the oldest when it is full. */
export class RecentNames {
  readonly #names = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** False when it was there. */
  add(name: string): boolean {
    if (this.#names.has(name)) return false;
    const [oldest] = this.#names;
    if (oldest !== undefined && this.#names.size >= this.#most) this.#names.delete(oldest);
    this.#names.add(name);
    return true;
  }

  delete(name: string): void {
    this.#names.delete(name);
  }
}
