import type { Kysely } from "kysely";
import type { z } from "zod";
import type { Kernel } from "../celery/kernel.js";
import type { JobsDatabase, JobType } from "../jobs/schema.js";
import type { Outage } from "../postgres/outage.js";
import type { JobTaskSettings } from "./job-definition.js";
import type { JobTask } from "./job-task.js";

/** What every room knows of one kind of job. It is light: what computes the job is loaded by who needs it. */
export interface JobKind {
  readonly type: JobType;
  /** What commands and tables call it; in capitals, its part of `RABBITMQ_…_QUEUE` and `RABBITMQ_…_DLQ`. */
  readonly word: string;
  /** Several of them, in a sentence. */
  readonly plural: string;
  /** The last part of its task's name; before it stands a module. */
  readonly task: string;
  /** Queues of backends of every age; the first is where its task is sent. */
  readonly queues: readonly [string, ...string[]];
  /** Name of the counter of jobs that ended, as existing dashboards have it. */
  readonly metric: string;
  /** What a dashboard shows of its answers. */
  readonly measure?: JobMeasure;
  /** Group of tasks whose share of the worker's slots its task takes from. */
  readonly slotGroup?: string;
  /** Its answers say what to do at the root of a tree. */
  readonly answersWithActions?: boolean;
  /** What a terminal shows of a result; null for one that has another shape. Without it that is JSON. */
  readonly resultTable?: (result: unknown) => ResultTable | null;
  load(): Promise<JobWork>;
}

/** A histogram over the answers of one kind of job. */
export interface JobMeasure {
  /** Its name, with the unit. */
  readonly metric: string;
  readonly help: string;
  /** The label that tells apart what may not be added up. */
  readonly label: string;
  /** Every value of the label. */
  readonly of: readonly string[];
  readonly buckets: readonly number[];
  /** @param answer what the Celery caller gets; null where it tells nothing new */
  read(answer: unknown): { readonly of: string; readonly value: number } | null;
}

/** Rows under headings. */
export interface ResultTable {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How many columns, from the left, are text; the others are numbers. */
  readonly textColumns: number;
  /** What the headings mean, a line each. */
  readonly legend: readonly string[];
}

/** What computes one kind of job. */
export interface JobWork {
  /** Of `input_data`, for forms. */
  readonly schema: z.ZodType;
  /** @throws JobInputError */
  parse(inputData: unknown): unknown;
  task(settings: JobTaskSettings, services: JobServices): JobTask;
  /** Tasks into which a job of the kind may be split, by name. */
  parts?(settings: JobTaskSettings, services: JobServices): Readonly<Record<string, JobTask>>;
  /** Lets the threads do such work once while there is nothing else to do. */
  warmUp?(services: WarmUpServices): Promise<void>;
}

/** What lives as long as the process. */
export interface JobServices {
  readonly database: Kysely<JobsDatabase>;
  readonly outage: Outage;
  /** How many jobs of the kind may run at once. */
  slots(): number;
  /** Threads that the worker computes in. */
  threads(): number;
  /** Memory that the operator gives one solve; null: what the machine has for it. */
  readonly solverMemoryMebibytes: number | null;
  /** Where unfinished solves are kept for the next attempt; null: nowhere. */
  readonly solverCheckpoints: {
    readonly folder: string;
    readonly maxMebibytes: number;
    readonly everySeconds: number;
  } | null;
}

export interface WarmUpServices {
  compute<Input, Output>(kernel: Kernel<Input, Output>, input: Input): Promise<Output>;
  readonly signal: AbortSignal;
}
