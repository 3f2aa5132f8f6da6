import type { Logger } from "pino";
import type { AutoscaleBounds } from "../../control/controlled-worker.js";

const CHECK_INTERVAL_MS = 1_000;

/** How long the pool stays large after it last grew: Celery's AUTOSCALE_KEEPALIVE. */
const KEEPALIVE_MS = 30_000;

/** What the autoscaler looks at and turns. */
export interface ScaledPool {
  readonly concurrency: number;
  /** Requests that run or are ready to. */
  readonly load: number;
  resize(concurrency: number): void;
}

/** Keeps the pool's size between two bounds: up at once when more is ready, down after a quiet time. */
export class Autoscaler {
  readonly #pool: ScaledPool;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #bounds: AutoscaleBounds;
  #lastGrowthMs = 0;

  constructor(pool: ScaledPool, bounds: AutoscaleBounds, log: Logger) {
    this.#pool = pool;
    this.#bounds = bounds;
    this.#log = log;
    this.#timer = setInterval(() => this.scale(), CHECK_INTERVAL_MS);
    this.#timer.unref();
  }

  /** More slots will come when there is more to do. */
  get mayGrow(): boolean {
    return this.#pool.concurrency < this.#bounds.max;
  }

  get stats(): Record<string, number> {
    const { concurrency, load } = this.#pool;
    return { ...this.#bounds, current: concurrency, qty: load };
  }

  /** Changes the bounds and keeps to them at once. Null leaves one as it is. */
  update(max: number | null, min: number | null): AutoscaleBounds {
    const upper = Math.max(1, Math.trunc(max ?? this.#bounds.max));
    const lower = Math.min(upper, Math.max(0, Math.trunc(min ?? this.#bounds.min)));
    this.#bounds = { max: upper, min: lower };
    this.#resizeTo(Math.min(upper, Math.max(lower, 1, this.#pool.concurrency)));
    return this.#bounds;
  }

  scale(nowMs = Date.now()): void {
    const { concurrency, load } = this.#pool;
    const wanted = Math.max(1, this.#bounds.min, Math.min(load, this.#bounds.max));
    if (wanted > concurrency) {
      this.#lastGrowthMs = nowMs;
      this.#resizeTo(wanted);
    } else if (wanted < concurrency && nowMs - this.#lastGrowthMs > KEEPALIVE_MS) this.#resizeTo(wanted);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #resizeTo(concurrency: number): void {
    const by = concurrency - this.#pool.concurrency;
    if (by === 0) return;
    this.#log.info(by > 0 ? `Scaling up ${by} processes.` : `Scaling down ${-by} processes.`);
    this.#pool.resize(concurrency);
  }
}
