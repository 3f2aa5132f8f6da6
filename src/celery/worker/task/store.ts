import { asError } from "../../errors.js";
import type { ResultTarget, ResultTuple, State } from "../../results/backend.js";
import type { WorkerCore } from "../core.js";
import type { Request } from "../request.js";

/** What results wait for where they are refused. */
export const RESULTS = "the result backend";

/**
 * Stores a state that is not final, after those that the run reached before it, also when nobody awaited them; a failure
 * to do so is logged and does not end the task. A run that has ended stores none: its handler may have been left behind.
 */
export function storeState(core: WorkerCore, request: Request, status: State, result: unknown): Promise<void> {
  if (request.state !== "running") {
    core.log.debug({ taskId: request.id, status }, "a task state is not stored: the run has ended");
    return Promise.resolve();
  }
  const write = async (): Promise<void> => {
    try {
      await core.results.store(targetOf(request), { status, result, traceback: null, children: request.children });
    } catch (error) {
      core.log.warn({ err: asError(error).message, taskId: request.id, status }, "cannot store a task state");
    }
  };
  request.lastWrite = request.lastWrite === null ? write() : request.lastWrite.then(write);
  return request.lastWrite;
}

/** Resolves once the states that the run has reached are stored: what comes after it must not be overtaken by them. */
export async function statesStored(request: Request): Promise<void> {
  if (request.lastWrite !== null) await request.lastWrite;
}

/**
 * Stores a state that ends a run, unless the request's results are ignored; as often as it takes where the backend refuses.
 * @param children what the state names as sent by the run
 * @throws EncodeError
 */
export async function store(
  core: WorkerCore,
  request: Request,
  status: State,
  result: unknown,
  traceback: string | null,
  isError: boolean,
  children: readonly ResultTuple[] = request.children,
): Promise<void> {
  if (!keepsResult(request, isError)) return;
  const record = { status, result, traceback, children };
  await core.unsettled.carryOut(request, "result", RESULTS, () => core.results.store(targetOf(request), record));
}

/** Ignored results are not stored, but errors of tasks that say so. */
export function keepsResult({ ignoreResult, definition }: Request, isError: boolean): boolean {
  return !ignoreResult || (isError && definition.storeErrorsEvenIfIgnored);
}

function targetOf(request: Request): ResultTarget {
  const { stampedHeaders, stamps, replacedTaskNesting, retries } = request.message;
  return {
    id: request.id,
    attempt: [replacedTaskNesting, retries],
    task: request.task,
    correlationId: request.correlationId,
    replyTo: request.replyTo,
    parentId: request.parentId,
    group: request.group,
    groupIndex: request.groupIndex,
    args: request.args,
    kwargs: request.kwargs,
    hostname: request.hostname,
    retries,
    queue: request.deliveryInfo.routingKey,
    stamps: stampedHeaders === null ? null : stamps,
  };
}
