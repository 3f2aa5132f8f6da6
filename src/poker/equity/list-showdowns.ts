import { deckWithout } from "../cards.js";
import { choose, forEachSubset } from "../combinatorics.js";
import { BoardHands } from "../evaluator/board-hands.js";
import { BoardPairs, HELD } from "../evaluator/board-pairs.js";
import { CATEGORY_OF_VALUE, type HandValue } from "../evaluator/categories.js";
import { OmahaEvaluator } from "../evaluator/omaha.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import { listHands, type SeatHands } from "./assignments.js";
import { liveCards, type SeatedDeal } from "./deal.js";
import { DisjointHands } from "./disjoint-hands.js";
import { RESULTS, type ShowdownCounts } from "./showdown-counts.js";

const HAND_SIZE = 4;
const HIGHEST_VALUE = CATEGORY_OF_VALUE.length - 1;

/**
 * Counts two lists of four-card hands against each other on one board, exactly: on every completion both lists are
 * sorted by value and swept once, so the cost grows with the number of hands, not of pairs of hands.
 *
 * @param from first completion (in colex order of the live cards) to count
 * @param to completion after the last one
 * @param cancelled asked between completions; true ends the count early, with `into` useless
 * @param tallies receive each hand's results as well
 */
export function countLists(
  tables: EvaluatorTables,
  deal: SeatedDeal,
  from: number,
  to: number,
  into: ShowdownCounts,
  cancelled: () => boolean,
  tallies?: readonly [HandTallies, HandTallies],
): void {
  const count = new ListCount(tables, deal, into, tallies);
  const known = deal.boards[0];
  let number = 0;
  let stopped = false;
  forEachSubset(liveCards(deal), 5 - known.length, (added) => {
    if (number >= from && number < to && !stopped) {
      count.addCompletion(added);
      stopped = cancelled();
    }
    number++;
  });
}

/** Results of each hand of a list, by its place: deals won and not lost, and all deals. */
export interface HandTallies {
  readonly wins: Float64Array;
  readonly notLost: Float64Array;
  readonly all: Float64Array;
}

export const emptyTallies = (hands: number): HandTallies => ({
  wins: new Float64Array(hands),
  notLost: new Float64Array(hands),
  all: new Float64Array(hands),
});

/** Completions of the deal's board. */
export const completionsOfLists = (deal: SeatedDeal): number =>
  choose(liveCards(deal).length, 5 - deal.boards[0].length);

/** The hands of one list that can be held on a completion, sorted by value. */
class SortedList {
  readonly cards: Uint8Array;
  /** By hand; `HELD` for those that the completion rules out. */
  private readonly values: Uint16Array;
  /** Hands in order of their values. */
  private readonly order: Uint32Array;
  /** By value: the place in `order` that its next hand takes. */
  private readonly next = new Uint32Array(HIGHEST_VALUE + 2);
  size = 0;

  constructor(private readonly hands: SeatHands) {
    this.cards = hands.cards;
    for (let at = 0; at < this.cards.length; at += HAND_SIZE) this.cards.subarray(at, at + HAND_SIZE).sort();
    this.values = new Uint16Array(hands.count);
    this.order = new Uint32Array(hands.count);
  }

  sortOn(pairs: BoardPairs, evaluator: BoardHands): void {
    const { values, order, next } = this;
    evaluator.evaluate(pairs, this.cards, this.hands.count, values);
    next.fill(0);
    this.size = 0;
    for (let hand = 0; hand < values.length; hand++) {
      const value = values[hand];
      if (value === HELD) continue;
      next[value + 1]++;
      this.size++;
    }
    for (let value = 1; value < next.length; value++) next[value] += next[value - 1];
    for (let hand = 0; hand < values.length; hand++) {
      const value = values[hand];
      if (value !== HELD) order[next[value]++] = hand;
    }
  }

  valueAt(position: number): HandValue {
    return this.values[this.order[position]];
  }

  /** Place in the list of the hand at a position. */
  handAt(position: number): number {
    return this.order[position];
  }

