import { asError } from "../errors.js";
import type { WorkerCore } from "./core.js";
import { disposalOf, type Outcome } from "./outcome.js";
import { record } from "./record.js";
import type { Request } from "./request.js";
import { statesStored } from "./store.js";

/**
 * Ends a request: durable state first (hooks, follow-ups, results, the next attempt, dead letters, each confirmed), the
 * message last. Never throws.
 */
export async function finish(core: WorkerCore, request: Request, first: Outcome): Promise<void> {
  let outcome = first;
  try {
    await statesStored(request);
    outcome = await record(core, request, outcome);
    await settle(core, request, outcome);
  } catch (error) {
    core.log.error(
      { err: error, taskId: request.id },
      "the outcome of a task could not be recorded: its message goes back to the queue",
    );
    outcome = { kind: "abandoned", reason: asError(error).message };
    request.settle("requeue");
  } finally {
    request.state = "settled";
    if (core.requests.get(request.id) === request) core.requests.delete(request.id);
  }
  announce(core, request, outcome);
}

/** Ends a request that is revoked or expired before it ran. */
export async function discard(core: WorkerCore, request: Request, expired: boolean): Promise<void> {
  core.log.info({ taskId: request.id }, `Discarding revoked task: ${request.name}[${request.id}]`);
  request.state = "finishing";
  // A hook wants the arguments, and a chord that the task is part of wants to hear of it.
  const isAwaited = request.group !== null || request.definition.onRevoked !== undefined;
  if (!request.isRead && isAwaited) await core.bodies.readToEnd(request);
  await finish(core, request, { kind: "revoked", terminated: false, expired, signum: null });
}

async function settle(core: WorkerCore, request: Request, outcome: Outcome): Promise<void> {
  const disposal = disposalOf(outcome, request.definition, core.settings.deadLetter);
  if (disposal.deadLetter)
    await core.deadLetters.publish(request.delivery, {
      reason: reasonOf(outcome),
      attempts: request.startedAtMs === null ? request.retries : request.retries + 1,
    });
  if (disposal.settle !== "requeue") core.ended.add(request.key);
  request.settle(disposal.settle);
}

function rejectionOf(core: WorkerCore, { definition }: Request, outcome: Outcome): { requeue: boolean } | null {
  const { settle } = disposalOf(outcome, definition, core.settings.deadLetter);
  return definition.acksLate && settle !== "ack" ? { requeue: settle === "requeue" } : null;
}

function reasonOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "failed":
    case "timed-out":
    case "worker-lost":
      return `${outcome.error.name}: ${outcome.error.message}`;
    case "rejected":
      return outcome.reason;
    default:
      return outcome.kind;
  }
}

function announce(core: WorkerCore, request: Request, outcome: Outcome): void {
  const { runtimeSeconds } = request;
  const { events } = core;
  switch (outcome.kind) {
    case "succeeded":
      events.emit("taskSucceeded", request, { result: outcome.result, runtimeSeconds });
      return;
    case "failed":
    case "timed-out":
    case "worker-lost": {
      const { error } = outcome;
      events.emit("taskFailed", request, {
        error,
        runtimeSeconds,
        expected: request.definition.throws.some((type) => error instanceof type),
        rejected: rejectionOf(core, request, outcome),
      });
      return;
    }
    case "retried":
      events.emit("taskRetried", request, {
        error: outcome.retry.error,
        countdownSeconds: outcome.retry.countdownSeconds,
        runtimeSeconds,
      });
      return;
    case "rejected":
      events.emit("taskRejected", request, { requeue: outcome.requeue, reason: outcome.reason });
      return;
    case "ignored":
      events.emit("taskIgnored", request);
      return;
    case "revoked":
      events.emit("taskRevoked", request, {
        terminated: outcome.terminated,
        signum: outcome.signum,
        expired: outcome.expired,
      });
      return;
    case "abandoned":
      events.emit("taskAbandoned", request, { reason: outcome.reason });
      return;
  }
}
