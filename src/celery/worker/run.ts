import type { TaskDefinition } from "../definition.js";
import { SoftTimeLimitExceeded, TaskControl, TaskRevokedError, TimeLimitExceeded, WorkerShutdown } from "../errors.js";
import { startTimeout } from "../long-timeout.js";
import type { ErrorClass } from "../task.js";
import type { WorkerCore } from "./core.js";
import { finish, settleMessage } from "./finish.js";
import { type Outcome, outcomeOfError } from "./outcome.js";
import type { Request } from "./request.js";
import { Context } from "./task/context.js";
import { storeState } from "./task/store.js";
import type { SlotGroup } from "./wait/slots.js";

/** How long a terminated task may take to end by itself before it is given up and its threads are killed. */
const TERMINATE_GRACE_MS = 1500;

/** Runs a request in the slot it holds, and settles it. */
export function start(core: WorkerCore, request: Request, slots: SlotGroup): void {
  request.start();
  if (!request.definition.acksLate) settleMessage(core, request, "ack");
  core.events.emit("taskStarted", request);
  request.traceId = core.tracing?.traceId(request) ?? request.traceId;
  if (request.definition.trackStarted && !request.ignoreResult)
    void storeState(core, request, "STARTED", { pid: process.pid, hostname: core.nodename });
  const { tracing } = core;
  if (tracing === null) carryOut(core, request, slots);
  else tracing.within(request, () => carryOut(core, request, slots));
}

function carryOut(core: WorkerCore, request: Request, slots: SlotGroup): void {
  void execute(core, request).then((outcome) => {
    request.state = "finishing";
    slots.release();
    return finish(core, request, outcome);
  });
}

/** Ends a running request on purpose: it is revoked once its handler ended, or after a grace period. */
export function terminate(request: Request, signum: number): void {
  if (request.state !== "running") return;
  request.signum = signum;
  const reason = new TaskRevokedError("terminated");
  request.abort(reason);
  setTimeout(() => {
    if (request.state !== "running") return;
    request.kill(reason);
    request.endNow?.({ kind: "revoked", terminated: true, expired: false, signum });
  }, TERMINATE_GRACE_MS).unref();
}

/** Gives up a running request when the worker stops: its message goes back to the queue. */
export function abandon(request: Request): void {
  if (request.state !== "running") return;
  const reason = new WorkerShutdown("the worker stopped before the task ended");
  request.kill(reason);
  request.endNow?.({ kind: "abandoned", reason: reason.message });
}

/** The handler against its time limits; resolves once, with whichever comes first. */
function execute(core: WorkerCore, request: Request): Promise<Outcome> {
  return new Promise((resolve) => {
    const stopTimers = startTimers(core, request);
    const end = (outcome: Outcome) => {
      if (request.endNow === null) return;
      request.endNow = null;
      stopTimers();
      resolve(outcome);
    };
    request.endNow = end;
    invoke(core, request).then(
      (result) => end(afterReturn(request, result)),
      (error) => end(afterThrow(request, error)),
    );
  });
}

async function invoke(core: WorkerCore, request: Request): Promise<unknown> {
  const { definition } = request;
  const context = new Context(core, request);
  const args = definition.typing === undefined ? request.args : definition.typing.parse(request.args);
  // Autoretry is around the handler alone, as Celery wraps `run`.
  if (definition.beforeStart !== undefined) await definition.beforeStart(request);
  if (definition.autoretryFor.length === 0) return await definition.handler(context, ...args);
  try {
    return await definition.handler(context, ...args);
  } catch (error) {
    const isOneOf = (classes: readonly ErrorClass[]) => classes.some((type) => error instanceof type);
    if (error instanceof TaskControl || isOneOf(definition.dontAutoretryFor) || !isOneOf(definition.autoretryFor))
      throw error;
    return context.retry({ error, ...autoretryDelay(definition, request.retries) });
  }
}

/** Celery's formula: `min(max, factor × 2^retries)` seconds, with jitter a whole number drawn from 0 up to it. */
function autoretryDelay(
  { retryBackoff, retryBackoffMax, retryJitter }: TaskDefinition,
  retries: number,
): { countdown?: number } {
  if (retryBackoff === null) return {};
  const full = Math.min(retryBackoffMax, retryBackoff * 2 ** retries);
  return { countdown: retryJitter ? Math.floor(Math.random() * (full + 1)) : full };
}

function afterReturn(request: Request, result: unknown): Outcome {
  if (request.abortReason instanceof TaskRevokedError)
    return { kind: "revoked", terminated: true, expired: false, signum: request.signum };
  return { kind: "succeeded", result };
}

function afterThrow(request: Request, error: unknown): Outcome {
  const outcome = outcomeOfError(error, request.abortReason);
  return outcome.kind === "revoked" ? { ...outcome, signum: request.signum } : outcome;
}

function startTimers(core: WorkerCore, request: Request): () => void {
  const [hard, soft] = request.limits;
  const stops: (() => void)[] = [];
  if (soft !== null && soft > 0) {
    const onSoft = () => {
      core.log.warn({ taskId: request.id }, `Soft time limit (${soft}s) exceeded for ${request.name}[${request.id}]`);
      request.abort(new SoftTimeLimitExceeded(soft));
    };
    stops.push(startTimeout(onSoft, soft * 1000));
  }
  if (hard !== null && hard > 0) {
    const onHard = () => {
      core.log.error({ taskId: request.id }, `Hard time limit (${hard}s) exceeded for ${request.name}[${request.id}]`);
      const error = new TimeLimitExceeded(hard);
      request.kill(error);
      request.endNow?.({ kind: "timed-out", error });
    };
    stops.push(startTimeout(onHard, hard * 1000));
  }
  return () => {
    for (const stop of stops) stop();
  };
}
