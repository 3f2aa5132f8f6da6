import type { RangeHands } from "../ranges/expand-range.js";

/** Largest number of times that a hand is listed for its weight. */
const MOST_TIMES = 100;
/** Longest list that hands are repeated in. */
const MOST_ENTRIES = 400_000;
const TOLERANCE = 1e-9;

/**
 * A range with weights as a list of equally likely hands, in which a hand of twice the weight stands twice: what the exact
 * counts need. Where weights have no common measure, or the list would grow too long, the hands keep weights, the largest
 * of which is 1; they can only be drawn from.
 */
export function asEquallyLikely(hands: RangeHands): RangeHands {
  const { weights, count, handSize, cards } = hands;
  if (weights === undefined || count === 0) return hands;
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const scaled = weights.map((weight) => weight / largest);
  const times = commonMeasure([...new Set(scaled)]);
  const entries =
    times === undefined
      ? Number.POSITIVE_INFINITY
      : scaled.reduce((sum, weight) => sum + Math.round(weight * times), 0);
  if (times === undefined || entries > MOST_ENTRIES) return { handSize, count, cards, weights: scaled };
  const repeated = new Uint8Array(entries * handSize);
  let at = 0;
  for (let hand = 0; hand < count; hand++) {
    const own = cards.subarray(hand * handSize, (hand + 1) * handSize);
    for (let time = Math.round(scaled[hand] * times); time > 0; time--, at += handSize) repeated.set(own, at);
  }
  return { handSize, count: entries, cards: repeated, different: count };
}

/** The smallest number that makes all weights whole. */
function commonMeasure(weights: readonly number[]): number | undefined {
  for (let times = 1; times <= MOST_TIMES; times++) {
    const isWhole = (weight: number): boolean => {
      const product = weight * times;
      return Math.abs(product - Math.round(product)) < TOLERANCE * times && Math.round(product) > 0;
    };
    if (weights.every(isWhole)) return times;
  }
  return undefined;
}
