import { isRecord } from "../../../celery/values.js";
import type { JobRow } from "../../../jobs/repository.js";
import type { Output } from "../../terminal/output.js";

const BAR_WIDTH = 30;

/** Columns of a spot simulation's result: heading, key, and whether it is a fraction. */
const SPOT_COLUMNS = [
  ["Player", "player_number", false],
  ["Cards", "cards", false],
  ["Top", "top_actual_equity", true],
  ["vs random", "top_estimated_equity", true],
  ["Bottom", "bottom_actual_equity", true],
  ["vs random", "bottom_estimated_equity", true],
  ["Scoop", "scoop_both_boards", true],
  ["Chop both", "chop_both_boards", true],
  ["Split top", "split_top", true],
  ["Split bottom", "split_bottom", true],
] as const;
const LEGEND = [
  "Top, Bottom: share of that board against the known hands. vs random: against one random hand.",
  "Scoop: wins both boards alone. Chop both: a tie on both. Split: wins or ties that board.",
];

/** One line that follows a job: redrawn on a terminal, a new line for each change elsewhere. */
export class ProgressLine {
  readonly #redrawn = process.stdout.isTTY === true;
  #last = "";

  constructor(private readonly output: Output) {}

  show({ status, progress_percentage, progress_message }: JobRow): void {
    const percent = progress_percentage ?? 0;
    const filled = Math.round((percent / 100) * BAR_WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
    const text = `${status.padEnd(10)} ${bar} ${String(percent).padStart(3)}% ${progress_message ?? ""}`.trimEnd();
    if (text === this.#last) return;
    this.#last = text;
    if (this.#redrawn) process.stdout.write(`\r\u001b[2K${text}`);
    else this.output.line(text);
  }

  end(): void {
    if (this.#redrawn && this.#last !== "") process.stdout.write("\n");
  }
}

/** A job with its times and its result. */
export function printJob(output: Output, row: JobRow): void {
  const fields = Object.entries(row).filter(([name]) => name !== "input_data" && name !== "result_data");
  const width = Math.max(...fields.map(([name]) => name.length));
  for (const [name, value] of fields) {
    if (value !== null) output.line(`${output.style(name.padEnd(width), "bold")}  ${String(value)}`);
  }
  output.line(`${output.style("input_data".padEnd(width), "bold")}  ${JSON.stringify(row.input_data)}`);
  if (row.result_data === null || row.result_data === undefined) return;
  output.line();
  printResult(output, row.result_data);
}

/** The answer of a job, wherever one is shown: a spot simulation as a table, everything else as JSON. */
export function printResult(output: Output, result: unknown): void {
  if (!Array.isArray(result) || !result.every(isRecord)) {
    output.line(JSON.stringify(result, null, 2));
    return;
  }
  const columns = SPOT_COLUMNS.filter(([, key]) => result.some((player) => player[key] !== undefined));
  output.table(
    columns.map(([heading]) => heading),
    result.map((player) => columns.map(([, key, isFraction]) => cellText(player[key], isFraction))),
    columns.filter(([, , isFraction]) => !isFraction).length,
  );
  output.line();
  for (const line of LEGEND) output.line(output.style(line, "dim"));
}

function cellText(value: unknown, isFraction: boolean): string {
  if (value === undefined || value === null) return "-";
  if (isFraction && typeof value === "number") return `${(value * 100).toFixed(1)} %`;
  return Array.isArray(value) ? value.join(" ") : String(value);
}
