import type { Steps } from "../protocol/steps.js";

/** How long work goes on, in milliseconds, before the event loop turns: timers, sockets and probes do not wait longer. */
const SLICE_MS = 8;

interface Job {
  readonly steps: Steps;
  readonly signal: AbortSignal | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One slice a turn for all that waits, each in its turn: there is one event loop. */
const waiting: Job[] = [];
let isScheduled = false;

/**
 * Does work in slices between which the event loop turns.
 *
 * @throws what the work throws; the reason of the signal, once that aborts
 */
export function inSlices(steps: Steps, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    waiting.push({ steps, signal, resolve, reject });
    schedule();
  });
}

function schedule(): void {
  if (isScheduled || waiting.length === 0) return;
  isScheduled = true;
  setImmediate(turn);
}

function turn(): void {
  isScheduled = false;
  const job = waiting.shift();
  if (job !== undefined && !slice(job)) waiting.push(job);
  schedule();
}

/** @returns true when the job is over */
function slice({ steps, signal, resolve, reject }: Job): boolean {
  try {
    signal?.throwIfAborted();
    const end = performance.now() + SLICE_MS;
    while (!steps.advance()) if (performance.now() >= end) return false;
    resolve();
  } catch (error) {
    reject(error);
  }
  return true;
}
