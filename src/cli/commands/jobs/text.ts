import { isRecord } from "../../../celery/values.js";
import type { JobRow } from "../../../jobs/repository.js";
import type { Output } from "../../terminal/output.js";

const BAR_WIDTH = 30;

/** Columns of a spot simulation's result: heading, key, and whether it is a fraction. */
const SPOT_COLUMNS = [
  ["PLAYER", "player_number", false],
  ["CARDS", "cards", false],
  ["TOP EST.", "top_estimated_equity", true],
  ["TOP ACT.", "top_actual_equity", true],
  ["BOTTOM EST.", "bottom_estimated_equity", true],
  ["BOTTOM ACT.", "bottom_actual_equity", true],
  ["SCOOP", "scoop_both_boards", true],
  ["CHOP", "chop_both_boards", true],
] as const;

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

/** A spot simulation as a table, everything else as JSON. */
export function printResult(output: Output, result: unknown): void {
  if (!Array.isArray(result) || !result.every(isRecord)) {
    output.line(JSON.stringify(result, null, 2));
    return;
  }
  const columns = SPOT_COLUMNS.filter(([, key]) => result.some((player) => player[key] !== undefined));
  output.table(
    columns.map(([heading]) => heading),
    result.map((player) => columns.map(([, key, isFraction]) => cellText(player[key], isFraction))),
  );
}

function cellText(value: unknown, isFraction: boolean): string {
  if (value === undefined || value === null) return "-";
  if (isFraction && typeof value === "number") return `${(value * 100).toFixed(2)}%`;
  return Array.isArray(value) ? value.join(" ") : String(value);
}
