import { asError } from "../errors.js";
import type { ReturnInfo } from "../task.js";
import type { WorkerCore } from "./core.js";
import type { Request } from "./request.js";

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

async function logged(
  core: WorkerCore,
  request: Request,
  hook: string,
  run: () => Promise<void> | void,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    core.log.error({ err: asError(error), task: request.task, taskId: request.id }, `the hook ${hook} failed`);
  }
}
