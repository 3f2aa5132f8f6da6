import { standingOf } from "../../ranges/standing.js";
import type { HandSet } from "../game/hand-set.js";

/** Share of all hands that rank before each hand of a range before the flop, 0 for the best. */
export function preflopStandings({ k, count, cards }: HandSet): Float64Array {
  return Float64Array.from({ length: count }, (_, hand) => {
    const { hands, of } = standingOf(cards.subarray(hand * k, (hand + 1) * k));
    return hands / of;
  });
}
