import { formatCards } from "../../../../../src/poker/cards.js";
import { Random } from "../../../../../src/poker/random.js";
import { sortedRanges } from "../../../../../src/poker/solver/abstraction/cap-range.js";
import { planSampled } from "../../../../../src/poker/solver/plan/sampled-plan.js";
import { classifyHands, classifyOn } from "../../../../../src/poker/solver/report/hand-classes.js";
import type { Solution } from "../../../../../src/poker/solver/report/solution.js";
import { solveSampled } from "../../../../../src/poker/solver/solve-sampled.js";
import { parseSolverInput } from "../../../../../src/tasks/solver-analysis/parse-input.js";
import { prepareSpot } from "../../../../../src/tasks/solver-analysis/prepare-spot.js";

/** Solves a job's `input_data` on drawn deals, also where the exact solver would do. Cards keep their canonical suits. */
export function solveDrawn(inputData: unknown): Solution {
  const input = parseSolverInput(inputData);
  const { spot } = prepareSpot(input);
  const limits = { ...input.request, maxBytes: 2 ** 29, threads: 1 };
  const hooks = { now: () => performance.now() / 1000, onProgress: () => undefined, stop: () => "none" as const };
  const ranges = spot.ranges.map((range) => range.hands);
  const sorted = sortedRanges(ranges, spot.boards, Random.fromSeed(spot.options.seed));
  const plan = planSampled(spot, sorted, limits, classifyHands, classifyOn(spot));
  return solveSampled(
    spot,
    plan,
    limits,
    hooks,
    (cards) => formatCards(cards),
    () => undefined,
  );
}
