import { rankOf, suitOf } from "../../cards.js";
import type { HandSet } from "../game/hand-set.js";
import { sortByScore } from "./cap-range.js";

/** Classes of a hand's place in the preflop ranking, the same number of hands in each. */
const PLACES = 40;
/** Double-suited, suited, rainbow. */
const SUITS = 3;
/** No pair, one, two or more. */
const PAIRS = 3;

/** Number of classes that {@link preflopRows} sorts hands into. */
export const PREFLOP_ROWS = PLACES * SUITS * PAIRS;

/**
 * Class of each hand before the flop: by its place in the preflop ranking, by suits and by pairs.
 *
 * @param standings share of all hands that rank before each
 */
export function preflopRows(hands: HandSet, standings: Float64Array): Int32Array {
  return Int32Array.from({ length: hands.count }, (_, hand) => {
    const cards = hands.cards.subarray(hand * hands.k, (hand + 1) * hands.k);
    const place = Math.min(PLACES - 1, Math.floor(standings[hand] * PLACES));
    return (place * SUITS + suitsOf(cards)) * PAIRS + pairsOf(cards);
  });
}

/** A range by its preflop ranking, strongest first. */
export function sortedByRanking(hands: HandSet, standings: Float64Array): HandSet {
  return sortByScore(
    hands,
    standings.map((standing) => -standing),
  );
}

function suitsOf(cards: Uint8Array): number {
  const counts = [0, 0, 0, 0];
  for (const card of cards) counts[suitOf(card)]++;
  return Math.max(0, 2 - counts.filter((count) => count >= 2).length);
}

function pairsOf(cards: Uint8Array): number {
  let pairs = 0;
  for (let place = 1; place < cards.length; place++) {
    if (
      rankOf(cards[place]) === rankOf(cards[place - 1]) &&
      (place < 2 || rankOf(cards[place]) !== rankOf(cards[place - 2]))
    )
      pairs++;
  }
  return Math.min(PAIRS - 1, pairs);
}
