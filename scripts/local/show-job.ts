import { setTimeout as sleep } from "node:timers/promises";
import { printResult } from "../../src/cli/commands/jobs/text.js";
import { Output } from "../../src/cli/terminal/output.js";
import type { JobRequest, JobsApi, JobView } from "./jobs-api.js";
import { ProgressBar } from "./terminal.js";

/**
 * Submits a job, shows its row's progress until it ends, then each player's result as a table.
 *
 * @returns true when the job completed.
 */
export async function submitAndShow(jobs: JobsApi, job: JobRequest, say: (line: string) => void): Promise<boolean> {
  const id = await jobs.submit(job);
  say(`Job ${id}`);
  const row = await follow(jobs, id);
  if (row.status !== "COMPLETED") {
    say(`The job ended ${row.status}: ${row.error_message ?? row.progress_message ?? "no reason given"}`);
    return false;
  }
  say("");
  printResult(new Output({}), { job_type: job.job_type, result_data: row.result_data });
  say("");
  return true;
}

async function follow(jobs: JobsApi, id: string, timeoutMs = 300_000): Promise<JobView> {
  const bar = new ProgressBar();
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const row = await jobs.get(id);
    bar.update(row.progress_percentage ?? 0, `${row.status}  ${row.progress_message ?? ""}`.trimEnd());
    if (row.status !== "QUEUED" && row.status !== "PROCESSING") {
      bar.end();
      return row;
    }
    if (Date.now() > deadline) {
      bar.end();
      throw new Error(`job ${id} is still ${row.status} after ${timeoutMs / 1000} s`);
    }
    await sleep(150);
  }
}
