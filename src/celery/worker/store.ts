import { asError } from "../errors.js";
import type { ResultTarget, State } from "../results/backend.js";
import type { WorkerCore } from "./core.js";
import type { Request } from "./request.js";

/** Stores a state that is not final; a failure to do so is logged and does not end the task. */
export async function storeState(core: WorkerCore, request: Request, status: State, result: unknown): Promise<void> {
  try {
    await core.results.store(targetOf(request), { status, result, traceback: null, children: request.children });
  } catch (error) {
    core.log.warn({ err: asError(error).message, taskId: request.id, status }, "cannot store a task state");
  }
}

/** Stores a state, unless the request's results are ignored. @throws the result backend's errors; EncodeError */
export async function store(
  core: WorkerCore,
  request: Request,
  status: State,
  result: unknown,
  traceback: string | null,
  isError: boolean,
): Promise<void> {
  if (!isStored(request, isError)) return;
  await core.results.store(targetOf(request), { status, result, traceback, children: request.children });
}

/** Ignored results are not stored, but errors of tasks that say so. */
export function isStored({ ignoreResult, definition }: Request, isError: boolean): boolean {
  return !ignoreResult || (isError && definition.storeErrorsEvenIfIgnored);
}

function targetOf(request: Request): ResultTarget {
  const { stampedHeaders, stamps } = request.message;
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
    stamps: stampedHeaders === null ? null : stamps,
  };
}
