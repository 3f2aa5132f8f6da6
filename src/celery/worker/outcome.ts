import {
  asError,
  Ignore,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  TaskRevokedError,
  type TimeLimitExceeded,
  WorkerLostError,
  WorkerShutdown,
} from "../errors.js";
import type { Settlement } from "./broker/delivery.js";

/** How a request ended: a closed set. */
export type Outcome =
  | { readonly kind: "succeeded"; readonly result: unknown }
  /** Final: no attempt follows. */
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "retried"; readonly retry: Retry }
  | { readonly kind: "rejected"; readonly requeue: boolean; readonly reason: string }
  | { readonly kind: "ignored" }
  | {
      readonly kind: "revoked";
      readonly terminated: boolean;
      readonly expired: boolean;
      readonly signum: number | null;
    }
  | { readonly kind: "timed-out"; readonly error: TimeLimitExceeded }
  | { readonly kind: "worker-lost"; readonly error: WorkerLostError }
  /** Stopped here without a result: the message goes back to the queue. */
  | { readonly kind: "abandoned"; readonly reason: string };

/** Options of a task that decide what an outcome does to its message. */
export interface SettlementOptions {
  readonly acksOnFailureOrTimeout: boolean;
  readonly rejectOnWorkerLost: boolean;
}

/** See the setting of that name. */
export type DeadLetterMode = "off" | "publish" | "native";

/** What to do with the message; `deadLetter` is published (and confirmed) before the settlement. */
export interface Disposal {
  readonly settle: Settlement;
  readonly deadLetter: boolean;
}

/** Outcome of a handler that threw. */
export function outcomeOfError(thrown: unknown, abortReason: unknown): Outcome {
  if (thrown instanceof Retry) return { kind: "retried", retry: thrown };
  if (thrown instanceof Reject) return { kind: "rejected", requeue: thrown.requeue, reason: thrown.message };
  if (thrown instanceof Ignore) return { kind: "ignored" };
  if (abortReason instanceof TaskRevokedError)
    return { kind: "revoked", terminated: true, expired: false, signum: null };
  if (abortReason instanceof WorkerShutdown) return { kind: "abandoned", reason: abortReason.message };
  if (thrown instanceof WorkerShutdown) return { kind: "abandoned", reason: thrown.message };
  if (thrown instanceof WorkerLostError) return { kind: "worker-lost", error: thrown };
  if (thrown instanceof SoftTimeLimitExceeded) return { kind: "failed", error: thrown };
  return { kind: "failed", error: asError(thrown) };
}

/** The one place that maps outcome and settings to the fate of the message (Celery's rules, and our dead letters). */
export function disposalOf(outcome: Outcome, options: SettlementOptions, deadLetter: DeadLetterMode): Disposal {
  switch (outcome.kind) {
    case "succeeded":
    case "ignored":
    case "retried":
    case "revoked":
      return { settle: "ack", deadLetter: false };
    case "failed":
    case "timed-out":
      return finalFailure(options, deadLetter);
    case "worker-lost":
      return options.rejectOnWorkerLost ? { settle: "requeue", deadLetter: false } : finalFailure(options, deadLetter);
    case "rejected":
      return outcome.requeue ? { settle: "requeue", deadLetter: false } : refusal(deadLetter);
    case "abandoned":
      return { settle: "requeue", deadLetter: false };
  }
}

/** A message that will not be run: rejected as in Celery, or to the dead letters. */
export function refusal(deadLetter: DeadLetterMode): Disposal {
  return deadLetter === "publish" ? { settle: "ack", deadLetter: true } : { settle: "reject", deadLetter: false };
}

function finalFailure({ acksOnFailureOrTimeout }: SettlementOptions, deadLetter: DeadLetterMode): Disposal {
  if (deadLetter !== "off") return refusal(deadLetter);
  return { settle: acksOnFailureOrTimeout ? "ack" : "reject", deadLetter: false };
}
