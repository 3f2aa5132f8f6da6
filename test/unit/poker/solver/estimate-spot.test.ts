import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { formatCards } from "../../../../src/poker/cards.js";
import { estimateSpot } from "../../../../src/poker/solver/estimate-spot.js";
import { flattenTree } from "../../../../src/poker/solver/multiway/multiway-tree.js";
import { planMultiway } from "../../../../src/poker/solver/plan/multiway-plan.js";
import type { Estimate } from "../../../../src/poker/solver/report/estimate.js";
import { classifyOn } from "../../../../src/poker/solver/report/hand-classes.js";
import type { Solution, SolutionNext } from "../../../../src/poker/solver/report/solution.js";
import type { SampledGame } from "../../../../src/poker/solver/sampled/sampled-game.js";
import { solveSpot } from "../../../../src/poker/solver/solve-spot.js";
import type { SolveLimits, Spot } from "../../../../src/poker/solver/spot/spot.js";
import type { SharedGame } from "../../../../src/poker/solver/vector/shared-game.js";
import { parseSolverInput } from "../../../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../../../src/tasks/solver-analysis/prepare-spot.js";
import { randomHands } from "../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../oracle.js";

const RIVER = ["Ks", "Qd", "7h", "4c", "2d"];
const SECOND = ["Ah", "Jc", "8d", "5c", "3s"];
const MEBIBYTE = 2 ** 20;

function spotOf(over: Record<string, unknown>): { readonly spot: Spot; readonly limits: SolveLimits } {
  const { board = RIVER, board2 = [], stack_sizes: stacks = [100, 100] } = over as Record<string, string[]>;
  const random = seededRandom(7);
  const ranges = stacks.map((_, player) => [player, randomHands(40, 4, [...board, ...board2], random)]);
  const input = parseSolverInput({
    board: RIVER,
    pot_size: 100,
    stack_sizes: [100, 100],
    player_ranges: Object.fromEntries(ranges),
    time_limit_seconds: 1000,
    ...over,
  });
  return { spot: prepareSpot(input).spot, limits: { ...input.request, maxBytes: 2 ** 29, threads: 2 } };
}

function solved(spot: Spot, limits: SolveLimits): { solution: Solution; shared: SharedGame | SampledGame | null } {
  let shared: SharedGame | SampledGame | null = null;
  const hooks = { now: () => performance.now() / 1000, onProgress: () => undefined, stop: () => "none" as const };
  const solution = solveSpot(spot, limits, hooks, formatCards, (game) => {
    shared = game;
  });
  return { solution, shared };
}

const estimateOf = (spot: Spot, limits: SolveLimits): Estimate => estimateSpot(spot, limits, formatCards, 0);

/** Decisions and ends of a solution's tree as far as it goes; dealt cards are not followed. */
function countTree(next: SolutionNext): { decisions: number; ends: number } {
  if (!("actions" in next)) return { decisions: 0, ends: next.end === "deal" ? 0 : 1 };
  const below = next.actions.map((action) => countTree(action.next));
  return {
    decisions: 1 + below.reduce((sum, { decisions }) => sum + decisions, 0),
    ends: below.reduce((sum, { ends }) => sum + ends, 0),
  };
}

