import { type Card, DECK_SIZE, deckWithout } from "../cards.js";
import { BoardPairs } from "../evaluator/board-pairs.js";
import { OmahaEvaluator } from "../evaluator/omaha.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import { forEachAssignment } from "./assignments.js";
import { liveCards, type SeatedDeal } from "./deal.js";
import type { ShowdownCounts } from "./showdown-counts.js";

/** A board that is complete (`card` -1) or one of its rivers, with all pairs of hole cards evaluated. */
interface Completion {
  readonly card: Card;
  readonly pairs: BoardPairs;
}

/**
 * Counts exactly when cards in hands are hidden and each board waits for one card at most: a board's rivers are
 * evaluated once for all pairs of hole cards, so that a hidden hand costs a few look-ups on each.
 *
 * @param from first hand of the seat with the most hands to count
 * @param to hand after the last one
 * @param cancelled asked between deals; true ends the count early, with `into` useless
 */
export function countLateBoards(
  tables: EvaluatorTables,
  deal: SeatedDeal,
  from: number,
  to: number,
  into: ShowdownCounts,
  cancelled: () => boolean,
): void {
  const count = new LateCount(tables, deal, into);
  forEachAssignment(deal, from, to, cancelled, (hole, taken) => count.add(hole, taken));
}

class LateCount {
  private readonly boards: readonly (readonly Completion[])[];
  private readonly values: Uint16Array;
  private readonly classes: Uint8Array;
  /** `[board][player × class]`: completions of the deal at hand by share class. */
  private readonly sums: readonly [Float64Array, Float64Array];
  /** By card and player: the class on the top board with that river, for the pairs that need the card twice. */
  private readonly topClass: Uint8Array;
  private readonly width: number;

  constructor(
    tables: EvaluatorTables,
    private readonly deal: SeatedDeal,
    private readonly into: ShowdownCounts,
  ) {
    const players = deal.seats.length;
    this.width = players + 1;
    this.boards = deal.boards.map((known) => completionsOf(tables, known, liveCards(deal)));
    this.values = new Uint16Array(players);
    this.classes = new Uint8Array(players);
    this.sums = [new Float64Array(players * this.width), new Float64Array(players * this.width)];
    this.topClass = new Uint8Array(DECK_SIZE * players);
  }

  /** Counts one deal of all hole cards. `taken` marks, by card, those that were hidden. */
  add(hole: Uint8Array, taken: Uint8Array): void {
    for (let board = 0; board < this.boards.length; board++) this.addBoard(board, hole, taken);
    if (this.boards.length < 2) return;
    const [top, bottom] = this.sums;
    const { width } = this;
    for (let player = 0; player < this.values.length; player++) {
      for (let x = 0; x < width; x++) {
        const topDeals = top[player * width + x];
        for (let y = 0; y < width; y++) {
          const deals = topDeals * bottom[player * width + y];
          if (deals !== 0) this.into.addJoint(player, x, y, deals);
        }
      }
    }
  }

  private addBoard(board: number, hole: Uint8Array, taken: Uint8Array): void {
    const { values, classes, into, topClass } = this;
    const players = values.length;
    const { handSize } = this.deal;
    const sums = this.sums[board];
    sums.fill(0);
    const pairsShareCards = board === 1 && this.deal.boards[0].length === 4;
    for (const { card, pairs } of this.boards[board]) {
      if (card >= 0 && taken[card] === 1) continue;
      for (let player = 0; player < players; player++) {
        values[player] = pairs.evaluate(hole, player * handSize, handSize);
      }
      into.record(board, values, 1, classes);
      this.addSums(sums, classes);
      if (card < 0) continue;
      if (into.shape.nextCard[board]) into.recordNextCard(board, card, classes, 1);
      if (board === 0) topClass.set(classes, card * players);
      else if (pairsShareCards) {
        // This river on both boards is one pair too many in the product of the sums.
        for (let player = 0; player < players; player++) {
          into.addJoint(player, topClass[card * players + player], classes[player], -1);
        }
      }
    }
  }

  private addSums(sums: Float64Array, classes: Uint8Array): void {
    for (let player = 0; player < classes.length; player++) {
      const cell = player * this.width + classes[player];
      sums[cell]++;
    }
  }
}

function completionsOf(tables: EvaluatorTables, known: readonly Card[], live: readonly Card[]): Completion[] {
  const evaluator = new OmahaEvaluator(tables);
  const [a = 0, b = 0, c = 0, d = 0, river] = known;
  const hole = deckWithout(known);
  const complete = (card: Card, last: Card): Completion => {
    evaluator.setBoard(a, b, c, d, last);
    const pairs = new BoardPairs();
    pairs.fill(
      evaluator,
      hole.filter((other) => other !== last),
    );
    return { card, pairs };
  };
  return river === undefined ? live.map((card) => complete(card, card)) : [complete(-1, river)];
}
