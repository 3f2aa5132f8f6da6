import { planPreflop } from "./plan/preflop-plan.js";
import { classifierOf, classifyOn } from "./report/hand-classes.js";
import type { FormatCards, Solution } from "./report/solution.js";
import type { SampledGame } from "./sampled/sampled-game.js";
import { solveHeadsUp } from "./solve-heads-up.js";
import type { SolveHooks } from "./solve-loop.js";
import { solveMultiway } from "./solve-multiway.js";
import { solveSampled } from "./solve-sampled.js";
import type { SolveLimits, Spot } from "./spot/spot.js";
import type { SharedGame } from "./vector/shared-game.js";

/**
 * Solves a spot by the method that fits it.
 *
 * @param onShared called when other threads may help
 * @throws SolverInputError when the spot cannot be solved within the limits
 */
export function solveSpot(
  spot: Spot,
  limits: SolveLimits,
  hooks: SolveHooks,
  format: FormatCards,
  onShared: (shared: SharedGame | SampledGame) => void,
): Solution {
  if (spot.players.length === 2 && spot.street > 0) return solveHeadsUp(spot, limits, hooks, format, onShared);
  const preflop = planPreflop(spot, limits, classifierOf(spot), classifyOn(spot));
  if (preflop) return solveSampled(spot, preflop, limits, hooks, format, onShared);
  return solveMultiway(spot, limits, hooks, format);
}
