import { subsetNumber } from "../combinatorics.js";
import { handRanking } from "./hand-ranking.js";
import { largerHandStanding } from "./larger-hands.js";

/** How many hands rank before a hand, of how many. */
export interface Standing {
  readonly hands: number;
  readonly of: number;
}

/** Where a hand (ascending cards) of four, five or six cards stands in the ranking of its size. */
export function standingOf(hand: Uint8Array): Standing {
  if (hand.length !== 4) return largerHandStanding(hand);
  const { hands, betterHands } = handRanking();
  return { hands: betterHands[subsetNumber(hand)], of: hands };
}
