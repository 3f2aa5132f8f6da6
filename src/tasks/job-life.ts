import { setTimeout as delay } from "node:timers/promises";
import {
  Ignore,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  type TaskContext,
  type TaskRequest,
  WorkerLostError,
} from "../celery/index.js";
import { asError } from "../celery/values.js";
import {
  JobAlreadyFailedError,
  JobCancelledError,
  JobCrashedError,
  JobDeletedError,
  JobInputError,
  JobSupersededError,
  JobTypeError,
  PermanentJobError,
} from "../jobs/errors.js";
import type { ClaimedJob, FencedOutcome, JobRepository, JobsTransaction } from "../jobs/repository.js";
import { untilAvailable } from "../postgres/availability.js";
import { Outage } from "../postgres/outage.js";
import { Heartbeat } from "./heartbeat.js";
import { jobIdOf } from "./job-arguments.js";
import { JobAttempt } from "./job-attempt.js";
import { claimJob, type DecidedClaim } from "./job-claim.js";
import type { JobDefinition, JobRun, JobTaskSettings } from "./job-definition.js";
import { type EndOptions, endJob, messageFor } from "./job-end.js";

/** Attempts after the first. */
export const MAX_RETRIES = 2;
const HALT_GRACE_MS = 2000;
const CANCELLED = Object.freeze({ status: "cancelled" });

/** One kind of job, from message to row and back: the handler and the hooks of its task. */
export class JobLife<Input, Result> {
  /** The runtime hands the very same request to handler and hooks. */
  readonly #attempts = new WeakMap<TaskRequest, JobAttempt>();
  readonly #running = new Set<JobAttempt>();
  readonly #repository: JobRepository;
  readonly #staleAfterSeconds: number;
  readonly #outage: Outage;
  readonly #ending: EndOptions;

