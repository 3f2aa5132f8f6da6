import { DECK_SIZE } from "../cards.js";
import { choose, forEachSubset } from "../combinatorics.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import { blanksOf, liveCards, type SeatedDeal } from "./deal.js";
import { KnownShowdowns } from "./known-showdowns.js";
import type { ShowdownCounts } from "./showdown-counts.js";

/** Deals between two looks at whether the caller still wants the answer. */
const DEALS_BETWEEN_CHECKS = 8;

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
 * Deals the hidden cards in every possible way.
 *
 * @param from first hand of the seat with the most hands to deal
 * @param to hand after the last one
 * @param cancelled asked now and then; true ends the walk early
 * @param visit gets the hole cards of all players, one after the other, and by card a 1 for those that were hidden; both
 * are reused
 */
export function forEachAssignment(
  deal: SeatedDeal,
  from: number,
  to: number,
  cancelled: () => boolean,
  visit: (hole: Uint8Array, taken: Uint8Array) => void,
): void {
  const { handSize } = deal;
  const hole = new Uint8Array(deal.seats.length * handSize);
  const taken = new Uint8Array(DECK_SIZE);
  const choices = deal.seats.map((_, player) => listHands(deal, player));
  const first = widestSeat(deal);
  const order = [first, ...deal.seats.keys()].filter((player, i, all) => all.indexOf(player) === i);
  let asked = 0;
  let stopped = false;
  const assign = (depth: number): void => {
    const player = order[depth];
    if (player === undefined) {
      visit(hole, taken);
      return;
    }
    const { count, cards } = choices[player];
    const end = depth === 0 ? Math.min(to, count) : count;
    for (let i = depth === 0 ? from : 0; i < end && !stopped; i++) {
      if (++asked % DEALS_BETWEEN_CHECKS === 0) stopped = cancelled();
      if (isTaken(cards, i * handSize, handSize, taken)) continue;
      for (let j = 0; j < handSize; j++) {
        const card = cards[i * handSize + j];
        hole[player * handSize + j] = card;
        taken[card] = 1;
      }
      assign(depth + 1);
      for (let j = 0; j < handSize; j++) taken[cards[i * handSize + j]] = 0;
    }
  };
  assign(0);
}

function isTaken(cards: Uint8Array, at: number, size: number, taken: Uint8Array): boolean {
  for (let i = at; i < at + size; i++) if (taken[cards[i]] === 1) return true;
  return false;
}

/**
 * Counts exactly, by dealing the hidden cards in every possible way and counting each deal of known hands. For few ways:
 * one or two unknown cards, or a short range.
 *
 * @param from first hand of the seat with the most hands to count
 * @param to hand after the last one
 * @param cancelled asked now and then; true ends the count early, with `into` useless
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
  const { handSize, boards, dead } = deal;
  forEachAssignment(deal, from, to, cancelled, (hole) => {
    const hands = deal.seats.map((_, player) => hole.slice(player * handSize, (player + 1) * handSize));
    engine.count({ hands, boards, dead }, into);
  });
}

/** The seat that can hold the most hands: the one to split work by. */
function widestSeat(deal: SeatedDeal): number {
  const counts = handsPerSeat(deal);
  return counts.indexOf(Math.max(...counts));
}
