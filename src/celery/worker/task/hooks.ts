import { asError, WorkerShutdown } from "../../errors.js";
import type { ReturnInfo } from "../../task.js";
import type { WorkerCore } from "../core.js";
import type { Request } from "../request.js";

/** Runs the task's `onRetry`: an error of it is logged, because the next attempt is under way. */
export async function retryHook(core: WorkerCore, request: Request, error: Error | null): Promise<void> {
  const { onRetry } = request.definition;
  if (onRetry !== undefined) await logged(core, request, "onRetry", () => onRetry(request, error));
}

/** Runs the task's `afterReturn`: an error of it is logged, because the outcome is recorded. */
export async function returnHook(core: WorkerCore, request: Request, info: ReturnInfo): Promise<void> {
  const { afterReturn } = request.definition;
  if (afterReturn !== undefined) await logged(core, request, "afterReturn", () => afterReturn(request, info));
}

/** Runs the task's `onFailure`: an error of it is logged, because the failure is the task's all the same. */
export async function failureHook(core: WorkerCore, request: Request, error: Error): Promise<void> {
  const { onFailure } = request.definition;
  if (onFailure !== undefined) await logged(core, request, "onFailure", () => onFailure(request, error));
}

/** Runs the task's `onRevoked`: an error of it is logged. */
export async function revokedHook(
  core: WorkerCore,
  request: Request,
  info: { readonly terminated: boolean; readonly expired: boolean },
): Promise<void> {
  const { onRevoked } = request.definition;
  if (onRevoked !== undefined) await logged(core, request, "onRevoked", () => onRevoked(request, info));
}

/** @throws WorkerShutdown when the hook fails while the worker stops: the message comes again, and the hook with it */
async function logged(
  core: WorkerCore,
  request: Request,
  hook: string,
  run: () => Promise<void> | void,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (core.isStopping()) throw new WorkerShutdown(`the worker stopped while the hook ${hook} ran`);
    core.log.error({ err: asError(error), task: request.task, taskId: request.id }, `the hook ${hook} failed`);
  }
}
