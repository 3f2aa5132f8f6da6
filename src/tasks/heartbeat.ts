import type { Logger } from "pino";
import type { Claim, FencedOutcome, JobRepository } from "../jobs/repository.js";
import { isTransientDatabaseError } from "../postgres/errors.js";
import type { Outage } from "../postgres/outage.js";

export interface HeartbeatOptions {
  readonly intervalMs: number;
  readonly log: Logger;
  /** Learns of writes that the database does not take. */
  readonly outage: Outage;
  /** The row is no longer this run's. Called once. */
  readonly onLost: (outcome: Exclude<FencedOutcome, "held">) => void;
}

/**
 * Writes a run's progress at a steady pace, also when it did not change: that is how others see that the run is alive,
 * and how it sees that it was cancelled. Writes that the database does not take are dropped; the next one is newer.
 */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  #percentage: number | null = null;
  #message: string | null = null;
  #writing = false;
  #stopped = false;
  #failing = false;

  constructor(
    private readonly repository: Pick<JobRepository, "progress">,
    private readonly claim: Claim,
    private readonly options: HeartbeatOptions,
  ) {
    this.#timer = setInterval(() => void this.#beat(), options.intervalMs);
  }

  /** Percentage 0–100 and what the user reads beside it; null leaves one of them as it is. */
  report(percentage: number | null, message: string | null): void {
    this.#percentage = percentage ?? this.#percentage;
    this.#message = message ?? this.#message;
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.options.outage.gaveUp(this);
  }

  async #beat(): Promise<void> {
    if (this.#writing || this.#stopped) return;
    this.#writing = true;
    const [percentage, message] = [this.#percentage, this.#message];
    try {
      const outcome = await this.repository.progress(this.claim, percentage, message);
      this.#failing = false;
      this.options.outage.passed(this);
      if (outcome === "held" || this.#stopped) return;
      this.stop();
      this.options.onLost(outcome);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#writing = false;
    }
  }

  #failed(error: unknown): void {
    if (this.#stopped) return;
    if (isTransientDatabaseError(error)) this.options.outage.failed(this, error);
    else if (!this.#failing) this.options.log.warn({ err: error }, "progress cannot be written");
    this.#failing = true;
  }
}
