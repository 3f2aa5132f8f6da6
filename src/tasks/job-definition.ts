import type { Logger } from "pino";
import type { TaskContext } from "../celery/index.js";
import type { Kernel } from "../celery/kernel.js";
import type { ClaimedJob, JobRepository, JobsTransaction } from "../jobs/repository.js";
import type { JobType } from "../jobs/schema.js";
import type { Outage } from "../postgres/outage.js";

/** What is particular to one kind of job. */
export interface JobDefinition<Input, Result> {
  readonly jobType: JobType;
  /** Reads `input_data`. Whatever it throws fails the job at once, with its message. */
  parse(inputData: unknown): Input;
  /** Computes `result_data`. A {@link PermanentJobError} fails the job at once, any other error is tried again. */
  work(run: JobRun, input: Input): Promise<Result>;
  /** What the Celery caller gets beside `"status": "completed"`; also for a job answered from its row. */
  answer(result: Result): Readonly<Record<string, unknown>>;
  /** Told once this attempt at the job was the last: nothing of it needs to stay. Does not throw. */
  ended?(job: ClaimedJob): Promise<void>;
  /** Further statements of the transaction that completes the job. */
  alongside?(transaction: JobsTransaction, job: ClaimedJob, result: Result): Promise<void>;
}

/** One running job, as its `work` sees it. */
export interface JobRun {
  readonly job: ClaimedJob;
  readonly context: TaskContext;
  /** Aborts when the work should end: cancelled, superseded, revoked, or out of time. */
  readonly signal: AbortSignal;
  /** Tells the user how far it is: 0–100 and a sentence. Cheap; written twice a second. */
  report(percentage: number | null, message: string | null): void;
  /** `context.compute` that also ends with this run. */
  compute<Input, Output, Progress>(
    kernel: Kernel<Input, Output, Progress>,
    input: Input,
    onProgress?: (value: Progress) => void,
  ): Promise<Output>;
}

export interface JobTaskSettings {
  readonly repository: JobRepository;
  /** For what happens outside a handler. */
  readonly log: Logger;
  /** Seconds without a sign of life after which another message may take over a PROCESSING job. Default 60. */
  readonly staleAfterSeconds?: number;
  /** Seconds to wait for a row whose message came first. Default 10. */
  readonly arrivalTimeoutSeconds?: number;
  /** Milliseconds between progress writes. Default 500. */
  readonly heartbeatMs?: number;
  /** Group of tasks whose share of the worker's slots the job takes from. Default none. */
  readonly slotGroup?: string;
  /** Ends the waiting for the database in hooks when the process stops. */
  readonly shutdownSignal?: AbortSignal;
  /** Told how long a job had waited when its first attempt claims it; again when that comes again after a worker died. */
  readonly onFirstClaim?: (jobType: JobType, waitedSeconds: number) => void;
  /** Learns who waits for the database, and why; tasks of one process share it. Default: one for this task. */
  readonly outage?: Outage;
}
