import { type Card, deckWithout } from "../cards.js";
import { choose, forEachSubset } from "../combinatorics.js";
import { SpotError } from "../errors.js";
import { compileRange } from "./match-range.js";
import type { Range } from "./range-tree.js";

/** Hands of a range, one after the other. */
export interface RangeHands {
  readonly handSize: number;
  readonly count: number;
  /** `count × handSize` cards; each hand ascending, hands in colexicographic order. */
  readonly cards: Uint8Array;
}

/** Largest range that is expanded, in hands: 12–18 MB of cards. All five-card hands are 2,598,960. */
const MAX_RANGE_HANDS = 3_000_000;

/** Hands between two looks at whether the caller still wants the answer: about a millisecond. */
const HANDS_BETWEEN_CHECKS = 4096;

/**
 * All hands of a range that hold none of the dead cards. Four-card hands take some 50 ms, five-card ones a second: do
 * it in a worker thread.
 * @param cancelled asked now and then; true ends the walk early
 * @throws SpotError when the range is larger than 3,000,000 hands
 */
export function expandRange(
  range: Range,
  dead: Iterable<Card> = [],
  cancelled: () => boolean = () => false,
): RangeHands {
  const deck = deckWithout(dead);
  const { handSize } = range;
  const test = compileRange(range.root);
  let cards = new Uint8Array(Math.min(choose(deck.length, handSize), 50_000) * handSize);
  let count = 0;
  let seen = 0;
  let stopped = false;
  forEachSubset(deck, handSize, (hand) => {
    if (++seen % HANDS_BETWEEN_CHECKS === 0) stopped ||= cancelled();
    if (stopped || !test(hand)) return;
    if (count === MAX_RANGE_HANDS) {
      throw new SpotError(`range ${JSON.stringify(range.source)} has more than ${MAX_RANGE_HANDS} hands`);
    }
    if ((count + 1) * handSize > cards.length) {
      const larger = new Uint8Array(cards.length * 2);
      larger.set(cards);
      cards = larger;
    }
    cards.set(hand, count * handSize);
    count++;
  });
  return { handSize, count, cards: cards.slice(0, count * handSize) };
}
