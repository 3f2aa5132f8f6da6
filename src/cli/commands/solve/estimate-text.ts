import { isRecord } from "../../../celery/values.js";
import type { Estimate } from "../../../poker/solver/report/estimate.js";
import { type Output, plural } from "../../terminal/output.js";
import { headline, lockLines } from "./text.js";

/** Whether a value is an estimate that this version can show. */
export function isEstimate(value: unknown): value is Estimate {
  return isRecord(value) && value.format === "plosolver-estimate-1";
}

/** An estimate for people: what would be solved, and what that would take. */
export function estimateText(estimate: Estimate, output: Output): string[] {
  const { assumptions, method, threads, cut, abstraction, caveats = [] } = estimate;
  return [
    output.style(headline(estimate), "bold"),
    ...assumptions.map((assumption) => `  assumed: ${assumption}`),
    ...lockLines(estimate),
    "",
    "An estimate: nothing was solved.",
    "",
    ...row("Method", [`${method}, ${plural(threads, "thread")}`]),
    ...row("Tree", treeLines(estimate)),
    ...row("Combos", comboLines(estimate)),
    ...row("Memory", [memoryLine(estimate)]),
    ...row("Time", [timeLine(estimate)]),
    ...row("Given up", cut.length > 0 ? cut : ["nothing: the game asked for would be solved"]),
    ...row(
      "Offered",
      abstraction.filter((note) => !cut.includes(note)),
    ),
    ...row("Note", caveats),
  ];
}

const HEADING_WIDTH = 10;

/** Lines under one heading, which stands before the first. */
function row(heading: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `${(index === 0 ? heading : "").padEnd(HEADING_WIDTH)}${line}`);
}

function treeLines({ tree: { decisions, ends, streets } }: Estimate): string[] {
  const counted = streets.map(({ street, decisions: here, folds, showdowns, deals }) =>
    [
      `  ${street.padEnd(8)}${plural(here, "decision")}`,
      plural(folds, "fold"),
      ...(showdowns > 0 ? [plural(showdowns, "showdown")] : []),
      ...(deals > 0 ? [`${plural(deals, "way")} to the next street`] : []),
    ].join(", "),
  );
  return [`${plural(decisions, "decision")}, ${plural(ends, "end")}`, ...(counted.length > 1 ? counted : [])];
}

function comboLines({ ranges }: Estimate): string[] {
  return Object.entries(ranges).map(([player, { combos, combos_asked: asked, source }]) => {
    const of = combos === asked ? "" : ` of ${asked}`;
    return `player ${player}: ${combos}${of} (${source})`;
  });
}

function memoryLine({ memory }: Estimate): string {
  const { tables_mebibytes: tables, solve_mebibytes: solve, process_mebibytes: process, allowed_mebibytes } = memory;
  return `tables ${tables} MiB of ${allowed_mebibytes} MiB allowed; with lists of hands and the report ${solve} MiB, the whole process ${process} MiB`;
}

function timeLine({ seconds: { expected, iteration, preparation, limit }, iterations }: Estimate): string {
  return `about ${shown(expected)} of at most ${limit} s: ${shown(preparation)} to prepare, ${plural(iterations, "iteration")} of ${shown(iteration)}, measuring and the report`;
}

function shown(seconds: number): string {
  return seconds >= 1
    ? `${seconds} s`
    : seconds >= 0.001
      ? `${Math.round(seconds * 1000)} ms`
      : "less than a millisecond";
}
