import type { WorkerCore } from "./core.js";
import { discard } from "./finish.js";
import type { Request } from "./request.js";
import { terminate } from "./run.js";

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
    const request = core.requests.get(id);
    return request !== undefined && revokeRequest(core, request, options);
  });
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
