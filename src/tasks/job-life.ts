import { setTimeout as delay } from "node:timers/promises";
import { ZodError } from "zod";
import {
  asError,
  Ignore,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  TimeLimitExceeded,
  WorkerLostError,
} from "../celery/errors.js";
import type { TaskContext, TaskRequest } from "../celery/task.js";
import {
  JobAlreadyFailedError,
  JobCancelledError,
  JobCrashedError,
  JobInputError,
  JobSupersededError,
  JobTypeError,
  PermanentJobError,
  UnknownJobError,
} from "../jobs/errors.js";
import type { ClaimedJob, ClaimOutcome, JobRepository, JobsTransaction } from "../jobs/repository.js";
import { pause, untilAvailable } from "../postgres/availability.js";
import { isTransientDatabaseError, mayHaveBeenCarriedOut } from "../postgres/errors.js";
import { Heartbeat } from "./heartbeat.js";
import { jobIdOf, jobIdOfRequest } from "./job-arguments.js";
import { claimantOf, JobAttempt } from "./job-attempt.js";
import type { JobDefinition, JobRun, JobTaskSettings } from "./job-definition.js";

/** Attempts after the first. */
export const MAX_RETRIES = 2;
const BUSY_POLL_MS = 1000;
const ARRIVAL_POLL_MS = 250;
const HALT_GRACE_MS = 2000;
const CANCELLED = Object.freeze({ status: "cancelled" });

type DecidedClaim = Exclude<ClaimOutcome, { kind: "missing" | "busy" }>;

/** One kind of job, from message to row and back: the handler and the hooks of its task. */
export class JobLife<Input, Result> {
  /** The runtime hands the very same request to handler and hooks. */
  readonly #attempts = new WeakMap<TaskRequest, JobAttempt>();
  readonly #repository: JobRepository;
  readonly #staleAfterSeconds: number;

  constructor(
    private readonly definition: JobDefinition<Input, Result>,
    private readonly settings: JobTaskSettings,
  ) {
    this.#repository = settings.repository;
    this.#staleAfterSeconds = settings.staleAfterSeconds ?? 60;
  }

  async handle(context: TaskContext, args: readonly unknown[]): Promise<unknown> {
    const attempt = new JobAttempt(jobIdOf(args, context.kwargs), context, this.#staleAfterSeconds);
    this.#attempts.set(context.request, attempt);
    try {
      const outcome = await this.#claim(attempt).finally(() => attempt.claimEnded());
      return await this.#answer(attempt, outcome);
    } catch (error) {
      return await this.#afterError(attempt, error);
    }
  }

  /** FAILED, unless the row is not this delivery's. */
  async onFailure(request: TaskRequest, error: Error): Promise<void> {
    await this.#end(request, { status: "FAILED", message: messageFor(error) });
  }

  /** CANCELLED, or FAILED when the message expired unseen. */
  async onRevoked(request: TaskRequest, info: { readonly expired: boolean }): Promise<void> {
    const expired = { status: "FAILED", message: "the job expired before a worker could start it" } as const;
    await this.#end(request, info.expired ? expired : { status: "CANCELLED" });
  }

  /** Waits until the row is this delivery's or has ended: a job alive elsewhere is neither computed twice nor dropped. */
  async #claim(attempt: JobAttempt): Promise<DecidedClaim> {
    const { log, signal } = attempt.context;
    const arrivalMs = (this.settings.arrivalTimeoutSeconds ?? 10) * 1000;
    let missingSince: number | null = null;
    let waiting = false;
    for (;;) {
      const outcome = await this.#claimOnce(attempt);
      if (outcome.kind === "missing") {
        missingSince ??= performance.now();
        if (performance.now() - missingSince >= arrivalMs) throw new UnknownJobError(attempt.jobId);
        await pause(ARRIVAL_POLL_MS, signal);
      } else if (outcome.kind === "busy") {
        if (!waiting) log.info("another delivery is computing this job: waiting for its end");
        waiting = true;
        await pause(BUSY_POLL_MS, signal);
      } else {
        if (outcome.kind === "claimed") attempt.job = outcome.job;
        return outcome;
      }
    }
  }

