import { READY_STATES, type StoredResult } from "./backend.js";
import type { WaitOptions } from "./stored.js";

interface Wait {
  readonly taskId: string;
  lastStatus: string | null;
  readonly options: WaitOptions;
  readonly resolve: (result: StoredResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Waits for results by asking for all of them at once, again and again: one query an interval, however many waits. */
export class PollingWaiter {
  readonly #getMany: (taskIds: readonly string[]) => Promise<readonly StoredResult[]>;
  readonly #intervalMs: number;
  readonly #waits = new Set<Wait>();
  #timer: NodeJS.Timeout | null = null;

  constructor(getMany: (taskIds: readonly string[]) => Promise<readonly StoredResult[]>, intervalMs: number) {
    this.#getMany = getMany;
    this.#intervalMs = intervalMs;
  }

  async waitFor(taskId: string, options: WaitOptions = {}): Promise<StoredResult> {
    const { signal } = options;
    signal?.throwIfAborted();
    return await new Promise((resolve, reject) => {
      const onAbort = (): void => this.#settle(wait, () => reject(signal?.reason));
      const wait: Wait = {
        taskId,
        lastStatus: null,
        options,
        resolve: (result) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(result);
        },
        reject,
      };
      this.#waits.add(wait);
      signal?.addEventListener("abort", onAbort);
      this.#schedule(0);
    });
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const wait of [...this.#waits]) {
      this.#settle(wait, () => wait.reject(new Error("the result backend was closed")));
    }
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null && delayMs > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), delayMs);
  }

  async #poll(): Promise<void> {
    this.#timer = null;
    const asked = [...this.#waits];
    try {
      const results = new Map((await this.#getMany(asked.map(({ taskId }) => taskId))).map((r) => [r.taskId, r]));
      for (const wait of asked) this.#deliver(wait, results.get(wait.taskId));
    } catch (error) {
      for (const wait of asked) this.#settle(wait, () => wait.reject(error));
    }
    if (this.#waits.size > 0) this.#schedule(this.#intervalMs);
  }

  #deliver(wait: Wait, result: StoredResult | undefined): void {
    if (result === undefined || !this.#waits.has(wait)) return;
    if (result.status !== wait.lastStatus) {
      wait.lastStatus = result.status;
      wait.options.onState?.(result);
    }
    if (READY_STATES.has(result.status)) this.#settle(wait, () => wait.resolve(result));
  }

  #settle(wait: Wait, finish: () => void): void {
    if (this.#waits.delete(wait)) finish();
  }
}
