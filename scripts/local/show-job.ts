import { setTimeout as sleep } from "node:timers/promises";
import type { JobRequest, JobsApi, JobView } from "./jobs-api.js";
import { ProgressBar, table } from "./terminal.js";

/** One player's numbers in `result_data`; every rate is a fraction from 0 to 1. */
interface PlayerResult {
  readonly player_number: number;
  readonly cards: readonly string[];
  readonly top_estimated_equity: number;
  readonly top_actual_equity: number;
  readonly bottom_estimated_equity: number;
  readonly bottom_actual_equity: number;
  readonly scoop_both_boards: number;
  readonly chop_both_boards: number;
  readonly split_top: number;
  readonly split_bottom: number;
}

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
  say(resultTable(row.result_data));
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

/** A `result_data` of a spot simulation, one line a player. Other results are printed as JSON. */
export function resultTable(result: unknown): string {
  if (!Array.isArray(result)) return JSON.stringify(result, null, 2);
  const header = [
    "Player",
    "Cards",
    "Top",
    "vs random",
    "Bottom",
    "vs random",
    "Scoop",
    "Chop both",
    "Split top",
    "Split bottom",
  ];
  const rows = (result as PlayerResult[]).map((player) => [
    String(player.player_number),
    player.cards.join(" "),
    percent(player.top_actual_equity),
    percent(player.top_estimated_equity),
    percent(player.bottom_actual_equity),
    percent(player.bottom_estimated_equity),
    percent(player.scoop_both_boards),
    percent(player.chop_both_boards),
    percent(player.split_top),
    percent(player.split_bottom),
  ]);
  return `${table(header, rows, 2)}\n\n${LEGEND}`;
}

const LEGEND = `  Top, Bottom: share of that board against the known hands. vs random: against one random hand.
  Scoop: wins both boards alone. Chop both: a tie on both. Split: wins or ties that board.`;

const percent = (fraction: number) => `${(fraction * 100).toFixed(1)} %`;
