/** Lamport's logical clock as Celery keeps it: one per process, sent with every event and control message. */
export class LamportClock {
  #value: number;

  constructor(value = 0) {
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** Moves past a value seen in another process. */
  adjust(other: number): number {
    this.#value = Math.max(this.#value, other) + 1;
    return this.#value;
  }

  /** Counts an event of our own. @returns its time */
  forward(): number {
    this.#value += 1;
    return this.#value;
  }
}
