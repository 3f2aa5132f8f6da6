import { describe, expect, it } from "vitest";
import { solveInProcess } from "./solve-in-process.js";

describe("the time that reading a spot took", () => {
  it.each([
    ["heads-up", [50, 50]],
    ["three-way", [50, 50, 50]],
  ])("counts towards the time limit: %s", (_, stacks) => {
    const state = {
      board: "KsQd7h4c2d",
      pot_size: 100,
      stack_sizes: stacks,
      max_combos: 20,
      target_exploitability: 1e-9,
    };
    const { solution } = solveInProcess({ ...state, time_limit_seconds: 2 }, 512, 1000);
    expect(solution).toMatchObject({ stopped_by: "time_limit", iterations: 1 });
    expect(solution.solve_time).toBeGreaterThan(1000);
  });
});

describe("a single iteration of a game that is far too large for the time", () => {
  it("is cut to what the time allows, report included", () => {
    const state = { board: "KsQd7h", board2: "AsJd6c", pot_size: 100, stack_sizes: [300, 300], time_limit_seconds: 1 };
    const once = solveInProcess({ ...state, iterations: 1 }).solution;
    expect(once.abstraction).toEqual(solveInProcess({ ...state, iterations: 6 }).solution.abstraction);
    expect(once.iterations).toBe(1);
  });
});
