/** Remembers the last `limit` keys, each for `ttlMs` at most; the oldest leave first. */
export class RecentSet {
  readonly #added = new Map<string, number>();

  constructor(
    readonly limit: number,
    readonly ttlMs = Number.POSITIVE_INFINITY,
  ) {}

  get size(): number {
    return this.#added.size;
  }

  add(key: string, atMs = Date.now()): void {
    this.#added.delete(key);
    this.#added.set(key, atMs);
    if (this.#added.size > this.limit) this.#dropOldest();
  }

  has(key: string): boolean {
    const at = this.#added.get(key);
    if (at === undefined) return false;
    if (Date.now() - at <= this.ttlMs) return true;
    this.#added.delete(key);
    return false;
  }

  delete(key: string): void {
    this.#added.delete(key);
  }

  /** Keys that have not expired, oldest first, with the time they were added (epoch milliseconds). */
  entries(): [key: string, atMs: number][] {
    const oldest = Date.now() - this.ttlMs;
    return [...this.#added].filter(([, at]) => at >= oldest);
  }

  #dropOldest(): void {
    for (const key of this.#added.keys()) {
      this.#added.delete(key);
      return;
    }
  }
}
