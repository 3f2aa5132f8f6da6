import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How long a thread has nothing to do: V8 gives the young generation back only to who allocated little in the last 5 s. */
const IDLE_MS = 8_000;

/** A larger heap is left to V8: a call that comes would wait for the end of its collection. */
const LARGEST_HEAP_BYTES = 64 * 2 ** 20;

/**
 * Heap that modules and code of small kernels take. A full collection costs them: V8 throws compiled code away whose objects
 * are gone, and the next call of a warm thread takes as long as a cold one's.
 */
const CODE_BYTES = 24 * 2 ** 20;

/**
 * Collects garbage once a thread has been idle for a while. V8 does so by itself only while something allocates, and what
 * one call left behind would stay for as long as the thread has no other.
 */
export class IdleCollection {
  readonly #timer: NodeJS.Timeout;
  #busy = true;

  constructor(collect: () => void = collectGarbage, idleMs = IDLE_MS) {
    this.#timer = setTimeout(() => {
      if (!this.#busy && process.memoryUsage().heapTotal <= LARGEST_HEAP_BYTES) collect();
    }, idleMs).unref();
  }

  /** A call has begun. */
  busy(): void {
    this.#busy = true;
  }

  /** A call has ended. */
  idle(): void {
    this.#busy = false;
    this.#timer.refresh();
  }
}

/** V8's own collection, which a context has that is made while the flag is set: of the young, and of all where much is left. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("globalThis.gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof gc !== "function") return;
  // The survivors of the first one leave the young generation with the second.
  for (let round = 0; round < 2; round++) gc({ type: "minor" });
  if (process.memoryUsage().heapUsed > CODE_BYTES) gc();
}