describe("an estimate", () => {
  it.each([
    ["a river", {}],
    ["a river on two boards", { board2: SECOND }],
    ["a river of five-card hands", { num_cards: 5, player_ranges: {}, max_combos: 100 }],
    ["a turn", { board: RIVER.slice(0, 4), bet_sizes: [1], max_raises: 1 }],
    ["a flop of all deals", { board: RIVER.slice(0, 3), bet_sizes: [1], max_raises: 0 }],
  ])("of %s names the bytes that the solver allocates, and the tree and ranges that it solves", (_, over) => {
    const { spot, limits } = spotOf({ iterations: 1, ...over });
    const estimate = estimateOf(spot, limits);
    const { solution, shared } = solved(spot, limits);
    const allocated = shared !== null && !("kind" in shared) ? shared.memory.buffer.byteLength / MEBIBYTE : 0;
    expect(estimate.method).toBe("all hands and deals");
    expect(Math.abs(estimate.memory.tables_mebibytes / allocated - 1)).toBeLessThan(0.01);
    expect(estimate.game).toEqual(solution.game);
    expect([estimate.cut, estimate.measured_game]).toEqual([solution.cut, solution.measured_game]);
    for (const [player, { combos }] of Object.entries(estimate.ranges))
      expect(combos).toBe(solution.ranges[player]?.combos.length);
    const [street] = estimate.tree.streets;
    expect(countTree(solution.tree)).toEqual({
      decisions: street?.decisions,
      ends: (street?.folds ?? 0) + (street?.showdowns ?? 0),
    });
  });

  it.each([
    ["flop", { board: RIVER.slice(0, 3) }],
    ["turn of two boards", { board: RIVER.slice(0, 4), board2: SECOND.slice(0, 4) }],
  ])("of a %s of drawn deals names the bytes of its tables", (_, over) => {
    const { spot, limits } = spotOf({ iterations: 2, player_ranges: { 0: "4%", 1: "4%" }, max_raises: 1, ...over });
    const estimate = estimateOf(spot, limits);
    const { solution, shared } = solved(spot, limits);
    expect(estimate.method).toBe("drawn deals");
    if (shared === null || !("kind" in shared)) throw new Error("no deals were drawn");
    const allocated = (shared.tables.byteLength + shared.measures.byteLength) / MEBIBYTE;
    expect(Math.abs(estimate.memory.tables_mebibytes / allocated - 1)).toBeLessThan(0.01);
    expect(estimate.cut).toEqual(solution.cut);
    expect(estimate.abstraction).toEqual(solution.abstraction);
  });

  it("of three players names the bytes of the tables that play is learnt in", () => {
    const { spot, limits } = spotOf({ stack_sizes: [100, 100, 100], max_raises: 1, iterations: 1 });
    const { tree, ranges, reductions } = planMultiway(spot, limits, classifyOn(spot));
    const { tableLength } = flattenTree(tree, [ranges.map(({ hands }) => hands.count)]);
    const estimate = estimateOf(spot, limits);
    expect(estimate.method).toBe("sampled play");
    expect(Math.abs((estimate.memory.tables_mebibytes * MEBIBYTE) / (tableLength * 8) - 1)).toBeLessThan(0.01);
    expect(estimate.cut).toEqual(reductions);
  });

  it("says what too little memory and time would make the solver give up, and refuses what fits nothing", () => {
    const { spot, limits } = spotOf({ player_ranges: { "0": "30%", "1": "30%" } });
    const tight = { ...limits, maxBytes: 4 * MEBIBYTE };
    const estimate = estimateOf(spot, tight);
    expect(estimate.cut[0]).toMatch(/^range of player 0 thinned out to \d+ of \d+ combos/);
    expect(estimate.memory.tables_mebibytes).toBeLessThanOrEqual(4);
    expect(() => estimateOf(spot, { ...limits, maxBytes: 1000 })).toThrow(/cannot be solved within the limits/);
    const hurried = estimateOf(spot, { ...limits, timeLimitSeconds: 2 });
    // Of a machine that is found slow, what must be done in any case may take longer than the limit.
    expect(hurried.iterations).toBeLessThanOrEqual(estimateOf(spot, limits).iterations);
    expect(hurried.seconds.limit).toBe(2);
  });

  it.each([
    ["river", { board: RIVER, player_ranges: { 0: "15%", 1: "15%" }, iterations: 2 }, true],
    ["flop of drawn deals", { board: RIVER.slice(0, 3), player_ranges: { 0: "15%", 1: "15%" }, iterations: 2 }, false],
  ])("of a %s foresees what the process grows to, within a fifth", async (_, over, alone) => {
    const spot = JSON.stringify({ pot_size: 100, stack_sizes: [300, 300], ...over });
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--import",
      "tsx",
      "test/fixtures/peak-memory.mjs",
      spot,
    ]);
    const { memory, grown, peak } = JSON.parse(stdout) as { memory: Estimate["memory"]; grown: number; peak: number };
    expect(Math.abs(memory.process_mebibytes / peak - 1)).toBeLessThan(0.2);
    // Where it is not lost among what the process has anyway.
    if (alone) expect(Math.abs(memory.solve_mebibytes / grown - 1)).toBeLessThan(0.2);
  });
});
