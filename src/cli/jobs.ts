import { type Command, InvalidArgumentError, Option } from "commander";
import type { JobStatus, JobType } from "../jobs/schema.js";
import type { JobsFlags } from "./jobs-run.js";

const STATUSES = ["QUEUED", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"] as const satisfies readonly JobStatus[];

const TYPES: ReadonlyMap<string, JobType> = new Map([
  ["spot", "SPOT_SIMULATION"],
  ["solver", "SOLVER_ANALYSIS"],
  ["spot_simulation", "SPOT_SIMULATION"],
  ["solver_analysis", "SOLVER_ANALYSIS"],
]);

/** `celery jobs list|show|submit|cancel|watch`: the PLOSolver jobs (DATABASE_URL). */
export function registerJobs(program: Command): void {
  const jobs = program.command("jobs").description("PLOSolver jobs: list, show, submit, cancel, watch (DATABASE_URL)");
  const json = ["-j, --json", "print JSON"] as const;

  jobs
    .command("list")
    .description("list jobs, newest first")
    .addOption(new Option("--status <status>", "only jobs in this state").choices(STATUSES).argParser(status))
    .option("--type <type>", "only spot or solver", jobType)
    .option("--user <id>", "only jobs of this user")
    .option("--limit <n>", "how many (default: 50)", wholeNumber)
    .option(...json)
    .action(async (_flags: unknown, command: Command) => {
      const { listJobs } = await import("./jobs-run.js");
      await listJobs(command.optsWithGlobals<JobsFlags>());
    });

  jobs
    .command("show")
    .description("show a job with its result")
    .argument("<id>", "job id")
    .option(...json)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { showJob } = await import("./jobs-run.js");
      await showJob(id, command.optsWithGlobals<JobsFlags>());
    });

  jobs
    .command("submit")
    .description("insert a job and send its task, as the backend does; prints the job's id")
    .argument("<type>", "spot or solver", jobType)
    .requiredOption("--user <id>", "whose job it is")
    .requiredOption("--input <file>", "file with the input JSON; - reads standard input")
    .option("-w, --watch", "watch it until it is done")
    .option(...json)
    .action(async (type: JobType, _flags: unknown, command: Command) => {
      const { submitJob } = await import("./jobs-run.js");
      await submitJob(type, command.optsWithGlobals<JobsFlags>());
    });

  jobs
    .command("cancel")
    .description("cancel a job that is queued or runs")
    .argument("<id>", "job id")
    .option(...json)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { cancelJob } = await import("./jobs-run.js");
      await cancelJob(id, command.optsWithGlobals<JobsFlags>());
    });

  jobs
    .command("watch")
    .description("show a job's progress until it is done, then its result; exit code 1 unless it completed")
    .argument("<id>", "job id")
    .option(...json)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { watchJob } = await import("./jobs-run.js");
      await watchJob(id, command.optsWithGlobals<JobsFlags>());
    });
}

function status(value: string): JobStatus {
  const known = STATUSES.find((name) => name === value.toUpperCase());
  if (known === undefined) throw new InvalidArgumentError(`it must be one of ${STATUSES.join(", ")}`);
  return known;
}

function jobType(value: string): JobType {
  const type = TYPES.get(value.toLowerCase());
  if (type === undefined) throw new InvalidArgumentError("it must be spot or solver");
  return type;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("it must be a whole number of at least 1");
  return number;
}
