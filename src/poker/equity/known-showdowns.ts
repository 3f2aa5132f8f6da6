import { type Card, deckWithout } from "../cards.js";
import { choose } from "../combinatorics.js";
import { OmahaEvaluator } from "../evaluator/omaha.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import { forEachBoardGroup } from "./board-groups.js";
import { winnersOfCompletions } from "./completions.js";
import { type BoardOutcomes, countDisjointPairs } from "./disjoint-pairs.js";
import { flushValue, type HandProfile, profileHand, StateValues } from "./hand-profile.js";
import type { ShowdownCounts } from "./showdown-counts.js";
import { WinnerSets } from "./winner-sets.js";

/** Boards with more cards to come than this are counted by groups instead of one by one. */
const MOST_DIRECT = 2;

/** Hands that are all known, on one or two boards. */
export interface KnownDeal {
  readonly hands: readonly ArrayLike<Card>[];
  /** The known cards of one or two boards. */
  readonly boards: readonly (readonly Card[])[];
  /** Folded cards. */
  readonly dead: readonly Card[];
}

/**
 * Counts every way to complete the boards, exactly: each board by itself, and with two boards the joint results over
 * all pairs of completions without a common card. All hands, both boards and the dead cards are out of the deck.
 *
 * @param into counts of the deal's shape, which the results are added to
 */
export class KnownShowdowns {
  private readonly evaluator: OmahaEvaluator;

  constructor(private readonly tables: EvaluatorTables) {
    this.evaluator = new OmahaEvaluator(tables);
  }

  count(deal: KnownDeal, into: ShowdownCounts): void {
    const live = deckWithout([...deal.hands.flatMap((hand) => Array.from(hand)), ...deal.boards.flat(), ...deal.dead]);
    const sets = new WinnerSets(deal.hands.length);
    const two = deal.boards.length === 2;
    const profiles = deal.hands.map((hand) => profileHand(this.tables, hand));
    const winners = deal.boards.map((known, board) => {
      if (5 - known.length <= MOST_DIRECT) return this.countDirectly(deal, board, live, sets, into);
      this.countByGroups(profiles, board, known, live, into);
      return two && !(board === 1 && deal.boards[0]?.length === 0 && known.length === 0)
        ? winnersOfCompletions(this.tables, profiles, known, live, sets)
        : undefined;
    });
    if (two) countJointly(deal, live.length, winners, sets, into);
  }

  /** @returns the winner set of each completion, in colex order */
  private countDirectly(
    deal: KnownDeal,
    board: number,
    live: readonly Card[],
    sets: WinnerSets,
    into: ShowdownCounts,
  ): Uint16Array {
    const known = deal.boards[board];
    const values = new Uint16Array(deal.hands.length);
    const classes = new Uint8Array(deal.hands.length);
    const cards = Uint8Array.from({ length: 5 }, (_, i) => known[i] ?? 0);
    const winners = new Uint16Array(choose(live.length, 5 - known.length));
    const countByNextCard = into.shape.nextCard[board] === true;
    const showdown = (number: number): void => {
      this.setBoard(cards);
      for (let player = 0; player < values.length; player++) {
        values[player] = this.evaluator.evaluate(deal.hands[player]);
      }
      into.record(board, values, 1, classes);
      if (countByNextCard) {
        for (let i = known.length; i < 5; i++) into.recordNextCard(board, cards[i], classes, 1);
      }
      winners[number] = sets.ofValues(values);
    };
    let number = 0;
    if (known.length === 5) showdown(number);
    for (let i = 0; i < live.length && known.length < 5; i++) {
      cards[4] = live[i];
      if (known.length === 4) showdown(number++);
      for (let j = 0; j < i && known.length === 3; j++) {
        cards[3] = live[j];
        showdown(number++);
      }
    }
    return winners;
  }

  private countByGroups(
    profiles: readonly HandProfile[],
    board: number,
    known: readonly Card[],
    live: readonly Card[],
    into: ShowdownCounts,
  ): void {
    const ofState = profiles.map((profile) => new StateValues(this.tables, profile));
    const values = new Uint16Array(profiles.length);
    const flushes = new Uint16Array(profiles.length);
    const classes = new Uint8Array(profiles.length);
    let flushKey = -1;
    forEachBoardGroup(this.tables, known, live, flushSuitsOf(profiles), ({ weight, state, suit, suitMask }) => {
      if (suit >= 0 && flushKey !== ((suit << 13) | suitMask)) {
        flushKey = (suit << 13) | suitMask;
        profiles.forEach((profile, player) => {
          flushes[player] = flushValue(this.tables, profile, suit, suitMask);
        });
      }
      for (let player = 0; player < values.length; player++) {
        const offsuit = ofState[player].value(state);
        values[player] = suit < 0 ? offsuit : Math.max(offsuit, flushes[player]);
      }
      into.record(board, values, weight, classes);
    });
  }

  private setBoard(cards: Uint8Array): void {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = cards;
    this.evaluator.setBoard(a, b, c, d, e);
  }
}

/** Suits, as bits, of which some hand holds two cards: in no other can a flush be made. */
function flushSuitsOf(profiles: readonly HandProfile[]): number {
  let suits = 0;
  for (const { suitedPairs } of profiles) {
    for (let suit = 0; suit < 4; suit++) if (suitedPairs[suit].length > 0) suits |= 1 << suit;
  }
  return suits;
}

function countJointly(
  deal: KnownDeal,
  live: number,
  winners: readonly (Uint16Array | undefined)[],
  sets: WinnerSets,
  into: ShowdownCounts,
): void {
  const [top, second] = deal.boards.map((known, board): BoardOutcomes | undefined => {
    const ofSubset = winners[board];
    return ofSubset && { size: 5 - known.length, outcomes: sets.size, ofSubset };
  });
  if (top === undefined) return;
  // Two boards without a card have the same completions.
  const joint = countDisjointPairs(live, top, second ?? top);
  for (let player = 0; player < deal.hands.length; player++) {
    for (let x = 0; x < sets.size; x++) {
      for (let y = 0; y < sets.size; y++) {
        const deals = joint[x * sets.size + y];
        if (deals > 0) into.addJoint(player, sets.shareClass(x, player), sets.shareClass(y, player), deals);
      }
    }
  }
}
