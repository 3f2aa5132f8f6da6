import { isRecord } from "../../../celery/values.js";
import { JobRepository } from "../../../jobs/repository.js";
import { CliError, EXIT_USAGE, type GlobalFlags } from "../../globals.js";
import { withDatabase } from "../../session/database-session.js";
import { Output } from "../../terminal/output.js";
import { readInput, submit, watchUntilEnd } from "../jobs/run.js";
import { isReport, reportCsv, reportText } from "./text.js";

export interface ReportSpotFlags extends GlobalFlags {
  readonly flops?: string;
  readonly user?: string;
  readonly watch?: boolean;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** Submits a report, follows it, and prints it. @param file of a spot, or the id of a report that was asked for before */
export async function reportSpot(file: string, flags: ReportSpotFlags): Promise<void> {
  const output = new Output(flags);
  const id = (await isJob(file)) ? file : await ask(file, flags);
  if (flags.watch === false) {
    output.line(id);
    return;
  }
  const row = await watchUntilEnd(id, flags, flags.json === true || flags.csv === true);
  if (row.status !== "COMPLETED")
    throw new CliError(`report ${id} is ${row.status}${row.error_message === null ? "" : `: ${row.error_message}`}`);
  const report = isRecord(row.result_data) ? row.result_data.report : undefined;
  if (!isReport(report)) throw new CliError(`job ${id} is no report over flops: see celery jobs show ${id}`);
  if (flags.json === true) output.json(report);
  else for (const line of flags.csv === true ? reportCsv(report) : reportText(report, output)) output.line(line);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function isJob(text: string): Promise<boolean> {
  if (!UUID.test(text)) return false;
  return withDatabase(async (database) => (await new JobRepository(database).find(text)) !== null);
}

async function ask(file: string, flags: ReportSpotFlags): Promise<string> {
  if (flags.user === undefined) throw new CliError("--user is missing: an id of the table users", EXIT_USAGE);
  const spot = readInput(file, file);
  if (!isRecord(spot)) throw new CliError(`${file} holds no spot: an object is expected`, EXIT_USAGE);
  const inputData = flags.flops === undefined ? spot : { ...spot, flops: readFlops(flags.flops) };
  if (!("flops" in inputData)) throw new CliError("which flops? --flops all, sample:25, or Ks8h7d,QcJc4h", EXIT_USAGE);
  return (await submit({ userId: flags.user, jobType: "SOLVER_ANALYSIS", inputData }, flags)).id;
}

function readFlops(text: string): unknown {
  if (text === "all") return "all";
  const [, count] = /^sample:(\d+)$/.exec(text) ?? [];
  return count === undefined ? text.split(",").map((flop) => flop.trim()) : { sample: Number(count) };
}
