import { ImproperlyConfigured } from "../../errors.js";
import { startTimeout } from "../../long-timeout.js";

const SECONDS_PER = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
]);
const FORM = /^\s*(?<count>\d+(?:\.\d+)?)\s*(?:\/\s*(?<unit>[a-z]))?\s*$/i;

/**
 * Reads a rate as Celery writes it: `10/s`, `5/m`, `1/h`, a number of tasks per second, or nothing for no limit.
 *
 * @returns tasks per second; null for no limit (also for 0)
 * @throws ImproperlyConfigured for anything else
 */
export function parseRate(limit: string | number | null | undefined): number | null {
  if (limit === null || limit === undefined || limit === "") return null;
  if (typeof limit === "number" && limit >= 0 && Number.isFinite(limit)) return limit === 0 ? null : limit;
  const { count, unit = "s" } = FORM.exec(String(limit))?.groups ?? {};
  const seconds = SECONDS_PER.get(unit.toLowerCase());
  if (count === undefined || seconds === undefined) {
    throw new ImproperlyConfigured(
      `rate limit ${JSON.stringify(limit)}: give 10/s, 5/m, 1/h or a number of tasks per second`,
    );
  }
  const rate = Number(count) / seconds;
  return rate === 0 ? null : rate;
}

/** One task type's bucket: it holds one token, filled again at the rate; what waits is served in order. */
interface Bucket {
  readonly limit: string | number;
  readonly intervalMs: number;
  readonly waiting: Set<() => void>;
  nextMs: number;
  /** Takes back the timer for the next token. */
  stopTimer: (() => void) | null;
}

/** Rate limits by task name: at most so many starts per second in this worker. */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>();

  /** The limit as it was given, or null. */
  get(task: string): string | number | null {
    return this.#buckets.get(task)?.limit ?? null;
  }

  /** Requests that wait for a token of the task. */
  waiting(task: string): number {
    return this.#buckets.get(task)?.waiting.size ?? 0;
  }

  /**
   * Sets or (with null) lifts the limit of a task; what waits goes on under the new one.
   * @throws ImproperlyConfigured for a rate that cannot be read
   */
  set(task: string, limit: string | number | null): void {
    const rate = parseRate(limit);
    const old = this.#buckets.get(task);
    old?.stopTimer?.();
    this.#buckets.delete(task);
    if (rate !== null && limit !== null) {
      this.#buckets.set(task, { limit, intervalMs: 1000 / rate, waiting: new Set(), nextMs: 0, stopTimer: null });
    }
    for (const run of old?.waiting ?? []) this.admit(task, run);
  }

  /** Calls `run` when the task's rate allows it: at once where there is no limit. @returns what gives up the wait */
  admit(task: string, run: () => void): () => void {
    const bucket = this.#buckets.get(task);
    if (bucket === undefined) {
      run();
      return () => undefined;
    }
    bucket.waiting.add(run);
    this.#serve(bucket);
    return () => {
      // The bucket may have been replaced since: look in the present one too.
      bucket.waiting.delete(run);
      this.#buckets.get(task)?.waiting.delete(run);
    };
  }

  /** Forgets everything that waits. */
  clear(): void {
    for (const bucket of this.#buckets.values()) {
      bucket.stopTimer?.();
      bucket.stopTimer = null;
      bucket.waiting.clear();
    }
  }

  #serve(bucket: Bucket): void {
    if (bucket.stopTimer !== null) return;
    for (const run of bucket.waiting) {
      const now = performance.now();
      if (now < bucket.nextMs) {
        bucket.stopTimer = startTimeout(() => {
          bucket.stopTimer = null;
          this.#serve(bucket);
        }, bucket.nextMs - now);
        return;
      }
      bucket.nextMs = now + bucket.intervalMs;
      bucket.waiting.delete(run);
      run();
    }
  }
}
