import { deckWithout } from "../../cards.js";
import { OmahaEvaluator } from "../../evaluator/omaha.js";
import { evaluatorTables } from "../../evaluator/tables.js";
import { type Random, shuffleStart } from "../../random.js";
import { type HandSet, selectHands } from "../game/hand-set.js";

/** Runouts over which a hand's strength is averaged when its board is not complete; fewer for ranges of millions. */
const MOST_RUNOUTS = 24;
const LEAST_RUNOUTS = 3;
const EVALUATIONS = 4e6;

/**
 * Mean strength of every hand over the runouts of its board (of the first board when there are two): exact on the
 * river, over a few random runouts before.
 */
function meanStrengths(
  hands: HandSet,
  board: readonly number[],
  deck: readonly number[],
  evaluator: OmahaEvaluator,
  random: Random,
): Float64Array {
  const means = new Float64Array(hands.count);
  const affordable = Math.round(Math.min(MOST_RUNOUTS, Math.max(LEAST_RUNOUTS, EVALUATIONS / hands.count)));
  const runouts = board.length === 5 ? 1 : affordable;
  const cards = [...deck];
  for (let runout = 0; runout < runouts; runout++) {
    shuffleStart(cards, 5 - board.length, random);
    const [a, b, c, d, e] = [...board, ...cards.slice(0, 5 - board.length)];
    evaluator.setBoard(a, b, c, d, e);
    for (let hand = 0; hand < hands.count; hand++) {
      means[hand] += evaluator.evaluate(hands.cards, hand * hands.k, hands.k) / runouts;
    }
  }
  return means;
}

/** Sorts hands by a score, strongest first; equal scores by cards. Neighbours then share cards, which the sweeps like. */
export function sortByScore(hands: HandSet, scores: Float64Array): HandSet {
  const { k, count, cards } = hands;
  const keys = new Float64Array(count);
  for (let hand = 0; hand < count; hand++) {
    let key = 0;
    for (let place = k - 1; place >= 0; place--) key = key * 64 + cards[hand * k + place];
    keys[hand] = key;
  }
  const order = Uint32Array.from({ length: count }, (_, hand) => hand);
  order.sort((a, b) => scores[b] - scores[a] || keys[b] - keys[a]);
  return selectHands(hands, order);
}

/**
 * Ranges in order of strength, strongest first, so that thinning out keeps their shape.
 *
 * @param boards known cards of each board; the first board counts
 */
export function sortedRanges(
  ranges: readonly HandSet[],
  boards: readonly (readonly number[])[],
  random: Random,
): HandSet[] {
  const evaluator = new OmahaEvaluator(evaluatorTables());
  const board = boards[0] ?? [];
  const deck = deckWithout(boards.flat());
  // Players with the same range, such as the default, share one list.
  const known = new Map<HandSet, HandSet>();
  return ranges.map((hands) => {
    const sorted = known.get(hands) ?? sortByScore(hands, meanStrengths(hands, board, deck, evaluator, random));
    known.set(hands, sorted);
    return sorted;
  });
}

/**
 * Thins a range out to about `limit` hands: evenly spaced in the order given, with probability proportional to weight,
 * so that the sample has the shape of the range. Weights of the sample sum to the range's.
 *
 * @param keep hand that stays whatever happens, with its own weight; -1 for none.
 */
export function capRange(hands: HandSet, limit: number, keep: number, random: Random): HandSet {
  if (hands.count <= limit) return hands;
  const { chosen, weights } = new RangeDrawer(hands).draw(limit, keep, random);
  return selectHands(hands, chosen, weights);
}

/** Hands of a range and the weights that they stand for. */
export interface DrawnHands {
  /** Places in the range. */
  readonly chosen: readonly number[];
  readonly weights: readonly number[];
}

/** Draws hands of one range, time after time. */
export class RangeDrawer {
  readonly #hands: HandSet;
  /** Weight of the hands up to each. */
  readonly #reached: Float64Array;

  constructor(hands: HandSet) {
    this.#hands = hands;
    let reached = 0;
    this.#reached = hands.weights.map((weight) => {
      reached += weight;
      return reached;
    });
  }

  /** About `limit` hands as {@link capRange} takes them; all of them when they are so few. */
  draw(limit: number, keep: number, random: Random): DrawnHands {
    const { count, weights: own } = this.#hands;
    if (count <= limit) return { chosen: Array.from(own.keys()), weights: Array.from(own) };
    const total = this.#reached[count - 1];
    const step = total / limit;
    const chosen: number[] = [];
    const weights: number[] = [];
    const take = (hand: number, weight: number): void => {
      chosen.push(hand);
      weights.push(weight);
    };
    let next = random.fraction() * step;
    let kept = keep < 0;
    for (let hand = this.#after(next, 0); hand < count; hand = this.#after(next, hand + 1)) {
      let picks = 0;
      for (; next < this.#reached[hand]; next += step) picks++;
      if (!kept && hand >= keep) {
        kept = true;
        if (hand > keep) take(keep, own[keep]);
      }
      take(hand, hand === keep ? own[keep] : picks * step);
    }
    if (!kept) take(keep, own[keep]);
    return { chosen, weights };
  }

  /** The first hand from `from` on that the weights up to it exceed `weight` with. */
  #after(weight: number, from: number): number {
    let low = from;
    let high = this.#hands.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#reached[middle] > weight) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
