import { backOffMs } from "../../amqp/back-off.js";
import { asError } from "../../errors.js";
import type { Delivery } from "../broker/delivery.js";

/** What may stand between a delivery and its settlement. */
export const UNSETTLED_STEPS = ["dead-letter", "result", "retry", "follow-up", "outcome"] as const;
export type UnsettledStep = (typeof UNSETTLED_STEPS)[number];

/** Whose end is not done yet: a request, or a message that never became one. */
export interface Subject {
  /** The present delivery: a redelivery may have been adopted. */
  readonly delivery: Delivery;
  /** Fields that name it in the log. */
  readonly logFields: Readonly<Record<string, unknown>>;
  /** The step is worth doing while the message is back at the broker: what it ends is remembered here. */
  readonly outlivesDelivery: boolean;
}

/** One step that is tried again until it is done. */
export interface Entry {
  readonly subject: Subject;
  readonly step: UnsettledStep;
  readonly attempt: () => Promise<unknown>;
  /** Whether another try may succeed after this error. */
  readonly passes: (error: unknown) => boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  attempts: number;
  /** Why the last try failed. */
  reason: string;
  /** When its message was found to be back at the broker; null while it is here. */
  lostAtMs: number | null;
}

/** The message was lost with its channel and did not come back here: what was to be done for it is done elsewhere. */
export class WentBack extends Error {
  override readonly name = "WentBack";
}

const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 15_000;

/** How many are tried at once after one has succeeded. */
const SWEEP = 16;

/** How long the redelivery of a message that was lost with its channel is waited for. */
const RETURN_MS = 60_000;

/**
 * Entries that wait for the same thing outside. While it fails, one of them is tried at a time, the one that was tried
 * least, with growing pauses; once it succeeds, all others are.
 */
export class Lane {
  readonly entries = new Set<Entry>();
  #failures = 0;
  /** Early tries in a row that failed. */
  #wakes = 0;
  #triedAtMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #isTrying = false;

  /** @param onLeft told of each entry that leaves; `isDone` when its step was carried out */
  constructor(private readonly onLeft: (entry: Entry, isDone: boolean) => void) {}

  add(entry: Entry): void {
    this.entries.add(entry);
    this.#schedule();
  }

  /** What is waited for seems to be there again: tries before its time, and less readily each time that was in vain. */
  wake(): void {
    if (performance.now() - this.#triedAtMs < backOffMs(this.#wakes, FIRST_PAUSE_MS, LAST_PAUSE_MS)) return;
    this.#wakes += 1;
    void this.try();
  }

  /** Tries now what waits. */
  async try(): Promise<void> {
    if (this.#isTrying) return;
    this.#isTrying = true;
    this.#triedAtMs = performance.now();
    this.#stopTimer();
    const waiting = this.#present().sort((a, b) => a.attempts - b.attempts);
    for (let count = 1; waiting.length > 0; count = SWEEP) {
      const outcomes = await Promise.all(waiting.splice(0, count).map((entry) => this.#attempt(entry)));
      if (outcomes.includes(false)) {
        this.#failures += 1;
        break;
      }
      this.#failures = 0;
      this.#wakes = 0;
    }
    this.#isTrying = false;
    this.#schedule();
  }

  /** Ends all waiting with this error. */
  close(error: Error): void {
    this.#stopTimer();
    for (const entry of [...this.entries]) this.#leave(entry, false).reject(error);
  }

  #schedule(): void {
    if (this.#timer !== null || this.#isTrying || this.entries.size === 0) return;
    const pauseMs = backOffMs(this.#failures, FIRST_PAUSE_MS, LAST_PAUSE_MS);
    this.#timer = setTimeout(() => void this.try(), pauseMs);
    this.#timer.unref();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** @returns false when the step failed again */
  async #attempt(entry: Entry): Promise<boolean> {
    if (!this.entries.has(entry)) return true;
    try {
      const result = await entry.attempt();
      if (this.entries.has(entry)) this.#leave(entry, true).resolve(result);
      return true;
    } catch (error) {
      entry.attempts += 1;
      entry.reason = asError(error).message;
      if (entry.passes(error)) return !this.entries.has(entry);
      if (this.entries.has(entry)) this.#leave(entry, false).reject(asError(error));
      return true;
    }
  }

  #leave(entry: Entry, isDone: boolean): Entry {
    this.entries.delete(entry);
    this.onLeft(entry, isDone);
    return entry;
  }

  /** Those whose message is here, or that go on without it; those that did not come back in time leave. */
  #present(): Entry[] {
    const now = Date.now();
    return [...this.entries].filter((entry) => {
      const { delivery, outlivesDelivery } = entry.subject;
      if (outlivesDelivery || delivery.isPending) {
        entry.lostAtMs = null;
        return true;
      }
      entry.lostAtMs ??= now;
      if (now - entry.lostAtMs > RETURN_MS)
        this.#leave(entry, false).reject(new WentBack("the message was lost with its channel, and did not come back"));
      return false;
    });
  }
}
