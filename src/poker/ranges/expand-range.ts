import { type Card, deckWithout } from "../cards.js";
import { choose, forEachSubset } from "../combinatorics.js";
import { SpotError } from "../errors.js";
import { type Boards, compileRange, compileWeights } from "./match-range.js";
import { isWeighted, type Range } from "./range-tree.js";

/** Hands of a range, one after the other. */
export interface RangeHands {
  readonly handSize: number;
  readonly count: number;
  /** `count × handSize` cards; each hand ascending, hands in colexicographic order. */
  readonly cards: Uint8Array;
  /** How many hands are different, where some stand several times for their weight. */
  readonly different?: number;
  /** Weight of each hand, above 0 to 1; absent where the range has no weights. */
  readonly weights?: Float64Array;
}

/** What a range is listed for. */
export interface Expansion {
  /** The boards that its categories go by. */
  readonly boards?: Boards;
  /** Asked now and then; true ends the walk early. */
  readonly cancelled?: () => boolean;
}

/** Largest range that is expanded, in cards: all hands of five cards, eight million of six. */
const MAX_RANGE_CARDS = 48_000_000;

/** Hands between two looks at whether the caller still wants the answer: about a millisecond. */
const HANDS_BETWEEN_CHECKS = 4096;

/**
 * All hands of a range that hold none of the dead cards. Four-card hands take some 50 ms, five-card ones a second, six-card
 * ones ten: do it in a worker thread.
 * @throws SpotError when the range is larger than 48,000,000 cards, or asks for a category without a board
 */
export function expandRange(range: Range, dead: Iterable<Card> = [], expansion: Expansion = {}): RangeHands {
  const { boards = [], cancelled = () => false } = expansion;
  const deck = deckWithout(dead);
  const { handSize } = range;
  const most = Math.floor(MAX_RANGE_CARDS / handSize);
  const weightOf = isWeighted(range.root) ? compileWeights(range.root, boards) : undefined;
  const test = weightOf === undefined ? compileRange(range.root, boards) : undefined;
  let cards = new Uint8Array(Math.min(choose(deck.length, handSize), 50_000) * handSize);
  const weights: number[] = [];
  let count = 0;
  let seen = 0;
  let stopped = false;
  forEachSubset(deck, handSize, (hand) => {
    if (++seen % HANDS_BETWEEN_CHECKS === 0) stopped ||= cancelled();
    if (stopped || test?.(hand) === false) return;
    const weight = weightOf?.(hand) ?? 1;
    if (!(weight > 0)) return;
    if (count === most) throw new SpotError(`range ${JSON.stringify(range.source)} has more than ${most} hands`);
    if ((count + 1) * handSize > cards.length) {
      const larger = new Uint8Array(cards.length * 2);
      larger.set(cards);
      cards = larger;
    }
    cards.set(hand, count * handSize);
    if (weightOf !== undefined) weights.push(weight);
    count++;
  });
  const hands = { handSize, count, cards: cards.slice(0, count * handSize) };
  return weightOf === undefined ? hands : { ...hands, weights: Float64Array.from(weights) };
}
