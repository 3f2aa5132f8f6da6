import { type Card, deckWithout } from "../cards.js";
import type { RangeHands } from "../ranges/expand-range.js";

/** A player: hole cards that are known (the others are dealt at random), or a range. */
export type Seat =
  | { readonly kind: "cards"; readonly known: readonly Card[] }
  | { readonly kind: "range"; readonly hands: RangeHands };

/** Who sits where, with what, on which boards. Plain data: crosses threads by structured clone. */
export interface SeatedDeal {
  /** Hole cards of every hand. */
  readonly handSize: number;
  readonly seats: readonly Seat[];
  /** The known cards of one or two boards. */
  readonly boards: readonly (readonly Card[])[];
  /** Folded cards. */
  readonly dead: readonly Card[];
}

/** Cards that are neither known in a hand or on a board nor dead. */
export function liveCards(deal: SeatedDeal): Card[] {
  const known = deal.seats.flatMap((seat) => (seat.kind === "cards" ? seat.known : []));
  return deckWithout([...known, ...deal.boards.flat(), ...deal.dead]);
}

/** Hole cards of a seat that are not known; all of them for a range. */
export function blanksOf(deal: SeatedDeal, seat: Seat): number {
  return seat.kind === "cards" ? deal.handSize - seat.known.length : deal.handSize;
}

/** The known hands when nothing is hidden, else undefined. */
export function knownHands(deal: SeatedDeal): (readonly Card[])[] | undefined {
  const hands: (readonly Card[])[] = [];
  for (const seat of deal.seats) {
    if (seat.kind !== "cards" || seat.known.length < deal.handSize) return undefined;
    hands.push(seat.known);
  }
  return hands;
}
