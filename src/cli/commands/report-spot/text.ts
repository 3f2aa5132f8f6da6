import { isRecord } from "../../../celery/values.js";
import { actionLabel } from "../../../poker/solver/report/solution.js";
import type { FlopMean } from "../../../tasks/flop-report/flop-mean.js";
import type { FlopReport, ReportRow } from "../../../tasks/flop-report/report-result.js";
import { csvLines } from "../../terminal/csv.js";
import { type Output, plural, tableLines } from "../../terminal/output.js";
import { rakeText } from "../solve/text.js";

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const chips = (amount: number): string => amount.toFixed(3);
const withError = ({ mean, standard_error }: FlopMean, text: (value: number) => string): string =>
  standard_error === null ? `${text(mean)} (error not measured)` : `${text(mean)} ± ${text(1.96 * standard_error)}`;

/** Whether a result is a report that this version can show. */
export function isReport(value: unknown): value is FlopReport {
  return isRecord(value) && value.format === "plosolver-flop-report-1";
}

/** A report for people: what was solved, the means, and a row for each flop. */
export function reportText(report: FlopReport, output: Output): string[] {
  const { flops, actions, player, ev, equities, exploitability, converged, cut, rows } = report;
  return [
    output.style(headline(report), "bold"),
    `  weights: ${flops.weights}`,
    `  exploitability ${exploitability.mean.toFixed(2)} % of the pot on average, ${exploitability.largest.toFixed(2)} % at most; ${plural(converged, "flop")} converged`,
    ...cut.map(({ what, flops: count }) => `  cut on ${plural(count, "flop")}: ${what}`),
    ...flops.failed.map(({ flop, error }) => output.style(`  ${flop} failed: ${error}`, "red")),
    "",
    `Player ${player} to act; ± holds 95 of 100 times`,
    ...actions.map(
      (action) =>
        `  ${actionLabel(action).padEnd(18)} ${withError(action.frequency, percent)}${action.offered < 0.9995 ? `, offered on ${percent(action.offered)} of the flops` : ""}`,
    ),
    ...Object.keys(ev).map((id) => {
      const [value, equity] = [ev[id], equities[id]];
      const its = value === undefined ? "–" : withError(value, chips);
      return `  player ${id}: EV ${its}${equity === undefined ? "" : `, equity ${withError(equity, percent)}`}`;
    }),
    "",
    ...tableLines(
      columnsOf(report),
      rows.map((row) => cellsOf(report, row)),
      1,
    ),
  ];
}

/** A row for each flop under headings. Errors are standard errors, empty where they were not measured. */
export function reportCsv(report: FlopReport): string[] {
  const players = Object.keys(report.ev);
  const headings = [
    "flop",
    "weight",
    ...report.actions.flatMap((action) => [actionLabel(action), `${actionLabel(action)} error`]),
    ...players.flatMap((id) => [`ev ${id}`, `ev ${id} error`, `equity ${id}`, `equity ${id} error`]),
    "exploitability percent",
    "converged",
    "measured_game",
    "iterations",
    "solve_time",
  ];
  const rows = report.rows.map((row) => [
    row.flop,
    row.weight,
    ...report.actions.flatMap((action) => {
      const frequency = actionOf(row, action)?.frequency;
      return [frequency?.value ?? 0, frequency?.error ?? ""];
    }),
    ...players.flatMap((id) => [
      row.ev[id]?.value ?? "",
      row.ev[id]?.error ?? "",
      row.equities[id]?.value ?? "",
      row.equities[id]?.error ?? "",
    ]),
    row.exploitability,
    row.converged,
    row.measured_game,
    row.iterations,
    row.solve_time,
  ]);
  return csvLines(headings, rows);
}

function headline({ flops, pot, rake }: FlopReport): string {
  const which = { all: "all flops", sample: "flops drawn at random", listed: "listed flops" }[flops.asked];
  const solved = flops.solved_weight === flops.weight ? "" : `, ${flops.solved_weight} of ${flops.weight} by weight`;
  return `Report over ${which}: ${plural(flops.solved, "flop")} solved${solved}, pot ${pot}${rake === undefined ? "" : `, ${rakeText(rake)}`}`;
}

function columnsOf({ actions, ev }: FlopReport): string[] {
  return [
    "FLOP",
    "WEIGHT",
    ...actions.map(actionLabel),
    ...Object.keys(ev).flatMap((id) => [`EV ${id}`, `EQ ${id}`]),
    "EXPL.",
  ];
}

function cellsOf({ actions, ev }: FlopReport, row: ReportRow): string[] {
  return [
    row.flop,
    String(row.weight),
    ...actions.map((action) => {
      const frequency = actionOf(row, action)?.frequency;
      return frequency === undefined ? "–" : percent(frequency.value);
    }),
    ...Object.keys(ev).flatMap((id) => [chips(row.ev[id]?.value ?? 0), percent(row.equities[id]?.value ?? 0)]),
    `${row.exploitability.toFixed(2)} %`,
  ];
}

function actionOf(row: ReportRow, wanted: { readonly action: string; readonly to: number }) {
  return row.actions.find(({ action, to }) => action === wanted.action && to === wanted.to);
}
