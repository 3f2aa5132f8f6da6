import { countChordPart, failChain, publishErrbacks, publishFollowUps } from "../canvas/follow-up.js";
import { AsyncResult } from "../client/async-result.js";
import { GroupResult } from "../client/group-result.js";
import { asError, isLasting, TaskRevokedError } from "../errors.js";
import { encodeException, tracebackOf } from "../protocol/exception.js";
import type { Embed } from "../protocol/types.js";
import type { ResultRecord, State } from "../results/backend.js";
import type { WorkerCore } from "./core.js";
import type { Outcome } from "./outcome.js";
import type { Request } from "./request.js";
import { callerOf, RequestCanvas } from "./task/canvas.js";
import { Context } from "./task/context.js";
import { failureHook, retryHook, returnHook, revokedHook } from "./task/hooks.js";
import { nextAttemptOf, publishRetry } from "./task/retry.js";
import { keepsResult, store } from "./task/store.js";

/**
 * Writes what outlives a request: its hooks, callbacks and next steps, result, part in a chord, next attempt.
 *
 * @returns the outcome, or the one it became when it could not be recorded
 * @throws PublishError and the result backend's errors: the message must come again
 */
export async function record(core: WorkerCore, request: Request, outcome: Outcome): Promise<Outcome> {
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
      await revokedHook(core, request, { terminated: outcome.terminated, expired: outcome.expired });
      const error = new TaskRevokedError(outcome.terminated ? "terminated" : outcome.expired ? "expired" : "revoked");
      const result = encodeException(error);
      await store(core, request, "REVOKED", result, null, true);
      await countPart(core, request, "REVOKED", result);
      return outcome;
    }
    case "abandoned":
      if (request.acknowledged) await recordLoss(core, request);
      return outcome;
    case "rejected":
    case "ignored":
      return outcome;
  }
}

/** The message is gone and no attempt will follow: whoever waits finds the state that Celery leaves behind. */
async function recordLoss(core: WorkerCore, request: Request): Promise<void> {
  const error = { exc_type: "Retry", exc_message: ["cancelled by Celery"], exc_module: "celery.exceptions" };
  await store(core, request, "RETRY", error, null, true);
  await retryHook(core, request, null);
}

/** Whether a task that succeeded has anything to publish. */
function hasFollowUps({ callbacks, chain }: Embed): boolean {
  return (callbacks !== null && callbacks.length > 0) || (chain !== null && chain.length > 0);
}

/** Callbacks and the next step go first, so that the result names them as children; the chord counts last. */
async function recordSuccess(
  core: WorkerCore,
  request: Request,
  outcome: Outcome & { kind: "succeeded" },
): Promise<Outcome> {
  const result = plainResult(outcome.result);
  try {
    const { embed } = request.message;
    if (hasFollowUps(embed)) {
      await publishFollowUps(canvasOf(core, request), embed, result, callerOf(core, request));
    }
    await store(core, request, "SUCCESS", result, null, false);
  } catch (error) {
    if (!isLasting(error)) throw error;
    // The result cannot be serialized, as Celery's EncodeError, or a follow-up cannot be sent as it is.
    await recordFailure(core, request, asError(error));
    return { kind: "failed", error: asError(error) };
  }
  if (request.message.embed.chord !== null) await countPart(core, request, "SUCCESS", result);
  const { onSuccess, afterReturn } = request.definition;
  if (onSuccess !== undefined) {
    try {
      await onSuccess(request, outcome.result);
    } catch (error) {
      // As in Celery: an error on the way out is the task's.
      await recordFailure(core, request, asError(error));
      return { kind: "failed", error: asError(error) };
    }
  }
  if (afterReturn !== undefined) await returnHook(core, request, { status: "SUCCESS", result: outcome.result });
  return outcome;
}

/** A task that returns the result of another one returns its ids. */
function plainResult(result: unknown): unknown {
  if (result instanceof AsyncResult || result instanceof GroupResult) return result.asTuple();
  return result ?? null;
}

async function recordFailure(core: WorkerCore, request: Request, error: Error): Promise<void> {
  await failureHook(core, request, error);
  const result = encodeException(error);
  const traceback = tracebackOf(error);
  await store(core, request, "FAILURE", result, traceback, true);
  await countPart(core, request, "FAILURE", result);
  await failFollowUps(core, request, error, { status: "FAILURE", result, traceback, children: [] });
  await returnHook(core, request, { status: "FAILURE", error });
}

async function failFollowUps(core: WorkerCore, request: Request, error: Error, state: ResultRecord): Promise<void> {
  const { embed } = request.message;
  if (embed.errbacks === null && (embed.chain === null || embed.chain.length === 0)) return;
  const canvas = canvasOf(core, request);
  const failure = { id: request.id, rootId: request.rootId, error, traceback: state.traceback };
  await afterwards(core, request, async () => {
    await failChain(canvas, embed, state, keepsResult(request, true));
    await publishErrbacks(canvas, embed.errbacks, failure);
  });
}

/** What cannot be sent as it is must not bring a task back that has ended. */
async function afterwards(core: WorkerCore, request: Request, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isLasting(error)) throw error;
    core.log.error({ err: error, taskId: request.id }, "what should follow a task that has ended cannot be sent");
  }
}

/**
 * RETRY is stored before the next attempt is published: whoever runs that one may be done before this worker comes to
 * its next line. A worker that dies in between has not acknowledged the message, so this attempt is made again.
 */
async function recordRetry(
  core: WorkerCore,
  request: Request,
  outcome: Outcome & { kind: "retried" },
): Promise<Outcome> {
  const { error } = outcome.retry;
  const [result, traceback] = error === null ? [null, null] : [encodeException(error), tracebackOf(error)];
  const children = request.definition.trail ? [...request.children, nextAttemptOf(request)] : [];
  await store(core, request, "RETRY", result, traceback, true, children);
  try {
    await publishRetry(core, request, outcome.retry);
  } catch (thrown) {
    const cause = asError(thrown);
    const reason = `the retry could not be published: ${cause.message}`;
    // The publisher closes when the worker stops: another worker makes this attempt again.
    if (core.isStopping()) return { kind: "abandoned", reason };
    // Celery's answer to a retry that the broker refuses is to reject the message. No attempt will follow the RETRY.
    await recordFailure(core, request, error ?? cause);
    return { kind: "rejected", requeue: false, reason };
  }
  await retryHook(core, request, error);
  return outcome;
}

function canvasOf(core: WorkerCore, request: Request): RequestCanvas {
  return new RequestCanvas(core, request, () => new Context(core, request));
}

async function countPart(core: WorkerCore, request: Request, status: State, result: unknown): Promise<void> {
  const { chord } = request.message.embed;
  if (chord === null) return;
  const { id, group, groupIndex } = request;
  const part = { id, group, groupIndex, chord };
  await afterwards(core, request, () =>
    countChordPart(canvasOf(core, request), part, status, result, callerOf(core, request)),
  );
}
