import { type Card, DECK_SIZE } from "../cards.js";
import type { HandValue } from "./categories.js";
import type { OmahaEvaluator } from "./omaha.js";

/** Row width of {@link BoardPairs.values}: a power of two, so that an index is a shift. */
const ROW = 64;

/** Above every value: what a pair with a card of the board is given, where that is asked for. */
export const HELD = 0xffff;

/**
 * All pairs of hole cards on one board, evaluated once: then a hand is the best of its 6, 10 or 15 pairs. Pays from
 * some hundred hands a board on.
 */
export class BoardPairs {
  /** `values[a * 64 + b]` for a ≠ b in either order; only the live cards given to `fill` are up to date. */
  readonly values = new Uint16Array(DECK_SIZE * ROW);

  /**
   * Evaluates every pair of `live` cards on the board that `evaluator` is set to.
   * @param live distinct cards that are not on the board
   */
  fill(evaluator: OmahaEvaluator, live: ArrayLike<Card>): void {
    const { values } = this;
    for (let i = 1; i < live.length; i++) {
      const high = live[i];
      for (let j = 0; j < i; j++) {
        const low = live[j];
        const value = evaluator.pairValue(low, high);
        values[low * ROW + high] = value;
        values[high * ROW + low] = value;
      }
    }
  }

  /** Gives every pair with this card, which lies on the board, the value {@link HELD}. */
  holdBack(card: Card): void {
    const { values } = this;
    for (let other = 0; other < DECK_SIZE; other++) {
      values[card * ROW + other] = HELD;
      values[other * ROW + card] = HELD;
    }
  }

  /** Value of four hole cards. */
  evaluate4(a: Card, b: Card, c: Card, d: Card): HandValue {
    const { values } = this;
    let best = values[a * ROW + b];
    let value = values[a * ROW + c];
    if (value > best) best = value;
    value = values[a * ROW + d];
    if (value > best) best = value;
    value = values[b * ROW + c];
    if (value > best) best = value;
    value = values[b * ROW + d];
    if (value > best) best = value;
    value = values[c * ROW + d];
    return value > best ? value : best;
  }

  /** Value of `size` hole cards that start at `cards[from]`. */
  evaluate(cards: ArrayLike<Card>, from = 0, size = cards.length - from): HandValue {
    if (size === 4) {
      return this.evaluate4(cards[from], cards[from + 1], cards[from + 2], cards[from + 3]);
    }
    let best = 0;
    for (let i = from + 1; i < from + size; i++) {
      const row = cards[i] * ROW;
      for (let j = from; j < i; j++) {
        const value = this.values[row + cards[j]];
        if (value > best) best = value;
      }
    }
    return best;
  }
}