  constructor(
    private readonly definition: JobDefinition<Input, Result>,
    private readonly settings: JobTaskSettings,
  ) {
    this.#repository = settings.repository;
    this.#staleAfterSeconds = settings.staleAfterSeconds ?? 60;
    this.#outage = settings.outage ?? new Outage(settings.log);
    this.#ending = {
      ...settings,
      jobType: definition.jobType,
      outage: this.#outage,
      staleAfterSeconds: this.#staleAfterSeconds,
      isHeldHere: (jobId) => this.#isHeld(jobId),
    };
  }

  async handle(context: TaskContext, args: readonly unknown[]): Promise<unknown> {
    const attempt = new JobAttempt(jobIdOf(args, context.kwargs), context, this.#staleAfterSeconds);
    this.#attempts.set(context.request, attempt);
    this.#running.add(attempt);
    try {
      return await this.#answer(attempt, await this.#claim(attempt));
    } catch (error) {
      return await this.#afterError(attempt, error);
    } finally {
      this.#running.delete(attempt);
    }
  }

  /** FAILED, unless the row is not this delivery's. */
  async onFailure(request: TaskRequest, error: Error): Promise<void> {
    const attempt = this.#attempts.get(request);
    await endJob(request, attempt, { status: "FAILED", error }, this.#ending);
    await this.#ended(attempt);
  }

  /** CANCELLED, or FAILED when the message expired unseen. */
  async onRevoked(request: TaskRequest, info: { readonly expired: boolean }): Promise<void> {
    const error = new Error("the job expired before a worker could start it");
    const end = info.expired ? ({ status: "FAILED", error } as const) : ({ status: "CANCELLED" } as const);
    const attempt = this.#attempts.get(request);
    await endJob(request, attempt, end, this.#ending);
    await this.#ended(attempt);
  }

  async #ended(attempt: JobAttempt | undefined): Promise<void> {
    if (attempt?.job) await this.definition.ended?.(attempt.job);
  }

  /** Whether a run of this process has the row: a second message for the job inherits nothing from it. */
  #isHeld(jobId: string): boolean {
    return [...this.#running].some((attempt) => attempt.jobId === jobId && attempt.holdsRow);
  }

  async #claim(attempt: JobAttempt): Promise<DecidedClaim> {
    const { repository, arrivalTimeoutSeconds = 10 } = this.settings;
    const { jobType } = this.definition;
    const isHeldHere = (jobId: string) => this.#isHeld(jobId);
    try {
      return await claimJob(attempt, { repository, jobType, outage: this.#outage, arrivalTimeoutSeconds, isHeldHere });
    } finally {
      attempt.claimEnded();
    }
  }

  async #answer(attempt: JobAttempt, outcome: DecidedClaim): Promise<unknown> {
    const { jobId, context } = attempt;
    switch (outcome.kind) {
      case "claimed":
        return this.#run(attempt, outcome.job);
      case "completed":
        context.log.info("job answered from its row");
        // The row was written by this definition's own work.
        return { status: "completed", ...this.definition.answer(outcome.resultData as Result) };
      case "cancelled":
        context.log.info("job skipped: it was cancelled");
        return CANCELLED;
      case "failed":
        throw new JobAlreadyFailedError(outcome.errorMessage ?? "the job failed before");
      case "wrong-type":
        throw new JobTypeError(`job ${jobId} is a ${outcome.jobType} job, not ${this.definition.jobType}`);
    }
  }

  async #run(attempt: JobAttempt, job: ClaimedJob): Promise<unknown> {
    const startedAt = performance.now();
    const log = attempt.context.log;
    const { jobType, waitedSeconds } = job;
    log.info({ jobType, waitedSeconds }, "job claimed");
    // A message that comes again may only have been given back by a busy worker: it waited as well.
    const isFirst = attempt.context.request.retries === 0 && !attempt.claimant.resubmitted;
    if (waitedSeconds !== null && isFirst) this.settings.onFirstClaim?.(jobType, waitedSeconds);
    attempt.halted.throwIfAborted();
    const result = await this.#work(attempt, job, this.#parse(job.inputData));
    const { alongside } = this.definition;
    const extra = alongside && ((transaction: JobsTransaction) => alongside(transaction, job, result));
    attempt.complete = () => this.#repository.complete(job, result, extra);
    const outcome = await untilAvailable(attempt.complete, { signal: attempt.halted, outage: this.#outage });
    if (outcome !== "held") throw lost(outcome);
    await this.#ended(attempt);
    log.info({ durationSeconds: (performance.now() - startedAt) / 1000 }, "job completed");
    return { status: "completed", ...this.definition.answer(result) };
  }

  async #work(attempt: JobAttempt, job: ClaimedJob, input: Input): Promise<Result> {
    const { context } = attempt;
    const heartbeat = new Heartbeat(this.#repository, job, {
      intervalMs: this.settings.heartbeatMs ?? 500,
      log: context.log,
      outage: this.#outage,
      onLost: (outcome) => attempt.halt(lost(outcome)),
    });
    const run: JobRun = {
      job,
      context,
      signal: attempt.shouldEnd,
      report: (percentage, message) => heartbeat.report(percentage, message),
      compute: (kernel, kernelInput, onProgress) =>
        context.compute(kernel, kernelInput, { signal: attempt.halted, ...(onProgress ? { onProgress } : {}) }),
    };
    try {
      const result = await unlessHalted(this.definition.work(run, input), attempt.halted);
      attempt.halted.throwIfAborted();
      return result;
    } finally {
      heartbeat.stop();
    }
  }

  #parse(inputData: unknown): Input {
    try {
      // Some clients stored JSON text inside the JSON column.
      return this.definition.parse(typeof inputData === "string" ? JSON.parse(inputData) : inputData);
    } catch (error) {
      if (error instanceof PermanentJobError) throw error;
      throw new JobInputError(messageFor(asError(error)), { cause: error });
    }
  }

  async #afterError(attempt: JobAttempt, thrown: unknown): Promise<unknown> {
    const { context, halted, job } = attempt;
    const error = causeOf(thrown, attempt);
    if (error instanceof JobCancelledError) {
      context.log.info("job cancelled: computation stopped");
      await this.#ended(attempt);
      return CANCELLED;
    }
    if (error instanceof JobDeletedError) {
      context.log.info("job deleted: computation stopped");
      await this.#ended(attempt);
      return CANCELLED;
    }
    if (error instanceof JobSupersededError) {
      context.log.warn("job taken over by another delivery: computation stopped");
      throw new Ignore(error.message);
    }
    if (error instanceof SoftTimeLimitExceeded && job === null && attempt.waitedForDatabase)
      throw new Reject("the database was not available until the time limit", true);
    const isFinal = error instanceof PermanentJobError || halted.aborted || context.signal.aborted;
    if (isFinal || error instanceof Ignore || error instanceof Reject || error instanceof Retry) throw error;
    return this.#retry(context, job, asError(error));
  }

  async #retry(context: TaskContext, job: ClaimedJob | null, error: Error): Promise<never> {
    const { retries } = context.request;
    const countdown = Math.min(600, 2 ** Math.max(1, retries));
    if (job !== null && retries < MAX_RETRIES) {
      const message = `Attempt ${retries + 1} of ${MAX_RETRIES + 1} failed, next in ${countdown} s: ${messageFor(error)}`;
      await this.#repository.progress(job, null, message).catch(() => undefined);
    }
    // A lost thread would otherwise requeue the message for ever, whatever the number of attempts.
    const reason = error instanceof WorkerLostError ? new JobCrashedError(error.message, { cause: error }) : error;
    return context.retry({ countdown, maxRetries: MAX_RETRIES, error: reason });
  }
}

/** What a halted run, or one out of time, throws is a consequence of that. */
function causeOf(thrown: unknown, attempt: JobAttempt): unknown {
  if (attempt.halted.aborted) return attempt.halted.reason;
  const { signal } = attempt.context;
  return signal.aborted && !(thrown instanceof PermanentJobError) ? signal.reason : thrown;
}

function lost(outcome: Exclude<FencedOutcome, "held">): Error {
  switch (outcome) {
    case "cancelled":
      return new JobCancelledError("the job was cancelled");
    case "deleted":
      return new JobDeletedError("the job's row was deleted");
    case "superseded":
      return new JobSupersededError("the job is no longer this delivery's");
  }
}

/** The work's result; once halted, work that does not end within a grace period is left behind. */
async function unlessHalted<T>(work: Promise<T>, halted: AbortSignal): Promise<T> {
  const ended = new AbortController();
  const leaveBehind = async (): Promise<never> => {
    await new Promise<void>((resolve) => {
      if (halted.aborted) resolve();
      else halted.addEventListener("abort", () => resolve(), { once: true, signal: ended.signal });
    });
    await delay(HALT_GRACE_MS, undefined, { signal: ended.signal });
    throw halted.reason;
  };
  return Promise.race([work, leaveBehind()]).finally(() => ended.abort());
}
