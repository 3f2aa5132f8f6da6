import { expect, it } from "vitest";
import { planResponses } from "../../../../../src/poker/solver/plan/response-plan.js";
import { planSampled } from "../../../../../src/poker/solver/plan/sampled-plan.js";
import { classifyHands, classifyOn } from "../../../../../src/poker/solver/report/hand-classes.js";
import { parseSolverInput } from "../../../../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../../../../src/tasks/solver-analysis/prepare-spot.js";

const input = parseSolverInput({
  board: ["Ks", "8h", "7d"],
  pot_size: 100,
  stack_sizes: [100, 100],
  bet_sizes: [1],
  player_ranges: { "0": "2%", "1": "1%" },
  iterations: 10,
});
const { spot } = prepareSpot(input);
const limits = { ...input.request, maxBytes: 2 ** 29, threads: 1 };
const sets = spot.ranges.map(({ hands }) => hands);
const plan = planSampled(spot, sets, limits, classifyHands, classifyOn(spot));

it("best answers on a flop are looked for on more rivers and against more hands, the more time there is", () => {
  const sizes = [1e4, 1e6, 3e6, 1e7, 1e8].map((handRuns) => planResponses(plan, spot, limits, handRuns));
  const runouts = sizes.map(({ outcomes: [first, second] }) => first * second);
  expect(runouts).toEqual([...runouts].sort((a, b) => a - b));
  expect(runouts[0]).toBe(8 * 2);
  expect(runouts.at(-1)).toBe(49 * 16);
  // All the work that there is time for, but for what rounding takes.
  for (const [index, handRuns] of [1e6, 3e6, 1e7].entries()) {
    const { opponents, responders, outcomes } = sizes[index + 1] as (typeof sizes)[number];
    expect(opponents).toBeGreaterThanOrEqual(60);
    expect((16 * (opponents + responders) * outcomes[0] * outcomes[1]) / handRuns).toBeCloseTo(1, 1);
  }
});
