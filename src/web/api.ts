import { z } from "zod";
import type { JobLine, RootAction } from "../jobs/job-pages.js";
import type { FlopsProgress } from "../jobs/report-flops.js";
import type { JobRow } from "../jobs/repository.js";
import { JOB_STATUSES, JOB_TYPES, type JobStatus, type JobType } from "../jobs/schema.js";
import type { DeadLetterView } from "../operations/dead-letter-view.js";

/**
 * What the pages and the server say to each other: forms of requests as schemas, forms of answers as types. The pages
 * import the types of this file and nothing else of it.
 */

const id = z.string().min(1).max(255);
const name = z.string().trim().min(1).max(255);
const time = z.iso.datetime({ offset: true, local: true }).transform(utcText);
const nothing = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema.optional());

export const jobListQuery = z.object({
  status: nothing(z.enum(JOB_STATUSES)),
  kind: nothing(z.enum(JOB_TYPES)),
  queue: nothing(z.string().max(255)),
  user: nothing(z.string().max(36)),
  text: nothing(z.string().max(200)),
  since: nothing(time),
  until: nothing(time),
  after: nothing(z.string().max(500)),
});
export type JobListQuery = z.infer<typeof jobListQuery>;

export const taskListQuery = z.object({
  state: nothing(z.string().max(50)),
  text: nothing(z.string().max(200)),
});

export const logInBody = z.object({ user: z.string().max(255).optional(), secret: z.string().max(1024) });
export const submitBody = z.object({ kind: z.enum(JOB_TYPES), user: z.string().min(1).max(36), input: z.unknown() });
export const idParams = z.object({ id });
export const kindParams = z.object({ kind: z.enum(JOB_TYPES) });
export const jobIdsBody = z.object({ ids: z.array(id).min(1).max(1000) });
export const deadLettersBody = z.object({ ids: z.array(id).min(1).max(10_000).nullable() });
export const purgeBody = z.object({ queue: name });
export const revokeBody = z.object({ terminate: z.boolean() });
export const workerParams = z.object({ name });
export const poolBody = z.object({ by: z.int().min(-100).max(100) });
export const consumerBody = z.object({ queue: name, consume: z.boolean() });
export const rateLimitBody = z.object({ task: name, limit: z.string().trim().max(40) });

/** Who looks, and what he may do. */
export interface SessionView {
  /** Null: nobody is logged in. */
  readonly who: string | null;
  /** How one logs in; null where nobody needs to, or a proxy does it. */
  readonly logIn: "token" | "password" | null;
  readonly readOnly: boolean;
  /** Sent back as `x-csrf-token` with every request that changes something. */
  readonly csrf: string;
  /** False where there is no `DATABASE_URL`: there are no jobs then. */
  readonly hasJobs: boolean;
  readonly version: string;
}

/** A queue of jobs. Rows do not say which queue their message is in: a queue stands for the kind of job that is sent to it. */
export interface JobQueueView {
  readonly name: string;
  readonly kind: JobType;
}

export interface JobListView {
  readonly jobs: readonly JobLine[];
  readonly next: string | null;
  /** What solutions do at their roots, by job id, as far as they were read by now. */
  readonly strategies: Readonly<Record<string, readonly RootAction[]>>;
}

/** What the list of jobs is told as it changes. */
export interface JobListLive extends JobListView {
  readonly counts: Readonly<Partial<Record<JobStatus, number>>>;
}

/** One step in a task's life, as an event told it. */
export interface TaskStep {
  /** `received`, `started`, `retried`, … */
  readonly event: string;
  /** Epoch seconds. */
  readonly time: number;
  readonly worker: string;
  /** What the event says beside it: an exception, a runtime. */
  readonly note: string;
}

/** A task that events told of. */
export interface TaskView {
  readonly id: string;
  readonly name: string | null;
  readonly state: string;
  readonly worker: string | null;
  /** Attempts before the present one. */
  readonly retries: number;
  /** Seconds. */
  readonly runtime: number | null;
  /** Epoch seconds of the last state. */
  readonly time: number;
  readonly args: string | null;
  readonly exception: string | null;
  readonly steps: readonly TaskStep[];
}

export interface JobView {
  /** Without its result, which is read apart. */
  readonly job: Omit<JobRow, "result_data">;
  /** Tasks that were sent for it since this page's server runs. */
  readonly tasks: readonly TaskView[];
  /** Of a report over flops that has no answer yet; else null. */
  readonly flops: FlopsProgress | null;
}

export interface DeadLetterLine extends Omit<DeadLetterView, "args" | "kwargs"> {
  readonly deadLetterQueue: string;
  /** Arguments as text, cut. */
  readonly args: string;
}

export interface DeadLettersView {
  readonly letters: readonly DeadLetterLine[];
  readonly queues: readonly { readonly name: string; readonly depth: number | null }[];
  /** More are there than are listed. */
  readonly more: boolean;
}

/** How an action on several things ended. */
export interface ManyView {
  readonly done: readonly string[];
  readonly failed: readonly { readonly id: string; readonly reason: string }[];
}

export interface WorkerView {
  readonly name: string;
  readonly alive: boolean;
  /** Epoch seconds of the last sign of life. */
  readonly lastSeen: number | null;
  readonly software: string;
  readonly load: readonly number[];
  readonly processed: number | null;
  /** Null: it did not answer. */
  readonly concurrency: number | null;
  readonly pool: string | null;
  readonly uptime: number | null;
  readonly prefetch: number | null;
  readonly queues: readonly string[];
  readonly active: readonly RunningView[];
  readonly reserved: readonly RunningView[];
  readonly scheduled: readonly RunningView[];
}

/** A task that a worker has in memory. */
export interface RunningView {
  /** Empty in the entry that ends a list which the worker has cut: its name says how much is shown. */
  readonly id: string;
  readonly name: string;
  readonly args: string;
  /** Epoch seconds of its start, or of its time when it is scheduled. */
  readonly time: number | null;
  /** In such an entry: how many there are. */
  readonly of: number | null;
}

export interface QueueView {
  readonly name: string;
  readonly isDeadLetterQueue: boolean;
  /** Null: there is no such queue. */
  readonly depth: number | null;
  /** [epoch seconds, messages], oldest first. */
  readonly history: readonly (readonly [number, number])[];
}

/** Tasks of one name, as far as events told of them. */
export interface TaskKindView {
  readonly name: string;
  readonly states: Readonly<Record<string, number>>;
  /** Seconds; null before one succeeded. */
  readonly meanRuntime: number | null;
  readonly slowest: number | null;
}

export interface ClusterView {
  readonly connected: boolean;
  /** Why not. */
  readonly trouble: string | null;
  readonly broker: string;
  readonly workers: readonly WorkerView[];
  readonly queues: readonly QueueView[];
  readonly kinds: readonly TaskKindView[];
}

/** What every refusal says. */
export interface ErrorView {
  readonly error: string;
}

/** The database's form of a moment: UTC without a zone. */
function utcText(text: string): string {
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text);
  return new Date(hasZone ? text : `${text}Z`).toISOString().replace("T", " ").replace("Z", "");
}
