import { asError, TaskRevokedError } from "../../errors.js";
import { encodeException } from "../../protocol/exception.js";
import type { ResultTarget } from "../../results/backend.js";
import { isStored } from "../../results/stored.js";
import type { WorkerCore } from "../core.js";
import { discard } from "../finish.js";
import type { Request } from "../request.js";
import { terminate } from "../run.js";

/** Options of {@link revoke}. */
export interface RevokeOptions {
  /** Ends the task even when it runs. */
  readonly terminate: boolean;
  /** Signal number for the revoked event, 15 for SIGTERM. A thread gets no signal: it is asked to end, then killed. */
  readonly signum: number;
}

/**
 * Revokes tasks: those in memory that do not run are discarded at once, wherever they wait; running ones are ended
 * with `terminate`; the rest when their message arrives.
 *
 * @returns ids of the running tasks that are being terminated
 */
export function revoke(core: WorkerCore, ids: readonly string[], options: RevokeOptions): string[] {
  for (const id of ids) core.revoked.add(id);
  return ids.filter((id) => {
    const terminated = core.requests.withId(id).map((request) => revokeRequest(core, request, options));
    return terminated.includes(true);
  });
}

/**
 * Stores REVOKED for tasks that this worker has not got, as Celery does where results are kept: whoever waits need not
 * wait until the message is met. A task that has ended, or that runs elsewhere, keeps its state.
 */
export async function storeRevoked(core: WorkerCore, ids: readonly string[]): Promise<void> {
  const { results } = core;
  if (!isStored(results)) return;
  const result = encodeException(new TaskRevokedError("revoked"));
  for (const id of ids) {
    try {
      await results.store(unknownTarget(id), { status: "REVOKED", result, traceback: null, children: [] });
    } catch (error) {
      core.log.warn({ err: asError(error).message, taskId: id }, "cannot store that a task is revoked");
    }
  }
}

function unknownTarget(id: string): ResultTarget {
  return {
    id,
    attempt: null,
    task: "",
    correlationId: null,
    replyTo: null,
    parentId: null,
    group: null,
    groupIndex: null,
    args: [],
    kwargs: {},
    hostname: "",
    retries: 0,
    queue: "",
  };
}

/** @returns true when the request runs and is being terminated */
export function revokeRequest(core: WorkerCore, request: Request, options: RevokeOptions): boolean {
  if (request.isWaiting) {
    request.stopWaiting();
    void discard(core, request, false);
    return false;
  }
  if (!options.terminate || request.state !== "running") return false;
  core.log.warn(`Terminating ${request.id} (${options.signum})`);
  terminate(request, options.signum);
  return true;
}
