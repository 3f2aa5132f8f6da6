import { startTimeout } from "./long-timeout.js";

/** How long {@link Changes.until} waits. */
export interface UntilOptions {
  /** Milliseconds that are left, asked anew after each change. Default: without end. */
  readonly msLeft?: () => number;
  /** Gives up the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** Where something changes that others wait for: they look when they are told, and not from time to time. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Something has changed: whoever waits looks again. */
  notify(): void {
    for (const wake of this.#waiting) wake();
  }

  /**
   * Waits for a condition, which is looked at now and after each change.
   * @returns true once it holds; false when the time is over first
   * @throws the reason of the signal
   */
  async until(isMet: () => boolean, { msLeft = () => Number.POSITIVE_INFINITY, signal }: UntilOptions = {}) {
    while (!isMet()) {
      signal?.throwIfAborted();
      const ms = msLeft();
      if (ms <= 0) return false;
      await this.#next(ms, signal);
    }
    return true;
  }

  /** Resolves at the next change, when the time is over, or when the signal aborts. */
  #next(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        stopTimer();
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const stopTimer = Number.isFinite(ms) ? startTimeout(wake, ms) : () => undefined;
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }
}
