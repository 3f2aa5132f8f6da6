import type { EvaluatorTables } from "./tables.js";

/**
 * Number of the multiset that arises when `rank` joins a multiset of `size` ranks with number `state`; size 0–4. The
 * numbers are those of {@link EvaluatorTables}; the empty multiset is 0 and a single rank is its own number.
 */
export function addRank(tables: EvaluatorTables, size: number, state: number, rank: number): number {
  switch (size) {
    case 0:
      return rank;
    case 1:
      return tables.pair[state * 16 + rank] as number;
    case 2:
      return tables.addThird[state * 13 + rank] as number;
    case 3:
      return tables.addFourth[state * 13 + rank] as number;
    default:
      return tables.addFifth[state * 13 + rank] as number;
  }
}
