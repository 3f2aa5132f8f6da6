import { type DealModel, pairIndex, remainingCards } from "../game/deal-model.js";
import type { HandSet } from "../game/hand-set.js";

/** Classes of hands by strength on later streets: for every card (or pair of cards) that may come to a board. */
export interface StrengthClasses {
  readonly perBoard: number;
  /** Cards still to come when the root street ends: 1 on the turn, 2 on the flop. */
  readonly levels: number;
  /** Class of a hand after the cards at `positions` (of the remaining cards) came to a board. */
  classOf(seat: number, hand: number, board: number, positions: readonly number[]): number;
  /** Table of `keys × hands` classes for a seat and board after `level` cards. */
  table(seat: number, board: number, level: number): Uint8Array;
}

/** Share of the pooled hands that each hand beats, ties half, on one complete board; NaN for impossible hands. */
function percentiles(
  ranges: readonly HandSet[],
  strengths: readonly Uint16Array[],
  dealt: readonly number[],
): Float64Array[] {
  const possible = ranges.map((hands) =>
    Uint8Array.from({ length: hands.count }, (_, hand) => {
      const cards = hands.cards.subarray(hand * hands.k, (hand + 1) * hands.k);
      return dealt.some((card) => cards.includes(card)) ? 0 : 1;
    }),
  );
  const weightAt = new Float64Array(8192);
  ranges.forEach((hands, seat) => {
    for (let hand = 0; hand < hands.count; hand++) {
      if (possible[seat][hand] !== 1) continue;
      const strength = strengths[seat][hand];
      weightAt[strength] += hands.weights[hand];
    }
  });
  const shareBelow = new Float64Array(8192);
  let below = 0;
  for (let strength = 0; strength < 8192; strength++) {
    const here = weightAt[strength];
    shareBelow[strength] = below + here / 2;
    below += here;
  }
  return ranges.map((hands, seat) =>
    Float64Array.from({ length: hands.count }, (_, hand) =>
      possible[seat][hand] === 1 && below > 0 ? shareBelow[strengths[seat][hand]] / below : Number.NaN,
    ),
  );
}

/** Finer at the top, where most of the betting happens. */
function classIndex(percentile: number, classes: number): number {
  return Math.min(classes - 1, Math.floor(percentile ** 1.5 * classes));
}

/**
 * Sorts hands into classes by how much of all ranges they beat: on the river by the share itself, on the turn by the
 * root mean square over the rivers, which values draws. Blockers and suits play no part.
 *
 * @param levels cards to come on each board, 1 or 2
 */
export function strengthClasses(
  deal: DealModel,
  ranges: readonly HandSet[],
  levels: number,
  perBoard: number,
): StrengthClasses {
  const remaining = remainingCards(deal);
  const cards = remaining.length;
  const keys = [1, cards, (cards * (cards - 1)) / 2];
  const tables = ranges.map((hands) =>
    deal.boards.map(() => Array.from({ length: levels + 1 }, (_, level) => new Uint8Array(keys[level] * hands.count))),
  );
  deal.boards.forEach((known, board) => {
    const squares = ranges.map((hands) => new Float64Array(cards * hands.count));
    const counts = ranges.map((hands) => new Uint8Array(cards * hands.count));
    const finish = (positions: readonly number[], key: number): void => {
      const dealt = positions.map((position) => remaining[position]);
      const strengths = ranges.map((hands) => deal.strengths(hands, [...known, ...dealt]));
      percentiles(ranges, strengths, dealt).forEach((shares, seat) => {
        const count = shares.length;
        shares.forEach((share, hand) => {
          if (Number.isNaN(share)) return;
          tables[seat][board][levels][key * count + hand] = classIndex(share, perBoard);
          if (levels < 2) return;
          for (const position of positions) {
            const at = position * count + hand;
            squares[seat][at] += share * share;
            counts[seat][at]++;
          }
        });
      });
    };
    if (levels === 1) for (let position = 0; position < cards; position++) finish([position], position);
    if (levels < 2) return;
    for (let high = 1; high < cards; high++) {
      for (let low = 0; low < high; low++) finish([low, high], pairIndex(low, high));
    }
    ranges.forEach((_, seat) => {
      squares[seat].forEach((sum, at) => {
        const share = Math.sqrt(sum / Math.max(1, counts[seat][at]));
        tables[seat][board][1][at] = classIndex(share, perBoard);
      });
    });
  });
  return {
    perBoard,
    levels,
    table: (seat, board, level) => tables[seat][board][level],
    classOf(seat, hand, board, positions) {
      const [first = 0, second = 0] = positions;
      const key = positions.length === 1 ? first : pairIndex(first, second);
      return tables[seat][board][positions.length][key * ranges[seat].count + hand];
    },
  };
}
