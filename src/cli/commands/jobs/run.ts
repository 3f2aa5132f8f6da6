import { readFileSync } from "node:fs";
import { asError, isRecord } from "../../../celery/values.js";
import { JobInputError } from "../../../jobs/errors.js";
import { JobRepository, type JobRow } from "../../../jobs/repository.js";
import type { JobStatus, JobType } from "../../../jobs/schema.js";
import { OperationError } from "../../../operations/errors.js";
import { type AskedJob, cancelJob, submitJob } from "../../../operations/jobs.js";
import { jobKind } from "../../../plosolver/job-kinds.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { withApp } from "../../session/broker-session.js";
import { withDatabase } from "../../session/database-session.js";
import { sendTaskBy } from "../../session/send-task.js";
import { Output } from "../../terminal/output.js";
import { ProgressLine, printJob, printResult } from "./text.js";

/** Options of `celery jobs` commands. */
export interface JobsFlags extends GlobalFlags {
  readonly json?: boolean;
  readonly status?: JobStatus;
  readonly type?: JobType;
  readonly user?: string;
  readonly limit?: number;
  readonly input?: string;
  readonly watch?: boolean;
  readonly unchecked?: boolean;
}

const POLL_INTERVAL_MS = 300;

export async function listJobs(flags: JobsFlags): Promise<void> {
  const output = new Output(flags);
  const { status, type: jobType, user: userId, limit } = flags;
  const filter = Object.fromEntries(
    Object.entries({ status, jobType, userId, limit }).filter(([, value]) => value !== undefined),
  );
  const rows = await withRepository((repository) => repository.list(filter));
  if (flags.json === true) {
    output.json(rows);
    return;
  }
  output.table(
    ["ID", "TYPE", "STATUS", "PROGRESS", "CREATED (UTC)", "MESSAGE"],
    rows.map((row) => [
      row.id,
      jobKind(row.job_type).word,
      row.status,
      `${row.progress_percentage ?? 0}%`,
      String(row.created_at ?? "").slice(0, 19),
      row.error_message ?? row.progress_message ?? "",
    ]),
  );
}

export async function showJob(id: string, flags: JobsFlags): Promise<void> {
  const row = await withRepository((repository) => existing(repository, id));
  const output = new Output(flags);
  if (flags.json === true) output.json(row);
  else printJob(output, row);
}

/** See {@link submitJob}. */
export async function runSubmit(type: JobType, flags: JobsFlags): Promise<void> {
  const output = new Output(flags);
  const inputData = inputOf(readInput(flags.input ?? "-"), type);
  const { id, taskId } = await submit({ userId: flags.user ?? "", jobType: type, inputData }, flags);
  if (flags.watch === true) {
    await watchJob(id, flags);
    return;
  }
  if (flags.json === true) output.json({ id, task_id: taskId });
  else output.line(id);
}

/** See {@link submitJob}. @throws CliError when the input cannot be read or there is no such user */
export async function submit(
  job: AskedJob,
  flags: GlobalFlags & { readonly unchecked?: boolean },
): ReturnType<typeof submitJob> {
  if (flags.unchecked !== true) await checkInput(job.inputData, job.jobType);
  return await withRepository((repository) =>
    submitJob(repository, sendTaskBy(flags), job).catch((cause: unknown) => {
      if (!(cause instanceof OperationError)) throw cause;
      throw new CliError(`${cause.message}: --user takes an id of the table users`, EXIT_USAGE, { cause });
    }),
  );
}

/** See {@link cancelJob}; the revoke only makes it sooner. */
export async function runCancel(id: string, flags: JobsFlags): Promise<void> {
  const output = new Output(flags);
  const taskId = await withRepository((repository) => cancelJob(repository, id));
  if (taskId !== null) {
    await withApp(flags, async (session) => {
      await session.connect();
      await session.client.control.revoke(taskId, { terminate: true });
    }).catch((error: unknown) =>
      process.stderr.write(`Warning: the workers were not told at once: ${asError(error).message}\n`),
    );
  }
  if (flags.json === true) output.json({ id, status: "CANCELLED" });
  else output.line(`job ${id} is cancelled`);
}

export async function watchJob(id: string, flags: JobsFlags): Promise<void> {
  const output = new Output(flags);
  const row = await watchUntilEnd(id, flags, flags.json === true);
  if (flags.json === true) output.json(row);
  else if (row.status === "COMPLETED") printResult(output, row);
  if (row.status === "COMPLETED") return;
  throw new CliError(`job ${id} is ${row.status}${row.error_message === null ? "" : `: ${row.error_message}`}`);
}

/** The row once the job has ended. @param silently shows no progress */
export async function watchUntilEnd(id: string, flags: GlobalFlags, silently: boolean): Promise<JobRow> {
  const output = new Output(flags);
  const progress = silently || output.quiet ? null : new ProgressLine(output);
  const row = await withRepository(async (repository) => {
    for (;;) {
      const current = await existing(repository, id);
      progress?.show(current);
      if (current.status !== "QUEUED" && current.status !== "PROCESSING") return current;
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    }
  });
  progress?.end();
  return row;
}

async function existing(repository: JobRepository, id: string): Promise<JobRow> {
  const row = await repository.find(id);
  if (row === null) throw new CliError(`there is no job ${id}: see celery jobs list`);
  return row;
}

async function withRepository<Result>(work: (repository: JobRepository) => Promise<Result>): Promise<Result> {
  return await withDatabase((database) => work(new JobRepository(database)));
}

/** The input itself, or what the backend takes: `{"job_type", "input_data"}`. */
function inputOf(data: unknown, type: JobType): unknown {
  if (!isRecord(data) || !("input_data" in data)) return data;
  const { job_type: named, input_data: input } = data;
  if (named !== undefined && named !== type) {
    throw new CliError(`--input is for a job of type ${String(named)}: submit it as such`, EXIT_USAGE);
  }
  return input;
}

/** Reads the input as the worker will, so that no row is written that can only fail. */
async function checkInput(input: unknown, type: JobType): Promise<void> {
  const work = await jobKind(type).load();
  try {
    work.parse(input);
  } catch (cause) {
    if (!(cause instanceof JobInputError)) throw cause;
    throw new CliError(`--input: ${cause.message}`, EXIT_USAGE, { cause });
  }
}

/** JSON of a file; - reads standard input. @param place what the command line calls it. @throws CliError */
export function readInput(file: string, place = `--input ${file}`): unknown {
  try {
    return JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (cause) {
    throw new CliError(`${place}: ${asError(cause).message}`, EXIT_USAGE, { cause });
  }
}
