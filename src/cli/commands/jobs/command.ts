import { type Command, InvalidArgumentError, Option } from "commander";
import { JOB_STATUSES, type JobStatus, type JobType } from "../../../jobs/schema.js";
import { JOB_KINDS } from "../../../plosolver/job-kinds.js";
import { commaSeparated } from "../../globals.js";
import type { ResendFlags } from "./resend.js";
import type { JobsFlags } from "./run.js";

/** The kinds of jobs, in a sentence. */
const KINDS = JOB_KINDS.map(({ word }) => word).join(" or ");

/** `celery jobs list|show|submit|cancel|watch|resend`: the PLOSolver jobs (DATABASE_URL). */
export function registerJobs(program: Command): void {
  const jobs = program
    .command("jobs")
    .description("PLOSolver jobs: list, show, submit, cancel, watch, resend (DATABASE_URL)");
  const json = ["-j, --json", "print JSON"] as const;

  jobs
    .command("list")
    .description("list jobs, newest first")
    .addOption(new Option("--status <status>", "only jobs in this state").choices(JOB_STATUSES).argParser(status))
    .option("--type <type>", `only ${KINDS}`, jobType)
    .option("--user <id>", "only jobs of this user")
    .option("--limit <n>", "how many (default: 50)", wholeNumber)
    .option(...json)
    .action(async (_flags: unknown, command: Command) => {
      const { listJobs } = await import("./run.js");
      await listJobs(command.optsWithGlobals<JobsFlags>());
    });

  jobs
    .command("show")
    .description("show a job with its result")
    .argument("<id>", "job id")
    .option(...json)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { showJob } = await import("./run.js");
      await showJob(id, command.optsWithGlobals<JobsFlags>());
    });

  jobs
    .command("submit")
    .description("check the input, insert a job and send its task, as the backend does; prints the job's id")
    .argument("<type>", KINDS, jobType)
    .requiredOption("--user <id>", "whose job it is")
    .requiredOption(
      "--input <file>",
      "file with the input as JSON, or the backend's {job_type, input_data}; - reads standard input",
    )
    .option("--unchecked", "submit input that a worker will refuse, too")
    .option("-w, --watch", "watch it until it is done")
    .option(...json)
    .action(async (type: JobType, _flags: unknown, command: Command) => {
      const { runSubmit } = await import("./run.js");
      await runSubmit(type, command.optsWithGlobals<JobsFlags>());
    });

  jobs
    .command("cancel")
    .description("cancel a job that is queued or runs")
    .argument("<id>", "job id")
    .option(...json)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { runCancel } = await import("./run.js");
      await runCancel(id, command.optsWithGlobals<JobsFlags>());
    });

  jobs
    .command("watch")
    .description("show a job's progress until it is done, then its result; exit code 1 unless it completed")
    .argument("<id>", "job id")
    .option(...json)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { watchJob } = await import("./run.js");
      await watchJob(id, command.optsWithGlobals<JobsFlags>());
    });

  registerResend(jobs);
}

function registerResend(jobs: Command): void {
  jobs
    .command("resend")
    .description(
      "send the tasks of jobs again whose message is a dead letter, was lost or was never sent; none is computed twice",
    )
    .argument("[ids...]", "job ids, in any state but COMPLETED")
    .option("--all", "every job that is QUEUED, FAILED, or PROCESSING without a sign of life")
    .option("--status <names>", "those in these states, separated by commas", resendable)
    .option("--kind <kind>", `only ${KINDS}`, jobType)
    .option("--user <id>", "only jobs of this user")
    .option("--older-than <time>", "only those without a sign of life for so long: 90, 10m, 2h, 1d", duration)
    .option("--limit <n>", "at most so many, oldest first (default: 10000)", wholeNumber)
    .option("-n, --dry-run", "show them, send nothing")
    .option("-f, --force", "Don't prompt for verification.")
    .option("--queue <name>", "send to this queue (default: where the dead letter came from, else the backend's)")
    .option("--dead-letter-queues <names>", "where their dead letters are (default: the app's)", commaSeparated)
    .option("-j, --json", "print JSON")
    .action(async (ids: string[], _flags: unknown, command: Command) => {
      const { runResend } = await import("./resend.js");
      await runResend(ids, command.optsWithGlobals<ResendFlags>());
    });
}

function resendable(value: string): JobStatus[] {
  return commaSeparated(value).map((name) => {
    const known = status(name);
    if (known === "COMPLETED") throw new InvalidArgumentError("a COMPLETED job has its result");
    return known;
  });
}

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds. */
function duration(value: string): number {
  const [, digits, unit = ""] = /^(\d+)\s*([smhd]?)$/.exec(value.trim()) ?? [];
  if (digits === undefined) throw new InvalidArgumentError("it must be a time such as 90 (seconds), 10m, 2h or 1d");
  return Number(digits) * (UNITS[unit] ?? 1);
}

function status(value: string): JobStatus {
  const known = JOB_STATUSES.find((name) => name === value.toUpperCase());
  if (known === undefined) throw new InvalidArgumentError(`it must be one of ${JOB_STATUSES.join(", ")}`);
  return known;
}

function jobType(value: string): JobType {
  const asked = value.toLowerCase();
  const kind = JOB_KINDS.find(({ word, type }) => word === asked || type.toLowerCase() === asked);
  if (kind === undefined) throw new InvalidArgumentError(`it must be ${KINDS}`);
  return kind.type;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("it must be a whole number of at least 1");
  return number;
}