  async #claimOnce(attempt: JobAttempt): Promise<ClaimOutcome> {
    const { claimant, context, jobId } = attempt;
    let heir = claimant.heir;
    return untilAvailable(() => this.#repository.claim(jobId, this.definition.jobType, { ...claimant, heir }), {
      signal: context.signal,
      onUnavailable: (error, count) => {
        if (count === 0) context.log.warn({ err: error }, "the database is not available: waiting for it");
        // A claim that went through before its connection was lost left a token nobody knows: inherit it.
        heir ||= mayHaveBeenCarriedOut(error);
      },
    });
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
    log.info({ jobType: job.jobType }, "job claimed");
    attempt.halted.throwIfAborted();
    const result = await this.#work(attempt, job, this.#parse(job.inputData));
    const { alongside } = this.definition;
    const extra = alongside && ((transaction: JobsTransaction) => alongside(transaction, job, result));
    const outcome = await untilAvailable(() => this.#repository.complete(job, result, extra), {
      signal: attempt.halted,
      onUnavailable: (error, count) => {
        if (count === 0) log.warn({ err: error }, "the result waits for the database");
      },
    });
    if (outcome !== "held") throw lost(outcome);
    log.info({ durationSeconds: (performance.now() - startedAt) / 1000 }, "job completed");
    return { status: "completed", ...this.definition.answer(result) };
  }

  async #work(attempt: JobAttempt, job: ClaimedJob, input: Input): Promise<Result> {
    const { context } = attempt;
    const heartbeat = new Heartbeat(this.#repository, job, {
      intervalMs: this.settings.heartbeatMs ?? 500,
      log: context.log,
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
      return CANCELLED;
    }
    if (error instanceof JobSupersededError) {
      context.log.warn("job taken over by another delivery: computation stopped");
      throw new Ignore(error.message);
    }
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

  /** Ends the row from outside the handler, under the attempt's fence, or unfenced if no attempt ever claimed it. */
  async #end(
    request: TaskRequest,
    end: { readonly status: "FAILED"; readonly message: string } | { readonly status: "CANCELLED" },
  ): Promise<void> {
    const attempt = this.#attempts.get(request);
    const jobId = attempt?.jobId ?? jobIdOfRequest(request);
    if (jobId === null) return;
    attempt?.halt(new JobSupersededError("the task was ended"));
    await attempt?.claimDecided;
    const job = attempt?.job ?? null;
    const claimant = attempt?.claimant ?? claimantOf(request, this.#staleAfterSeconds);
    const { log, shutdownSignal } = this.settings;
    const write = async (): Promise<unknown> => {
      if (job === null) return this.#repository.endUnclaimed(jobId, this.definition.jobType, claimant, end);
      return end.status === "FAILED" ? this.#repository.fail(job, end.message) : this.#repository.cancel(job);
    };
    try {
      await untilAvailable(write, shutdownSignal === undefined ? {} : { signal: shutdownSignal });
    } catch (error) {
      // Throwing would send the message round for ever; on shutdown it should come again.
      if (shutdownSignal?.aborted || isTransientDatabaseError(error)) throw error;
      log.error({ jobId, err: error }, `the job's end (${end.status}) cannot be written to its row`);
    }
  }
}

/** What a halted run, or one out of time, throws is a consequence of that. */
function causeOf(thrown: unknown, attempt: JobAttempt): unknown {
  if (attempt.halted.aborted) return attempt.halted.reason;
  const { signal } = attempt.context;
  return signal.aborted && !(thrown instanceof PermanentJobError) ? signal.reason : thrown;
}

function lost(outcome: "cancelled" | "superseded"): JobCancelledError | JobSupersededError {
  return outcome === "cancelled"
    ? new JobCancelledError("the job was cancelled")
    : new JobSupersededError("the job is no longer this delivery's");
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

/** What the user reads about an error. */
function messageFor(error: Error): string {
  if (error instanceof ZodError) {
    return error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`).join("; ");
  }
  if (error instanceof TimeLimitExceeded || error instanceof SoftTimeLimitExceeded) {
    return `the job took longer than the limit of ${error.limitSeconds} s`;
  }
  return error.message || error.name;
}
