import { asError, PublishError, type Retry, TaskRevokedError } from "../errors.js";
import { encodeException, tracebackOf } from "../protocol/exception.js";
import { encodeTaskMessage } from "../protocol/message.js";
import type { State } from "../results/backend.js";
import type { WorkerCore } from "./core.js";
import { disposalOf, type Outcome, type SettlementOptions } from "./outcome.js";
import type { Request } from "./request.js";

/**
 * Ends a request: durable state first (hooks, results, the next attempt, dead letters, each confirmed), the message
 * last. Never throws.
 */
export async function finish(core: WorkerCore, request: Request, first: Outcome): Promise<void> {
  let outcome = first;
  try {
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
  await finish(core, request, { kind: "revoked", terminated: false, expired, signum: null });
}

/** Stores a state that is not final; a failure to do so is logged and does not end the task. */
export async function storeState(core: WorkerCore, request: Request, status: State, result: unknown): Promise<void> {
  try {
    await core.results.store(targetOf(request), { status, result, traceback: null, children: [] });
  } catch (error) {
    core.log.warn({ err: asError(error).message, taskId: request.id, status }, "cannot store a task state");
  }
}

/** Writes what outlives the request. @returns the outcome, or the one it became when it could not be recorded */
async function record(core: WorkerCore, request: Request, outcome: Outcome): Promise<Outcome> {
  switch (outcome.kind) {
    case "succeeded":
      return await recordSuccess(core, request, outcome);
    case "failed":
    case "timed-out":
      await recordFailure(core, request, outcome.error);
      return outcome;
    case "worker-lost":
      if (!(request.definition.acksLate && request.definition.rejectOnWorkerLost))
        await recordFailure(core, request, outcome.error);
      return outcome;
    case "retried":
      return await recordRetry(core, request, outcome);
    case "revoked": {
      await request.definition.onRevoked?.(request, { terminated: outcome.terminated, expired: outcome.expired });
      const error = new TaskRevokedError(outcome.terminated ? "terminated" : outcome.expired ? "expired" : "revoked");
      await store(core, request, "REVOKED", encodeException(error), null, true);
      return outcome;
    }
    case "rejected":
    case "ignored":
    case "abandoned":
      return outcome;
  }
}

async function recordSuccess(
  core: WorkerCore,
  request: Request,
  outcome: Outcome & { kind: "succeeded" },
): Promise<Outcome> {
  try {
    await store(core, request, "SUCCESS", outcome.result ?? null, null, false);
    return outcome;
  } catch (error) {
    if (error instanceof PublishError) throw error;
    // The result cannot be serialized, as Celery's EncodeError.
    await recordFailure(core, request, asError(error));
    return { kind: "failed", error: asError(error) };
  }
}

async function recordFailure(core: WorkerCore, request: Request, error: Error): Promise<void> {
  await request.definition.onFailure?.(request, error);
  await store(core, request, "FAILURE", encodeException(error), tracebackOf(error), true);
}

async function recordRetry(
  core: WorkerCore,
  request: Request,
  outcome: Outcome & { kind: "retried" },
): Promise<Outcome> {
  try {
    await publishRetry(core, request, outcome.retry);
  } catch (error) {
    // Celery's answer to a retry that cannot be sent.
    return { kind: "rejected", requeue: false, reason: `the retry could not be published: ${asError(error).message}` };
  }
  const { error } = outcome.retry;
  await store(
    core,
    request,
    "RETRY",
    error === null ? null : encodeException(error),
    error === null ? null : tracebackOf(error),
    true,
  );
  return outcome;
}

async function store(
  core: WorkerCore,
  request: Request,
  status: State,
  result: unknown,
  traceback: string | null,
  isError: boolean,
): Promise<void> {
  if (
    request.ignoreResult &&
    !(isError && (request.definition.storeErrorsEvenIfIgnored || !request.definition.ignoreResult))
  )
    return;
  await core.results.store(targetOf(request), { status, result, traceback, children: [] });
}

/** The next attempt: the same message with one more retry, to where this one came from. */
async function publishRetry(core: WorkerCore, request: Request, retry: Retry): Promise<void> {
  const { message } = request;
  const { body, headers, properties } = encodeTaskMessage(
    {
      ...message,
      args: retry.args ?? message.args,
      kwargs: retry.kwargs ?? message.kwargs,
      retries: message.retries + 1,
      eta: retry.eta,
      parentId: message.parentId ?? message.id,
      rootId: request.rootId,
      customHeaders: withoutDeathHeaders(message.customHeaders),
      ...(request.replyTo === null ? {} : { replyTo: request.replyTo }),
      priority: request.deliveryInfo.priority ?? 0,
    },
    { protocol: 2, serializer: core.settings.taskSerializer },
  );
  const { exchange, routingKey } = request.deliveryInfo;
  await core.publisher.publish({ exchange, routingKey, body, headers, ...properties });
}

function withoutDeathHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^x-(first-|last-)?death/.test(name)));
}

async function settle(core: WorkerCore, request: Request, outcome: Outcome): Promise<void> {
  const { definition } = request;
  const options: SettlementOptions = { ...definition, deadLetter: core.settings.deadLetter };
  const disposal = disposalOf(outcome, options);
  if (disposal.deadLetter)
    await core.deadLetters.publish(request.delivery, { reason: reasonOf(outcome), attempts: request.retries + 1 });
  if (disposal.settle !== "requeue") core.ended.add(request.key);
  request.settle(disposal.settle);
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
  const runtimeSeconds = request.startedAtMs === null ? 0 : (Date.now() - request.startedAtMs) / 1000;
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

function targetOf(request: Request) {
  return {
    id: request.id,
    task: request.task,
    correlationId: request.correlationId,
    replyTo: request.replyTo,
    parentId: request.parentId,
    group: request.group,
    groupIndex: request.groupIndex,
    args: request.args,
    kwargs: request.kwargs,
    hostname: request.hostname,
    retries: request.retries,
    queue: request.deliveryInfo.routingKey,
  };
}
