import type { Measured } from "../../../../src/tasks/flop-report/flop-answer.js";
import { type FlopMean, weightedMean } from "../../../../src/tasks/flop-report/flop-mean.js";
import type { FlopReport, ReportAction, ReportRow } from "../../../../src/tasks/flop-report/report-result.js";
import { recordOf } from "../../jobs/draft.js";
import { actionText } from "../solution.js";

/** Something that a report says of every flop. */
export interface Quantity {
  readonly id: string;
  readonly label: string;
  readonly unit: "share" | "chips" | "percent" | "count";
  /** Null where the flop does not have it: an action that is not in its tree. */
  readonly of: (row: ReportRow) => Measured | null;
}

/** The report of a result; null where there is none that this page can show. */
export function reportOf(result: unknown): FlopReport | null {
  const { report } = recordOf(result);
  return recordOf(report).format === "plosolver-flop-report-1" ? (report as FlopReport) : null;
}

export function actionOf(row: ReportRow, wanted: Pick<ReportAction, "action" | "to">) {
  return row.actions.find(({ action, to }) => action === wanted.action && to === wanted.to);
}

/** Everything that flops can be sorted by and drawn over. */
export function quantitiesOf({ actions, ev, hero, player }: FlopReport): Quantity[] {
  const players = Object.keys(ev);
  const bets = actions.filter(({ action }) => isBet(action));
  return [
    ...actions.map(
      (action): Quantity => ({
        id: `${action.action} ${action.to}`,
        label: actionText(action),
        unit: "share",
        of: (row) => actionOf(row, action)?.frequency ?? null,
      }),
    ),
    ...(bets.length > 1
      ? [{ id: "bets", label: betWord(bets), unit: "share" as const, of: (row: ReportRow) => bettingOf(row) }]
      : []),
    ...players.map(
      (id): Quantity => ({
        id: `equity ${id}`,
        label: `Equity of player ${id}`,
        unit: "share",
        of: (row) => row.equities[id] ?? null,
      }),
    ),
    ...players.map(
      (id): Quantity => ({
        id: `ev ${id}`,
        label: `EV of player ${id}`,
        unit: "chips",
        of: (row) => row.ev[id] ?? null,
      }),
    ),
    ...(hero === null
      ? []
      : [
          {
            id: "hero",
            label: `EV of the hand of player ${player}`,
            unit: "chips" as const,
            of: (row: ReportRow) => row.hero?.ev ?? null,
          },
        ]),
    {
      id: "exploitability",
      label: "Exploitability",
      unit: "percent",
      of: (row) => ({ value: row.exploitability, error: null }),
    },
  ];
}

/** How often any size is bet or raised; its error is that of the one action which is neither, where there is one. */
function bettingOf({ actions }: ReportRow): Measured {
  const value = actions.filter(({ action }) => isBet(action)).reduce((sum, one) => sum + one.frequency.value, 0);
  const others = actions.filter(({ action }) => !isBet(action));
  if (others.length === 1) return { value, error: others[0]?.frequency.error ?? null };
  return { value, error: actions.every(({ frequency }) => frequency.error === 0) ? 0 : null };
}

/** The mean over some of a report's flops, as the report itself takes it; null without any. */
export function meanOf(
  rows: readonly ReportRow[],
  { of }: Pick<Quantity, "of">,
  asked: FlopReport["flops"]["asked"],
): FlopMean | null {
  if (rows.length === 0) return null;
  return weightedMean(
    // What a flop's tree lacks, nobody does there.
    rows.map((row) => ({ weight: row.weight, ...(of(row) ?? { value: 0, error: 0 }) })),
    asked,
  );
}

/** Part of the weight where an action was there to choose. */
export function offeredOf(rows: readonly ReportRow[], action: Pick<ReportAction, "action" | "to">): number {
  const weight = rows.reduce((sum, row) => sum + row.weight, 0);
  const offered = rows.filter((row) => actionOf(row, action) !== undefined);
  return offered.reduce((sum, row) => sum + row.weight, 0) / weight;
}

function isBet(action: string): boolean {
  return action === "bet" || action === "raise";
}

function betWord(bets: readonly ReportAction[]): string {
  return bets.some(({ action }) => action === "bet") ? "Bets of any size" : "Raises of any size";
}
