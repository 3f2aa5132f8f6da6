import { describe, expect, it } from "vitest";
import { omahaDeal } from "../../../../../src/poker/solver/game/deal-model.js";
import { planSampled } from "../../../../../src/poker/solver/plan/sampled-plan.js";
import { classifyHands, classifyOn } from "../../../../../src/poker/solver/report/hand-classes.js";
import { measuresOf } from "../../../../../src/poker/solver/sampled/measure-deal.js";
import { type ResponseSize, setResponseSize } from "../../../../../src/poker/solver/sampled/sampled-game.js";
import { SampledWork } from "../../../../../src/poker/solver/sampled/sampled-work.js";
import { shareSampled } from "../../../../../src/poker/solver/solve-sampled.js";
import { VectorSolver } from "../../../../../src/poker/solver/vector/vector-solver.js";
import { parseSolverInput } from "../../../../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../../../../src/tasks/solver-analysis/prepare-spot.js";
import { randomHands } from "../../../tasks/solver-analysis/solve-in-process.js";
import { seededRandom } from "../../oracle.js";

/** Best answers to play that takes every action alike: what drawn deals find, and the exact solver, which has not begun. */
function answers(over: Record<string, unknown>, hands: number, size: (count: number) => ResponseSize, batches = 1) {
  const random = seededRandom(11);
  const board = over.board as string[];
  const dead = [...board, ...((over.board2 as string[]) ?? [])];
  const ranges = { "0": randomHands(hands, 4, dead, random), "1": randomHands(hands, 4, dead, random) };
  const input = parseSolverInput({
    pot_size: 100,
    stack_sizes: [150, 150],
    bet_sizes: [0.5],
    max_raises: 1,
    iterations: 1,
    player_ranges: ranges,
    ...over,
  });
  const { spot } = prepareSpot(input);
  const limits = { ...input.request, maxBytes: 2 ** 29, threads: 1 };
  const sets = spot.ranges.map((range) => range.hands);
  const plan = planSampled(spot, sets, limits, classifyHands, classifyOn(spot));
  const game = shareSampled(spot, plan);
  setResponseSize(game, size(sets[0]?.count ?? 0));
  const work = new SampledWork(game);
  const exact = new VectorSolver({ tree: plan.tree, hands: plan.ranges, deal: omahaDeal(spot.boards) });
  const { gains } = exact.exploitability();
  return ([0, 1] as const).map((seat) => {
    for (let batch = 0; batch < batches; batch++) work.respond(seat, batch, 100 + batch, () => undefined);
    const sums = [0, 0, 0];
    for (let batch = 0; batch < batches; batch++) {
      measuresOf(game, batch).bounds[seat].forEach((value, at) => {
        sums[at] = (sums[at] ?? 0) + value;
      });
    }
    const [pairs = 0, below = 0, above = 0] = sums;
    return { below: below / pairs, above: above / pairs, exact: gains[seat] };
  });
}

const FLOP = ["Ks", "8h", "7d"];
const ALL: readonly [number, number] = [5000, 5000];

describe("best answers on drawn deals", () => {
  it.each([
    ["turn", { board: [...FLOP, "2c"] }],
    ["two-board turn", { board: [...FLOP, "2c"], board2: ["Ah", "Jc", "4s", "4d"], bet_sizes: [1], max_raises: 0 }],
    ["flop", { board: FLOP, bet_sizes: [1], max_raises: 0, stack_sizes: [100, 100] }],
  ])("%s: over whole ranges and all cards they are the exact best responses", (_name, over) => {
    for (const { below, above, exact } of answers(over, 10, (count) => ({
      opponents: count,
      responders: count,
      outcomes: ALL,
    }))) {
      expect(below).toBeCloseTo(exact, 6);
      expect(above).toBeCloseTo(exact, 6);
    }
  });

  it.each([
    ["turn", { board: [...FLOP, "2c"] }, [48, 1] as const],
    ["flop", { board: FLOP, bet_sizes: [1], max_raises: 0, stack_sizes: [100, 100] }, [12, 4] as const],
  ])("%s: over samples they hold the exact best responses between them", (_name, over, outcomes) => {
    for (const { below, above, exact } of answers(over, 60, () => ({ opponents: 20, responders: 60, outcomes }), 8)) {
      // Either bound holds on the average: a hundredth is left to chance.
      expect(below).toBeLessThan(exact * 1.01);
      expect(above).toBeGreaterThan(exact * 0.99);
      expect(above - below).toBeLessThan(exact * 0.3);
      expect(above - below).toBeGreaterThan(0);
    }
  });
});
