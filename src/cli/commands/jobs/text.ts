import { isRecord } from "../../../celery/values.js";
import type { JobRow } from "../../../jobs/repository.js";
import { jobKind } from "../../../plosolver/job-kinds.js";
import type { Output } from "../../terminal/output.js";
import { isReport, reportText } from "../report-spot/text.js";
import { estimateText, isEstimate } from "../solve/estimate-text.js";
import { solutionText } from "../solve/text.js";
import { isSolution } from "../view/run.js";

const BAR_WIDTH = 30;
/** Letters of an input that are shown. */
const MOST_INPUT = 2000;

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
  const input = JSON.stringify(row.input_data);
  const shown = input.length > MOST_INPUT ? `${input.slice(0, MOST_INPUT)}… (whole with --json)` : input;
  output.line(`${output.style("input_data".padEnd(width), "bold")}  ${shown}`);
  if (row.result_data === null || row.result_data === undefined) return;
  output.line();
  printResult(output, row);
}

/** The answer of a job, wherever one is shown: a solution's or a report's tables, the table that its kind of job makes of it, else JSON. */
export function printResult(output: Output, { job_type, result_data }: Pick<JobRow, "job_type" | "result_data">): void {
  const { solution, report, estimate } = isRecord(result_data) ? result_data : {};
  if (isReport(report)) {
    for (const row of reportText(report, output)) output.line(row);
    return;
  }
  if (isEstimate(estimate)) {
    for (const row of estimateText(estimate, output)) output.line(row);
    return;
  }
  if (isSolution(solution)) {
    for (const row of solutionText(solution, output)) output.line(row);
    return;
  }
  const table = jobKind(job_type).resultTable?.(result_data) ?? null;
  if (table === null) {
    output.line(JSON.stringify(result_data, null, 2));
    return;
  }
  output.table(table.headings, table.rows, table.textColumns);
  output.line();
  for (const line of table.legend) output.line(output.style(line, "dim"));
}
