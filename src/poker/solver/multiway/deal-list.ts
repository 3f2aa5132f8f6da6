import type { HandSet } from "../game/hand-set.js";

/** Every way to deal hands to all seats, or to all but one, with the probability of each. */
export interface DealList {
  readonly count: number;
  /** `deal × seats + seat`: number of the hand in the seat's range; -1 for the seat that is left out. */
  readonly hands: Int32Array;
  /** Sum to 1. */
  readonly weights: Float64Array;
}

/** Combinations of hands that are looked at for each deal that may be listed, impossible ones included. */
const TRIES_PER_DEAL = 20;

/**
 * Lists the deals on complete boards; null when there are more than `most`, or none at all.
 *
 * @param except seat that gets no hand; -1 for none
 */
export function listDeals(
  ranges: readonly HandSet[],
  boards: readonly (readonly number[])[],
  except: number,
  most: number,
): DealList | null {
  if (boards.some((board) => board.length < 5)) return null;
  const seats = ranges.map((_, seat) => seat).filter((seat) => seat !== except);
  const combinations = seats.reduce((product, seat) => product * ranges[seat].count, 1);
  if (combinations > most * TRIES_PER_DEAL) return null;
  const taken = new Set(boards.flat());
  const chosen = new Int32Array(ranges.length).fill(-1);
  const found: { readonly hands: Int32Array; readonly weight: number }[] = [];
  const place = (depth: number, weight: number): void => {
    const seat = seats[depth];
    if (seat === undefined) {
      found.push({ hands: chosen.slice(), weight });
      return;
    }
    const { k, count, cards, weights } = ranges[seat];
    for (let hand = 0; hand < count && found.length <= most; hand++) {
      const held = cards.subarray(hand * k, (hand + 1) * k);
      const own = weights[hand];
      if (!(own > 0) || held.some((card) => taken.has(card))) continue;
      for (const card of held) taken.add(card);
      chosen[seat] = hand;
      place(depth + 1, weight * own);
      for (const card of held) taken.delete(card);
    }
  };
  place(0, 1);
  if (found.length === 0 || found.length > most) return null;
  const total = found.reduce((sum, deal) => sum + deal.weight, 0);
  const hands = new Int32Array(found.length * ranges.length);
  found.forEach((deal, index) => {
    hands.set(deal.hands, index * ranges.length);
  });
  return { count: found.length, hands, weights: Float64Array.from(found, (deal) => deal.weight / total) };
}
