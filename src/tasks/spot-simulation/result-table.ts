import { isRecord } from "../../celery/values.js";
import type { ResultTable } from "../job-kind.js";

/** Columns: heading, key, and whether it is a fraction. */
const COLUMNS = [
  ["Player", "player_number", false],
  ["Cards", "cards", false],
  ["EV", "ev", false],
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

/** A row a player; null for a result of another shape, such as older workers left. */
export function spotTable(result: unknown): ResultTable | null {
  if (!Array.isArray(result) || !result.every(isRecord)) return null;
  const columns = COLUMNS.filter(([, key]) => result.some((player) => player[key] !== undefined));
  return {
    headings: columns.map(([heading]) => heading),
    rows: result.map((player) => columns.map(([, key, isFraction]) => cellText(player[key], isFraction))),
    textColumns: columns.filter(([, , isFraction]) => !isFraction).length,
    legend: LEGEND,
  };
}

function cellText(value: unknown, isFraction: boolean): string {
  if (value === undefined || value === null) return "-";
  if (isFraction && typeof value === "number") return `${(value * 100).toFixed(1)} %`;
  return Array.isArray(value) ? value.join(" ") : String(value);
}
