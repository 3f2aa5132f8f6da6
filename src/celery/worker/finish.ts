import { asError, WorkerShutdown } from "../errors.js";
import type { Settlement } from "./broker/delivery.js";
import type { WorkerCore } from "./core.js";
import { disposalOf, type Outcome } from "./outcome.js";
import { record } from "./record.js";
import type { Request } from "./request.js";
import { statesStored } from "./task/store.js";

/** A task that has cost its thread so often is a failure: quorum queues soon drop what is requeued again. */
const MAX_LOSSES = 10;

/**
 * Ends a request: durable state first (hooks, follow-ups, results, the next attempt, dead letters, each confirmed), the
 * message last. What fails on the way is tried again until it is done, or the worker stops. Never throws.
 */
export async function finish(core: WorkerCore, request: Request, first: Outcome): Promise<void> {
  let outcome = first.kind === "worker-lost" ? afterLoss(core, request, first) : first;
  const conclude = async (): Promise<void> => {
    await statesStored(request);
    outcome = await record(core, request, outcome);
    await settle(core, request, outcome);
  };
  try {
    // What passes is tried again step by step; a fault of ours on the way must not bring a busy loop or lose anything.
    await core.unsettled.carryOut(request, "outcome", request.queue, conclude, (error) => !isStop(error));
  } catch (error) {
    // The message is left to its channel, which returns it when it closes.
    outcome = { kind: "abandoned", reason: asError(error).message };
  } finally {
    request.state = "settled";
    core.requests.delete(request);
    core.returns.gone(request);
  }
  announce(core, request, outcome);
}

const isStop = (error: unknown): boolean => error instanceof WorkerShutdown;

function afterLoss(core: WorkerCore, request: Request, outcome: Outcome & { kind: "worker-lost" }): Outcome {
  const losses = Math.max(core.requeues.countOf(request), request.deliveryCount);
  return losses < MAX_LOSSES ? outcome : { kind: "failed", error: outcome.error };
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
  if (disposal.deadLetter) {
    const attempts = request.startedAtMs === null ? request.retries : request.retries + 1;
    const info = { reason: reasonOf(outcome), attempts };
    const target = core.deadLetters.queueOf(request.queue);
    const publish = () => core.deadLetters.publish(request.delivery, info);
    await core.unsettled.carryOut(request, "dead-letter", target, publish, (error) => !isStop(error));
    core.events.emit("messageDeadLettered", { queue: request.queue, target, reason: info.reason });
  }
  if (disposal.settle === "requeue") {
    if (outcome.kind !== "abandoned") await core.requeues.pause(request);
    const { delivery } = request;
    if (delivery.isOrphan) {
      const giveBack = () => core.giveBack.publish(delivery);
      await core.unsettled.carryOut(request, "outcome", request.queue, giveBack, (error) => !isStop(error));
    }
  }
  settleMessage(core, request, disposal.settle);
}

/** Settles the request's message, once; should it come again because the broker did not hear of that, it is known. */
export function settleMessage(core: WorkerCore, request: Request, how: Settlement): void {
  const { delivery } = request;
  if (delivery.isSettled) return;
  request.settle(how);
  core.returns.gone(request);
  if (how !== "requeue") core.returns.settled(delivery, how);
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
