import { setTimeout as sleep } from "node:timers/promises";

/** Options of {@link retryTransient}. */
export interface RetryOptions {
  readonly isTransient: (error: unknown) => boolean;
  /** Ends the attempts: the last error is thrown. */
  readonly signal: AbortSignal;
  /** Most attempts. Default: until the signal aborts. */
  readonly attempts?: number;
  /** Told before each further attempt. */
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

const FIRST_DELAY_MS = 50;
const LAST_DELAY_MS = 2000;

/** Repeats an idempotent operation while it fails for reasons that pass, with jittered back-off. */
export async function retryTransient<T>(operation: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { isTransient, signal, attempts = Number.POSITIVE_INFINITY, onRetry } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation();
    } catch (error) {
      if (attempt >= attempts || signal.aborted || !isTransient(error)) throw error;
      onRetry?.(error, attempt);
      const ceiling = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
      try {
        await sleep(ceiling * (0.5 + Math.random() / 2), undefined, { signal });
      } catch {
        throw error;
      }
    }
  }
}