  /** First index in `cards` of the hand at a position. */
  cardsAt(position: number): number {
    return this.handAt(position) * HAND_SIZE;
  }
}

class ListCount {
  private readonly evaluator: OmahaEvaluator;
  private readonly pairs = new BoardPairs();
  private readonly hands: BoardHands;
  private readonly lists: readonly [SortedList, SortedList];
  private readonly board: Uint8Array;
  private readonly all = new DisjointHands();
  private readonly below = new DisjointHands();
  private readonly known: number;

  constructor(
    tables: EvaluatorTables,
    deal: SeatedDeal,
    private readonly into: ShowdownCounts,
    private readonly tallies: readonly [HandTallies, HandTallies] | undefined,
  ) {
    const known = deal.boards[0];
    this.evaluator = new OmahaEvaluator(tables);
    this.hands = new BoardHands(tables);
    this.lists = [new SortedList(ownHands(deal, 0)), new SortedList(ownHands(deal, 1))];
    this.known = known.length;
    this.board = Uint8Array.from({ length: 5 }, (_, i) => known[i] ?? 0);
  }

  addCompletion(added: Uint8Array): void {
    const { board, evaluator, pairs, lists } = this;
    board.set(added, this.known);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = board;
    evaluator.setBoard(a, b, c, d, e);
    pairs.fill(evaluator, deckWithout(board));
    for (const card of board) pairs.holdBack(card);
    for (const list of lists) list.sortOn(pairs, this.hands);
    this.sweep(0, added);
    this.sweep(1, added);
  }

  /** Counts, for every hand of a player, the hands of the other that it beats, ties and loses to. */
  private sweep(player: 0 | 1, added: Uint8Array): void {
    const mine = this.lists[player];
    const theirs = this.lists[player === 0 ? 1 : 0];
    const { all, below } = this;
    all.clear();
    below.clear();
    for (let i = 0; i < theirs.size; i++) all.add(theirs.cards, theirs.cardsAt(i));
    const breakdown = this.into.breakdown(0, player);
    const shares = this.into.shares(0, player);
    const totals = [0, 0, 0];
    const tally = this.tallies?.[player];
    let lower = 0;
    for (let from = 0; from < mine.size; ) {
      const value = mine.valueAt(from);
      let to = from;
      while (to < mine.size && mine.valueAt(to) === value) to++;
      while (lower < theirs.size && theirs.valueAt(lower) < value) below.add(theirs.cards, theirs.cardsAt(lower++));
      const wins = countRun(mine, from, to, below, tally?.wins);
      while (lower < theirs.size && theirs.valueAt(lower) === value) below.add(theirs.cards, theirs.cardsAt(lower++));
      const notLost = countRun(mine, from, to, below, tally?.notLost);
      const losses = countRun(mine, from, to, all, tally?.all) - notLost;
      const cell = CATEGORY_OF_VALUE[value] * RESULTS;
      [wins, notLost - wins, losses].forEach((deals, result) => {
        breakdown[cell + result] += deals;
        totals[result] += deals;
      });
      from = to;
    }
    const [wins = 0, ties = 0, losses = 0] = totals;
    const rows = this.into.shape.nextCard[0] ? [...added].map((card) => this.into.nextCardShares(0, card, player)) : [];
    for (const row of [shares, ...rows]) {
      row[0] += losses;
      row[1] += wins;
      row[2] += ties;
    }
  }
}

/** @param byHand receives the count of each hand of the run */
function countRun(list: SortedList, from: number, to: number, hands: DisjointHands, byHand?: Float64Array): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const count = hands.count(list.cards, list.cardsAt(i));
    if (byHand !== undefined) byHand[list.handAt(i)] += count;
    sum += count;
  }
  return sum;
}

/** A copy, because the list sorts the cards within its hands. */
function ownHands(deal: SeatedDeal, player: number): SeatHands {
  const { count, cards } = listHands(deal, player);
  return { count, cards: cards.slice() };
}
