import type { HandSet } from "./hand-set.js";
import { indexSubsets, type SlotIndex } from "./subset-slots.js";

/**
 * Sums over the opponent's hands that share no card with one's own, for one vector of reach at a time, in plain
 * JavaScript. The solver's inner loop does the same for eight terminals at once; this form serves reports.
 */
export class CardRemoval {
  readonly #index: SlotIndex;
  readonly #counts: readonly [number, number];
  readonly #sums: Float64Array;

  constructor(first: HandSet, second: HandSet, index: SlotIndex = indexSubsets(first, second)) {
    this.#index = index;
    this.#counts = [first.count, second.count];
    this.#sums = new Float64Array(index.slotCount);
  }

  /** For each hand of `seat`: summed reach of the other seat's hands that share no card with it. */
  compatible(seat: 0 | 1, opponentReach: Float64Array): Float64Array {
    const other = seat === 0 ? 1 : 0;
    this.#sums.fill(0);
    for (let hand = 0; hand < this.#counts[other]; hand++) this.#add(other, hand, opponentReach[hand]);
    return Float64Array.from({ length: this.#counts[seat] }, (_, hand) => this.#query(seat, hand));
  }

  /**
   * For each hand of `seat`: summed reach of weaker compatible hands, and of weaker or equal ones.
   * @param strengths by seat; negative for hands that cannot be held on this board
   */
  weaker(
    seat: 0 | 1,
    opponentReach: Float64Array,
    strengths: readonly [ArrayLike<number>, ArrayLike<number>],
  ): { readonly below: Float64Array; readonly notAbove: Float64Array } {
    const other = seat === 0 ? 1 : 0;
    const order = (of: 0 | 1): number[] =>
      Array.from({ length: this.#counts[of] }, (_, hand) => hand)
        .filter((hand) => strengths[of][hand] >= 0)
        .sort((a, b) => strengths[of][a] - strengths[of][b]);
    const theirs = order(other);
    const below = new Float64Array(this.#counts[seat]);
    const notAbove = new Float64Array(this.#counts[seat]);
    const sweep = (out: Float64Array, included: (theirs: number, ours: number) => boolean): void => {
      this.#sums.fill(0);
      let next = 0;
      for (const hand of order(seat)) {
        const strength = strengths[seat][hand];
        for (; next < theirs.length; next++) {
          const opponent = theirs[next];
          if (!included(strengths[other][opponent], strength)) break;
          this.#add(other, opponent, opponentReach[opponent]);
        }
        out[hand] = this.#query(seat, hand);
      }
    };
    sweep(below, (opponent, own) => opponent < own);
    sweep(notAbove, (opponent, own) => opponent <= own);
    return { below, notAbove };
  }

  #add(seat: 0 | 1, hand: number, reach: number): void {
    if (reach === 0) return;
    const { slots, bounds } = this.#index.seats[seat];
    const end = bounds[hand * 2 + 2];
    const sums = this.#sums;
    for (let i = bounds[hand * 2]; i < end; i++) {
      const slot = slots[i];
      sums[slot] += reach;
    }
  }

  #query(seat: 0 | 1, hand: number): number {
    const { slots, bounds } = this.#index.seats[seat];
    const middle = bounds[hand * 2 + 1];
    const end = bounds[hand * 2 + 2];
    let sum = 0;
    let i = bounds[hand * 2];
    for (; i < middle; i++) sum -= this.#sums[slots[i]];
    for (; i < end; i++) sum += this.#sums[slots[i]];
    return sum;
  }
}
