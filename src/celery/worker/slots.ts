/** A counting semaphore that hands out slots in the order they were asked for. */
export class Slots {
  readonly #waiting = new Set<() => void>();
  #used = 0;

  constructor(public limit: number) {}

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `start` with a slot taken: now when one is free, else when its turn comes. @returns what gives up the wait */
  acquire(start: () => void): () => void {
    if (this.#used < this.limit) {
      this.#used += 1;
      start();
      return () => undefined;
    }
    this.#waiting.add(start);
    return () => this.#waiting.delete(start);
  }

  release(): void {
    this.#used -= 1;
    this.#wake();
  }

  /** Changes the number of slots; those in use beyond it run out. */
  resize(limit: number): void {
    this.limit = limit;
    this.#wake();
  }

  #wake(): void {
    for (const start of this.#waiting) {
      if (this.#used >= this.limit) return;
      this.#waiting.delete(start);
      this.#used += 1;
      start();
    }
  }
}
