import { SolverInputError } from "../../errors.js";
import { sortedByRanking } from "../abstraction/preflop-rows.js";
import type { HandSet } from "../game/hand-set.js";
import type { ClassifyOn } from "../spot/lock-nodes.js";
import { preflopStandings } from "../spot/preflop-standing.js";
import type { SolveLimits, Spot } from "../spot/spot.js";
import { NOBODY, type StreetBlock } from "../vector/street-block.js";
import { type Classify, chooseTree, planSampled, type SampledPlan } from "./sampled-plan.js";

/**
 * Lays out a heads-up solve before the flop in which later streets are played; null for other spots, where nothing can be
 * bet later, and where no version fits.
 */
export function planPreflop(
  spot: Spot,
  limits: SolveLimits,
  classify: Classify,
  classifyOn: ClassifyOn,
): SampledPlan | null {
  if (spot.street > 0 || spot.players.length !== 2) return null;
  try {
    const chosen = chooseTree(spot, limits);
    if (!betsLater(chosen.blocks)) return null;
    const known = new Map<HandSet, HandSet>();
    const sorted = spot.ranges.map(({ hands }) => {
      const ranked = known.get(hands) ?? sortedByRanking(hands, preflopStandings(hands));
      known.set(hands, ranked);
      return ranked;
    });
    return planSampled(spot, sorted, limits, classify, classifyOn, chosen);
  } catch (error) {
    // What is wrong with the spot itself the other method says too.
    if (error instanceof SolverInputError) return null;
    throw error;
  }
}

function betsLater([, ...later]: readonly StreetBlock[]): boolean {
  return later.some(({ decisionSeat }) => decisionSeat.some((seat) => seat !== NOBODY));
}
