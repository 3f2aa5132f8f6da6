import type { Card } from "../cards.js";
import { choose, forEachSubset } from "../combinatorics.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import { blanksOf, liveCards, type SeatedDeal } from "./deal.js";
import { KnownShowdowns } from "./known-showdowns.js";
import type { ShowdownCounts } from "./showdown-counts.js";

/** Hands that a seat can hold, one after the other; all equally likely. */
export interface SeatHands {
  readonly count: number;
  readonly cards: Uint8Array;
}

/** How many hands each seat can hold by itself. */
export function handsPerSeat(deal: SeatedDeal): number[] {
  const live = liveCards(deal).length;
  return deal.seats.map((seat) => (seat.kind === "range" ? seat.hands.count : choose(live, blanksOf(deal, seat))));
}

/** All hands a seat can hold, given what is known of the others. */
export function listHands(deal: SeatedDeal, player: number): SeatHands {
  const seat = deal.seats[player];
  if (seat === undefined) return { count: 0, cards: new Uint8Array(0) };
  if (seat.kind === "range") return seat.hands;
  const blanks = blanksOf(deal, seat);
  const live = liveCards(deal);
  const count = choose(live.length, blanks);
  const cards = new Uint8Array(count * deal.handSize);
  let at = 0;
  forEachSubset(live, blanks, (subset) => {
    cards.set(seat.known, at);
    cards.set(subset, at + seat.known.length);
    at += deal.handSize;
  });
  return { count, cards };
}

/**
 * Counts exactly, by dealing the hidden cards in every possible way and counting each deal of known hands. For few ways:
 * one or two unknown cards, or a short range.
 *
 * @param from first hand of the seat with the most hands to count
 * @param to hand after the last one
 * @param cancelled asked between deals; true ends the count early, with `into` useless
 */
export function countAssignments(
  tables: EvaluatorTables,
  deal: SeatedDeal,
  from: number,
  to: number,
  into: ShowdownCounts,
  cancelled: () => boolean,
): void {
  const engine = new KnownShowdowns(tables);
  const choices = deal.seats.map((_, player) => listHands(deal, player));
  const first = widestSeat(deal);
  const order = [first, ...deal.seats.keys()].filter((player, i, all) => all.indexOf(player) === i);
  const hands: (readonly Card[])[] = deal.seats.map(() => []);
  const used = new Set<Card>();
  const assign = (depth: number): void => {
    const player = order[depth];
    if (player === undefined) {
      engine.count({ hands, boards: deal.boards, dead: deal.dead }, into);
      return;
    }
    const { count, cards } = choices[player] ?? { count: 0, cards: new Uint8Array(0) };
    const start = depth === 0 ? from : 0;
    const end = depth === 0 ? Math.min(to, count) : count;
    for (let i = start; i < end; i++) {
      if (cancelled()) return;
      const hand = [...cards.subarray(i * deal.handSize, (i + 1) * deal.handSize)];
      if (hand.some((card) => used.has(card))) continue;
      for (const card of hand) used.add(card);
      hands[player] = hand;
      assign(depth + 1);
      for (const card of hand) used.delete(card);
    }
  };
  assign(0);
}

/** The seat that can hold the most hands: the one to split work by. */
export function widestSeat(deal: SeatedDeal): number {
  const counts = handsPerSeat(deal);
  return counts.indexOf(Math.max(...counts));
}
