import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { actionLabel, type Solution } from "../../src/poker/solver/report/solution.js";
import type { JobsApi, JobView } from "./jobs-api.js";
import { ROOT } from "./state.js";
import { table } from "./terminal.js";

const SPOTS = join(ROOT, "examples/spots");
const HEADER = ["Spot", "Player", "plays with the whole range", "EV by player", "Off by", "Solved in"];

/**
 * Submits the spots of `examples/spots` as solver jobs, all at once, and shows one line for each.
 *
 * @returns true when all of them completed.
 */
export async function solveAndShow(jobs: JobsApi, say: (line: string) => void): Promise<boolean> {
  const names = readdirSync(SPOTS).filter((name) => name.endsWith(".json"));
  const submitted = [];
  for (const name of names) {
    const spot = JSON.parse(readFileSync(join(SPOTS, name), "utf8")) as Readonly<Record<string, unknown>>;
    const id = await jobs.submit({ job_type: "SOLVER_ANALYSIS", input_data: spot });
    submitted.push({ name: name.slice(0, -".json".length).replaceAll("-", " "), id });
  }
  const rows: string[][] = [];
  let completed = true;
  for (const { name, id } of submitted) {
    const job = await ended(jobs, id);
    if (job.status === "COMPLETED") rows.push(solutionRow(name, job.result_data));
    else say(`  ${name}: the job ended ${job.status}: ${job.error_message ?? "no reason given"}`);
    completed &&= job.status === "COMPLETED";
  }
  say("");
  say(table(HEADER, rows, HEADER.length));
  say("");
  return completed;
}

async function ended(jobs: JobsApi, id: string, timeoutMs = 120_000): Promise<JobView> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const job = await jobs.get(id);
    if (job.status !== "QUEUED" && job.status !== "PROCESSING") return job;
    if (Date.now() > deadline) throw new Error(`job ${id} is still ${job.status} after ${timeoutMs / 1000} s`);
    await sleep(100);
  }
}

/** A solver's `result_data` in the columns of the table. */
function solutionRow(name: string, result: unknown): string[] {
  const { solution } = result as { readonly solution: Solution };
  const plays = solution.tree.actions
    .map((action) => `${actionLabel(action)} ${(action.frequency * 100).toFixed(0)} %`)
    .join(", ");
  const bound = solution.is_equilibrium_approximation ? "" : "≥ ";
  const where = solution.measured_game === "cut" ? ", in a cut game" : "";
  return [
    name,
    String(solution.tree.player),
    plays,
    Object.values(solution.ev)
      .map((ev) => ev.toFixed(1))
      .join(" / "),
    `${bound}${solution.exploitability.toFixed(2)} % of the pot${where}`,
    `${solution.iterations} iterations, ${solution.solve_time.toFixed(1)} s`,
  ];
}
