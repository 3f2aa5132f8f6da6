import { describe, expect, it } from "vitest";
import type { RowOfNumbers, Solution } from "../../../../../src/poker/solver/report/solution.js";
import { randomHands, solveInProcess } from "../../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../../oracle.js";
import { solveDrawn } from "../sampled/solve-drawn.js";

const POT = 100;
const TURN = ["Ks", "8h", "7d", "2c"];
/** 95 % of values lie within so many standard errors from four replicates. */
const T3 = 3.18;

/** Next to nothing is behind, so that a hand's EV is its part of the pot. */
function spot(over: Record<string, unknown>): Record<string, unknown> {
  const board = (over.board as string[]) ?? TURN;
  const random = seededRandom(7);
  const dead = [...board, ...((over.board2 as string[]) ?? [])];
  const player = (over.player_position as number) ?? 0;
  const ranges = [randomHands(30, 4, dead, random), randomHands(25, 4, dead, random)];
  return {
    board,
    pot_size: POT,
    stack_sizes: [0.01, 0.01],
    bet_sizes: [1],
    player_ranges: { "0": ranges[0], "1": ranges[1] },
    hero_cards: ranges[player]?.[0],
    iterations: 10,
    ...over,
  };
}

const rowsOf = ({ tree }: Solution): readonly RowOfNumbers[] => [
  ...(tree.classes ?? []),
  ...(tree.hero ? [tree.hero] : []),
];

describe("equities by class of hand, at the root", () => {
  it.each([
    ["turn", {}],
    ["river", { board: [...TURN, "Jc"] }],
    ["two boards", { board: [...TURN, "Jc"], board2: ["Ah", "Qc", "4s", "4d", "9c"] }],
    ["turn, the second player to act", { player_position: 1, betting_history: [[0, "check", 0]] }],
  ])("%s: are what the class wins where nothing is left to bet", (_name, over) => {
    const { solution } = solveInProcess(spot(over));
    const rows = rowsOf(solution);
    expect(rows.length).toBeGreaterThan(2);
    for (const { equity, ev } of rows) expect(ev[0]).toBeCloseTo((equity ?? -1) * POT, 1);
    const { tree, equities } = solution;
    const mean = (tree.classes ?? []).reduce((sum, { share, equity }) => sum + share * (equity ?? 0), 0);
    expect(mean).toBeCloseTo(equities[tree.player] ?? -1, 4);
    const below = tree.actions.flatMap(({ next }) => ("classes" in next ? (next.classes ?? []) : []));
    expect(below.filter(({ equity }) => equity !== undefined)).toEqual([]);
  });

  it.each([
    ["flop", { board: TURN.slice(0, 3) }],
    ["turn, the second player to act", { player_position: 1, betting_history: [[0, "check", 0]] }],
  ])("%s, deals drawn anew: lie within their errors of the exact ones", (_name, over) => {
    const drawn = rowsOf(solveDrawn(spot({ ...over, iterations: 24 })));
    const exact = rowsOf(solveInProcess(spot(over)).solution);
    expect(drawn.map(({ equity_error: error }) => Number.isFinite(error))).toEqual(drawn.map(() => true));
    expect(drawn).toHaveLength(exact.length);
    // One of twenty may lie outside.
    const outside = drawn.filter(
      ({ equity, equity_error: error }, row) =>
        Math.abs((equity ?? -1) - (exact[row]?.equity ?? 0)) > T3 * (error ?? 0) + 1e-6,
    );
    expect(outside.length).toBeLessThanOrEqual(1);
    expect(Math.max(...drawn.map(({ equity_error: error }) => error ?? 1))).toBeLessThan(0.2);
  });
});
