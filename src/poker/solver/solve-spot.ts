import type { Solution } from "./report/solution.js";
import { type FormatCards, solveHeadsUp } from "./solve-heads-up.js";
import { solveMultiway } from "./solve-multiway.js";
import type { SolveHooks, SolveLimits, Spot } from "./spot/spot.js";
import type { SharedPlan } from "./vector/shared-game.js";

/**
 * Solves a spot by the method that fits it.
 *
 * @param onPlan called when other threads may help
 * @throws SolverInputError when the spot cannot be solved within the limits
 */
export function solveSpot(
  spot: Spot,
  limits: SolveLimits,
  hooks: SolveHooks,
  format: FormatCards,
  onPlan: (plan: SharedPlan) => void,
): Solution {
  if (spot.players.length === 2 && spot.street > 0) return solveHeadsUp(spot, limits, hooks, format, onPlan);
  return solveMultiway(spot, limits, hooks, format);
}
