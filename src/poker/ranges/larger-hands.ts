import { rankOf, suitOf } from "../cards.js";
import { choose } from "../combinatorics.js";
import { HAND_SCORES, type SizeScores } from "./hand-scores.js";

/**
 * Hands of five and six cards are too many to rank by enumeration. They are ranked by a score: what a hand holds, each
 * with the points that fit its equity against a random hand best (scripts/write-hand-scores.ts; docs/ranges.md says how
 * well). The parts of the score, by number:
 */
export const SCORE_PARTS = {
  /** Two ranks, by `high × (high − 1) / 2 + low`. */
  ranks: 0,
  /** A pair of a rank. */
  pair: 78,
  /** Three or more of a rank. */
  three: 91,
  /** Two or more cards of a suit: by the highest rank of them … */
  highSuited: 104,
  /** … and by the second. */
  secondSuited: 117,
  /** Three, four and five or more cards of a suit. */
  suitedCards: 130,
  count: 133,
} as const;

/** At most 15 pairs of ranks, three pairs, two of three, and by suits five. */
const MOST_PARTS = 32;
const found = new Uint8Array(MOST_PARTS);

/** The parts that a hand (ascending cards) has; a part may come twice. The array is the same at every call. */
export function scoreParts(hand: ArrayLike<number>): Uint8Array {
  let parts = addRanks(hand);
  for (let suit = 0; suit < 4; suit++) parts = addSuit(hand, suit, parts);
  return found.subarray(0, parts);
}

function addRanks(hand: ArrayLike<number>): number {
  let parts = 0;
  let seen = 0;
  let times = 0;
  for (let i = 0; i < hand.length; i++) {
    const rank = rankOf(hand[i]);
    times = i > 0 && rankOf(hand[i - 1]) === rank ? times + 1 : 1;
    if (times === 2) found[parts++] = SCORE_PARTS.pair + rank;
    else if (times === 3) found[parts++] = SCORE_PARTS.three + rank;
    if (times > 1) continue;
    for (let low = 0; low < rank; low++) if ((seen >> low) & 1) found[parts++] = (rank * (rank - 1)) / 2 + low;
    seen |= 1 << rank;
  }
  return parts;
}

function addSuit(hand: ArrayLike<number>, suit: number, from: number): number {
  let parts = from;
  let held = 0;
  let highest = 0;
  for (let i = hand.length - 1; i >= 0; i--) {
    if (suitOf(hand[i]) !== suit) continue;
    held++;
    if (held === 1) {
      highest = rankOf(hand[i]);
    } else if (held === 2) {
      found[parts++] = SCORE_PARTS.highSuited + highest;
      found[parts++] = SCORE_PARTS.secondSuited + rankOf(hand[i]);
    } else if (held <= 5) found[parts++] = SCORE_PARTS.suitedCards + held - 3;
  }
  return parts;
}

/** Sum of a hand's points. */
export function scoreOf(hand: ArrayLike<number>, points: readonly number[]): number {
  const parts = scoreParts(hand);
  let score = 0;
  for (let i = 0; i < parts.length; i++) score += points[parts[i]];
  return score;
}

const decoded = new Map<number, Uint32Array>();

/** By score from the lowest: how many hands score more. */
function betterHands(size: number, { hands }: SizeScores): Uint32Array {
  const known = decoded.get(size);
  if (known !== undefined) return known;
  const bytes = Uint8Array.from(atob(hands), (character) => character.charCodeAt(0));
  const better = new Uint32Array(bytes.length / 3);
  let above = 0;
  for (let score = better.length - 1; score >= 0; score--) {
    better[score] = above;
    above += bytes[score * 3] | (bytes[score * 3 + 1] << 8) | (bytes[score * 3 + 2] << 16);
  }
  decoded.set(size, better);
  return better;
}

/** How many hands of five or six cards rank before a hand (ascending cards), of how many. */
export function largerHandStanding(hand: Uint8Array): { readonly hands: number; readonly of: number } {
  const scores = HAND_SCORES[hand.length];
  if (scores === undefined) throw new RangeError(`hands of ${hand.length} cards have no ranking`);
  const score = scoreOf(hand, scores.points) - scores.lowest;
  return { hands: betterHands(hand.length, scores)[score], of: choose(52, hand.length) };
}
