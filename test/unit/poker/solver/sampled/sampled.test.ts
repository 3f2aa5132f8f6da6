import { describe, expect, it } from "vitest";
import type { Solution } from "../../../../../src/poker/solver/report/solution.js";
import { solverResultSchema } from "../../../../../src/tasks/solver-analysis/result-schema.js";
import { randomHands, solveInProcess } from "../../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../../oracle.js";
import { solveDrawn } from "./solve-drawn.js";

/** Standard errors from four replicates: 95 % of values lie within so many (Student's t, three degrees of freedom). */
const T3 = 3.18;
const FLOP = ["Ks", "8h", "7d"];

function spot(seed: number, over: Record<string, unknown> = {}): Record<string, unknown> {
  const random = seededRandom(seed);
  const board = (over.board as string[]) ?? FLOP;
  const dead = [...board, ...((over.board2 as string[]) ?? [])];
  const k = (over.num_cards as number) ?? 4;
  const [first, second] = [randomHands(24, k, dead, random), randomHands(24, k, dead, random)];
  return {
    board,
    pot_size: 100,
    stack_sizes: [100, 100],
    bet_sizes: [1],
    max_raises: 1,
    player_ranges: { "0": first, "1": second },
    hero_cards: first[0],
    ...over,
  };
}

const errors = ({ sampling }: Solution) => sampling?.standard_error ?? { ev: 0, equity: 0, exploitability: 0 };

describe("deals drawn anew", () => {
  it.each([
    ["flop", {}],
    ["turn", { board: [...FLOP, "2c"] }],
    ["two boards", { board2: ["Ah", "Jc", "4s"] }],
    ["five cards", { num_cards: 5 }],
  ])("%s: with next to nothing behind, EVs are equities, whatever cards a pair of hands holds", (_name, over) => {
    // Everyone calls a hundredth of a chip, so that a share of the pot is all there is to win.
    const solution = solveDrawn(spot(5, { stack_sizes: [0.01, 0.01], iterations: 12, ...over }));
    const shares = solveInProcess(spot(5, { stack_sizes: [0.01, 0.01], iterations: 6, max_raises: 0, ...over }));
    const exact = shares.solution.sampling === null;
    const equity = (shares.solution.equities["0"] as number) * 100;
    const slack = exact ? 0 : T3 * errors(shares.solution).equity * 100;
    expect(Math.abs((solution.ev["0"] as number) - equity)).toBeLessThan(2 * T3 * errors(solution).ev + slack + 0.5);
    expect(Math.abs((solution.equities["0"] as number) * 100 - equity)).toBeLessThan(
      T3 * errors(solution).equity * 100 + slack,
    );
    expect(errors(solution).equity).toBeLessThan(0.02);
  });

  it("give the value of the game in which all deals are made, and little to gain", () => {
    const exact = solveInProcess(spot(5, { iterations: 30 })).solution;
    expect(exact.sampling).toBeNull();
    const drawn = solveDrawn(spot(5, { iterations: 80 }));
    expect(Math.abs((drawn.ev["0"] as number) - (exact.ev["0"] as number))).toBeLessThan(1);
    expect(Math.abs((drawn.hero?.ev ?? 0) - (exact.hero?.ev ?? 0))).toBeLessThan(
      T3 * (drawn.hero?.standard_error ?? 0),
    );
    const actions = drawn.hero?.actions ?? [];
    const best = actions.reduce((a, b) => ((b.ev ?? 0) > (a.ev ?? 0) ? b : a));
    for (const { label, ev, standard_error: error } of actions) {
      const apart = (best.ev ?? 0) - (ev ?? 0) > T3 * ((error ?? 0) + (best.standard_error ?? 0));
      if (apart) expect(drawn.hero?.not_told_apart).not.toContain(label);
    }
    expect(drawn.hero?.not_told_apart).not.toHaveLength(1);
    expect(drawn.exploitability).toBeLessThan(5);
    expect(drawn.sampling?.exploitability_at_least).toBeLessThanOrEqual(drawn.exploitability);
    expect(drawn).toMatchObject({ converged: false, is_equilibrium_approximation: true, stopped_by: "iterations" });
    expect(drawn.exploitability_method).toMatch(/no less on the average than the best answer to the whole range/);
  });

  it("carry errors that hold what a far longer solve says, and equities, nineteen times in twenty", () => {
    const shares = (solution: Solution): (readonly [number, number])[] => [
      ...solution.tree.actions.map((each) => [each.frequency, each.frequency_error ?? 0] as const),
      ...(solution.tree.classes ?? []).map((row) => [row.frequency[1] ?? 0, row.frequency_error?.[1] ?? 0] as const),
      [solution.ev["0"] as number, errors(solution).ev] as const,
    ];
    const long = shares(solveDrawn(spot(6, { iterations: 80, seed: 1000 })));
    const held = Array.from({ length: 8 }, (_, seed) =>
      shares(solveDrawn(spot(6, { iterations: 12, seed }))).map(([value, error], index) => {
        const [target, doubt] = long[index] as readonly [number, number];
        return Math.abs(value - target) <= T3 * Math.hypot(error, doubt) + 1e-4;
      }),
    ).flat();
    expect(held.filter(Boolean).length / held.length).toBeGreaterThan(0.88);
  });

  it("give equal answers for equal seeds and iterations, others for other seeds, as the schema says", () => {
    const plain = (solution: Solution): unknown => ({ ...solution, solve_time: 0, convergence: [] });
    const one = solveDrawn(spot(7, { iterations: 12, seed: 3 }));
    expect(plain(solveDrawn(spot(7, { iterations: 12, seed: 3 })))).toEqual(plain(one));
    expect(solveDrawn(spot(7, { iterations: 12, seed: 4 })).ev).not.toEqual(one.ev);
    const stored = {
      ...one,
      game_state_hash: "0".repeat(32),
      canonical_suits: [0, 1, 2, 3],
      request: {
        iterations: 12,
        target_exploitability: null,
        time_limit_seconds: 600,
        tree_depth: null,
        full_strategy: false,
        work: 1,
        memory_mebibytes: 1,
      },
      cached: false,
    };
    const result = JSON.parse(JSON.stringify({ solution: stored, game_state_hash: "0".repeat(32) }));
    expect(solverResultSchema.parse(result)).toBeTruthy();
  });
});
