import type { Logger } from "pino";
import { ZodError } from "zod";
import { SoftTimeLimitExceeded, type TaskRequest, TimeLimitExceeded } from "../celery/index.js";
import { asError } from "../celery/values.js";
import { JobSupersededError, JobTypeError } from "../jobs/errors.js";
import type { Claimant, JobRepository } from "../jobs/repository.js";
import type { JobType } from "../jobs/schema.js";
import { type AvailabilityOptions, untilAvailable } from "../postgres/availability.js";
import { isTransientDatabaseError } from "../postgres/errors.js";
import type { Outage } from "../postgres/outage.js";
import { idsOfRequest, jobIdOfRequest } from "./job-arguments.js";
import { besides, claimantOf, type JobAttempt } from "./job-attempt.js";
import { endUnclaimed } from "./unclaimed-end.js";

/** How a job ends from outside its handler. */
export type JobEnd = { readonly status: "FAILED"; readonly error: Error } | { readonly status: "CANCELLED" };

export interface EndOptions {
  readonly repository: JobRepository;
  readonly jobType: JobType;
  readonly outage: Outage;
  readonly staleAfterSeconds: number;
  /** Milliseconds between the signs of life of a run. Default 500. */
  readonly heartbeatMs?: number;
  /** Whether a run of this process has the row. */
  readonly isHeldHere: (jobId: string) => boolean;
  readonly log: Logger;
  /** Ends the waiting for the database. */
  readonly shutdownSignal?: AbortSignal;
}

/** Ends the row from outside the handler, under the attempt's fence, or unfenced if no attempt ever claimed it. */
export async function endJob(
  request: TaskRequest,
  attempt: JobAttempt | undefined,
  end: JobEnd,
  options: EndOptions,
): Promise<void> {
  const { log, shutdownSignal, outage } = options;
  const jobId = attempt?.jobId ?? jobIdOfRequest(request);
  if (jobId === null) return;
  attempt?.halt(new JobSupersededError("the task was ended"));
  await attempt?.claimDecided;
  const waiting = { outage, ...(shutdownSignal === undefined ? {} : { signal: shutdownSignal }) };
  let refusal: unknown = null;
  for (const write of waysToEnd(jobId, request, attempt, end, options)) {
    try {
      await write(waiting);
      return;
    } catch (error) {
      // Thrown, it sends the message round: on shutdown it should come again, else it must not.
      if (shutdownSignal?.aborted || isTransientDatabaseError(error)) throw error;
      refusal ??= error;
    }
  }
  log.error({ jobId, err: asError(refusal) }, `the job's end (${end.status}) cannot be written to its row`);
}

/** The write that is wished for, then plainer ones for a database that does not take its text. */
function waysToEnd(
  jobId: string,
  request: TaskRequest,
  attempt: JobAttempt | undefined,
  end: JobEnd,
  options: EndOptions,
): ((waiting: AvailabilityOptions) => Promise<unknown>)[] {
  const { repository, jobType, staleAfterSeconds, isHeldHere } = options;
  const job = attempt?.job ?? null;
  const claimant = besides(attempt?.claimant ?? claimantOf(request, staleAfterSeconds), isHeldHere(jobId));
  const unclaimed = (write: (by: Claimant) => Promise<number | boolean>) => (waiting: AvailabilityOptions) =>
    endUnclaimed([jobId], claimant, write, { ...options, waiting });
  const claimed = (write: () => Promise<unknown>) => (waiting: AvailabilityOptions) => untilAvailable(write, waiting);
  if (end.status === "CANCELLED") {
    if (job !== null) return [claimed(() => repository.cancel(job))];
    return [unclaimed((by) => repository.endUnclaimed(jobId, jobType, by, end))];
  }
  const { error } = end;
  const complete = attempt?.complete ?? null;
  // The work was done in time; it was the database that took the rest.
  if (complete !== null && error instanceof TimeLimitExceeded) return [claimed(complete)];
  const message = messageFor(error);
  return [message, plain(message), ""].map((text) => {
    if (error instanceof JobTypeError)
      return unclaimed((by) => repository.failRefused([jobId], idsOfRequest(request), by, text));
    if (job !== null) return claimed(() => repository.fail(job, text));
    return unclaimed((by) => repository.endUnclaimed(jobId, jobType, by, { status: "FAILED", message: text }));
  });
}

/** In letters that every encoding has, and short enough for a column that is narrower than the backend's. */
function plain(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, "?").slice(0, 80);
}

/** What the user reads about an error. */
export function messageFor(error: Error): string {
  if (error instanceof ZodError) {
    return error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`).join("; ");
  }
  if (error instanceof TimeLimitExceeded || error instanceof SoftTimeLimitExceeded) {
    return `the job took longer than the limit of ${error.limitSeconds} s`;
  }
  return error.message || error.name;
}
