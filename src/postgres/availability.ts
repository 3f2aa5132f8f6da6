import { setTimeout as delay } from "node:timers/promises";
import { classifyDatabaseError } from "./errors.js";
import type { Outage } from "./outage.js";

export interface AvailabilityOptions {
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** First pause. Default 100. */
  readonly initialMs?: number;
  /** Longest pause. Default 3000. */
  readonly maximumMs?: number;
  /** Told of every failed attempt, before the pause. */
  readonly onUnavailable?: (error: Error, attempt: number) => void;
  /** Learns that this operation waits, and why. */
  readonly outage?: Outage;
}

/** Conflicts pass by themselves; one that comes back so often is worth a word. */
const PATIENCE_WITH_CONFLICTS = 5;

/**
 * Runs an operation again, with jittered and growing pauses, until the database carries it out or fails it for good.
 * The operation must bear repetition: after a lost connection nobody knows whether it was carried out.
 * @throws the signal's reason, or the operation's first permanent error.
 */
export async function untilAvailable<T>(
  operation: (attempt: number) => Promise<T>,
  options: AvailabilityOptions = {},
): Promise<T> {
  const { signal, initialMs = 100, maximumMs = 3000, onUnavailable, outage } = options;
  const waiter = {};
  try {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      try {
        const result = await operation(attempt);
        outage?.passed(waiter);
        return result;
      } catch (error) {
        const kind = error instanceof Error ? classifyDatabaseError(error) : "permanent";
        if (!(error instanceof Error) || kind === "permanent") throw error;
        onUnavailable?.(error, attempt);
        if (kind === "unavailable" || attempt >= PATIENCE_WITH_CONFLICTS) outage?.failed(waiter, error);
        const ceiling = Math.min(maximumMs, initialMs * 2 ** Math.min(attempt, 20));
        await pause(ceiling * (0.5 + Math.random() / 2), signal);
      }
    }
  } finally {
    outage?.gaveUp(waiter);
  }
}

/** @throws the signal's reason when it aborts first. */
export async function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(durationMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
