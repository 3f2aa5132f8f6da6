import type { RefusedHook, RefusedMessage } from "../celery/index.js";
import { asError } from "../celery/values.js";
import type { Claimant } from "../jobs/repository.js";
import { isTransientDatabaseError } from "../postgres/errors.js";
import { idsOfRequest, jobIdOf } from "./job-arguments.js";
import type { JobTaskSettings } from "./job-definition.js";
import { idsNamedBy } from "./named-jobs.js";
import { endUnclaimed } from "./unclaimed-end.js";

/** Fails the job of a message that no handler will ever see, so that its row does not wait for it. */
export function refusedJobs({ repository, log, outage, shutdownSignal, ...settings }: JobTaskSettings): RefusedHook {
  const waiting = { ...(outage ? { outage } : {}), ...(shutdownSignal ? { signal: shutdownSignal } : {}) };
  return async (refused) => {
    const ids = jobsOf(refused);
    if (ids.length === 0) return;
    const retries = refused.task?.retries ?? Number(refused.headers.retries);
    const claimant = {
      takesOver: refused.redelivered || retries > 0,
      staleAfterSeconds: settings.staleAfterSeconds ?? 60,
    };
    const reason = `the task's message was refused: ${refused.reason}`;
    try {
      const messageIds = messageIdsOf(refused);
      const fail = (by: Claimant) => repository.failRefused(ids, messageIds, by, reason);
      const failed = await endUnclaimed(ids, claimant, fail, { ...settings, repository, waiting });
      if (failed > 0)
        log.warn({ jobIds: ids, queue: refused.queue, kind: refused.kind }, "a job failed: its message was refused");
    } catch (error) {
      if (shutdownSignal?.aborted || isTransientDatabaseError(error)) throw error;
      log.error({ err: asError(error), jobIds: ids }, "a job whose message was refused cannot be failed");
    }
  };
}

function jobsOf({ task, headers, body }: RefusedMessage): string[] {
  if (task === null) return idsNamedBy({ headers, body });
  try {
    return [jobIdOf(task.args, task.kwargs)];
  } catch {
    return [];
  }
}

function messageIdsOf({ task, headers, body }: RefusedMessage): string[] {
  if (task !== null) return idsOfRequest(task);
  // Of a body that cannot be read, any id in it may be the message's own.
  const { id } = headers;
  return [...(typeof id === "string" ? [id] : []), ...idsNamedBy({ headers: {}, body })];
}
