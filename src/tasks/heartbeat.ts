import type { Logger } from "pino";
import type { Claim, FencedOutcome, JobRepository } from "../jobs/repository.js";

export interface HeartbeatOptions {
  readonly intervalMs: number;
  readonly log: Logger;
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
    private readonly repository: JobRepository,
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
  }

  async #beat(): Promise<void> {
    if (this.#writing || this.#stopped) return;
    this.#writing = true;
    const [percentage, message] = [this.#percentage, this.#message];
    try {
      const outcome = await this.repository.progress(this.claim, percentage, message);
      this.#failing = false;
      if (outcome === "held" || this.#stopped) return;
      this.stop();
      this.options.onLost(outcome);
    } catch (error) {
      if (!this.#failing && !this.#stopped) this.options.log.warn({ err: error }, "progress cannot be written");
      this.#failing = true;
    } finally {
      this.#writing = false;
    }
  }
}
