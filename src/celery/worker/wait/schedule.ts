import { MAX_TIMEOUT_MS } from "../../long-timeout.js";

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Runs callbacks at their times with one timer: a binary heap by time, then by order of arrival. */
export class Schedule {
  readonly #heap: Entry[] = [];
  #timer: NodeJS.Timeout | null = null;
  #order = 0;
  #size = 0;

  /** Entries that wait. */
  get size(): number {
    return this.#size;
  }

  /** Calls `run` at `due` (soon, when that has passed). @returns what takes the entry out */
  at(due: Date, run: () => void): () => void {
    const entry: Entry = { dueMs: due.getTime(), order: this.#order++, run, cancelled: false };
    this.#push(entry);
    this.#size += 1;
    if (this.#heap[0] === entry) this.#arm();
    return () => {
      if (entry.cancelled) return;
      entry.cancelled = true;
      this.#size -= 1;
      this.#dropCancelled();
    };
  }

  /** Forgets every entry. */
  clear(): void {
    this.#heap.length = 0;
    this.#size = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const next = this.#heap[0];
    this.#timer =
      next === undefined
        ? null
        : setTimeout(() => this.#fire(), Math.min(MAX_TIMEOUT_MS, Math.max(0, next.dueMs - Date.now())));
  }

  #fire(): void {
    const now = Date.now();
    for (let entry = this.#heap[0]; entry !== undefined && entry.dueMs <= now; entry = this.#heap[0]) {
      this.#pop();
      if (entry.cancelled) continue;
      entry.cancelled = true;
      this.#size -= 1;
      entry.run();
    }
    this.#arm();
  }

  /** Cancelled entries leave lazily: rebuilt only when they outnumber the living. */
  #dropCancelled(): void {
    if (this.#heap.length < 64 || this.#heap.length < this.#size * 2) return;
    const living = this.#heap.filter((entry) => !entry.cancelled);
    this.#heap.length = 0;
    for (const entry of living) this.#push(entry);
    this.#arm();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && before(heap[right] as Entry, heap[left] as Entry) ? right : left;
      const below = heap[child] as Entry;
      if (!before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.dueMs === b.dueMs ? a.order < b.order : a.dueMs < b.dueMs;
}
