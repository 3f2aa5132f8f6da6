import { type Card, DECK_SIZE } from "../cards.js";
import { choose, forEachSubset } from "../combinatorics.js";
import { SpotError } from "../errors.js";
import { OmahaEvaluator } from "../evaluator/omaha.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import type { Random } from "../random.js";
import type { RangeHands } from "../ranges/expand-range.js";
import { liveCards, type SeatedDeal } from "./deal.js";
import type { ShowdownCounts } from "./showdown-counts.js";
import type { StratumCounts } from "./stratum-counts.js";

/** Deals that collide before ranges are taken to be incompatible. */
const MOST_COLLISIONS = 1_000_000;
/** Boards with more completions are not stratified. */
const MOST_STRATA = 1100;
const GOLDEN_SECTION = 0.618_033_988_75;

/**
 * Number of strata of a deal: the completions of its only board, when they are all equally likely and few; else 1. Runs
 * then visit all completions in turn, which takes the variance between boards out of the result.
 */
export function strataOf(deal: SeatedDeal): number {
  const [board, second] = deal.boards;
  if (board === undefined || second !== undefined || deal.seats.some((seat) => seat.kind === "range")) return 1;
  const strata = choose(liveCards(deal).length, 5 - board.length);
  return strata <= MOST_STRATA ? strata : 1;
}

/** Deals at random what is unknown, and counts. One object runs many times over its deal. */
export class MonteCarlo {
  private readonly evaluator: OmahaEvaluator;
  private readonly live: Uint8Array;
  /** Hole cards of all players, one after the other. */
  private readonly hole: Uint8Array;
  private readonly boards: Uint8Array[];
  /** Places in `hole` that are dealt anew in every run. */
  private readonly blanks: Uint8Array;
  private readonly ranges: { readonly at: number; readonly hands: RangeHands }[] = [];
  private readonly values: Uint16Array;
  private readonly classes: [Uint8Array, Uint8Array];
  /** By card: the last run in which it was taken by a range or by the stratum. */
  private readonly takenIn = new Float64Array(DECK_SIZE).fill(-1);
  private readonly completions: Uint8Array;
  private run = 0;
  private drawn = 0;

  constructor(
    tables: EvaluatorTables,
    private readonly deal: SeatedDeal,
    private readonly random: Random,
  ) {
    const { handSize, seats, boards } = deal;
    this.evaluator = new OmahaEvaluator(tables);
    this.live = Uint8Array.from(liveCards(deal));
    this.hole = new Uint8Array(seats.length * handSize);
    this.values = new Uint16Array(seats.length);
    this.classes = [new Uint8Array(seats.length), new Uint8Array(seats.length)];
    this.boards = boards.map((known) => Uint8Array.from({ length: 5 }, (_, i) => known[i] ?? 0));
    const blanks: number[] = [];
    seats.forEach((seat, player) => {
      if (seat.kind === "range") this.ranges.push({ at: player * handSize, hands: seat.hands });
      else for (let i = 0; i < handSize; i++) this.fillPlace(player * handSize + i, seat.known[i], blanks);
    });
    this.blanks = Uint8Array.from(blanks);
    this.completions = this.listCompletions();
  }

  /** Counts `runs` deals. `strata`, when given, receives player classes by stratum: see {@link StratumCounts}. */
  simulate(runs: number, into: ShowdownCounts, strata: StratumCounts | undefined): void {
    const size = strata === undefined ? 1 : strataOf(this.deal);
    const step = stepThrough(size);
    let stratum = size > 1 ? this.random.belowByHalves(size) : 0;
    for (let i = 0; i < runs; i++) {
      this.run++;
      this.drawn = 0;
      if (this.ranges.length > 0) this.pickFromRanges();
      if (size > 1) this.takeCompletion(stratum);
      this.drawBoards(size > 1);
      for (let b = 0; b < this.blanks.length; b++) this.hole[this.blanks[b]] = this.draw();
      this.showDown(into);
      strata?.record(stratum, this.classes[0]);
      stratum += step;
      if (stratum >= size) stratum -= size;
    }
  }

  private fillPlace(place: number, card: Card | undefined, blanks: number[]): void {
    if (card === undefined) blanks.push(place);
    else this.hole[place] = card;
  }

  private listCompletions(): Uint8Array {
    if (strataOf(this.deal) === 1) return new Uint8Array(0);
    const toCome = 5 - this.deal.boards[0].length;
    const cards: number[] = [];
    forEachSubset(this.live, toCome, (subset) => cards.push(...subset));
    return Uint8Array.from(cards);
  }

  private takeCompletion(stratum: number): void {
    const known = this.deal.boards[0].length;
    const board = this.boards[0];
    const toCome = 5 - known;
    for (let i = 0; i < toCome; i++) {
      const card = this.completions[stratum * toCome + i];
      board[known + i] = card;
      this.takenIn[card] = this.run;
    }
  }

  private drawBoards(firstIsTaken: boolean): void {
    for (let b = firstIsTaken ? 1 : 0; b < this.boards.length; b++) {
      const board = this.boards[b];
      for (let i = this.deal.boards[b].length; i < 5; i++) board[i] = this.draw();
    }
  }

  /** The next card of the shuffled live cards that is not taken: Fisher–Yates, as far as cards are needed. */
  private draw(): number {
    const { live, random } = this;
    for (;;) {
      const from = this.drawn++;
      const other = from + random.belowByHalves(live.length - from);
      const card = live[other];
      live[other] = live[from];
      live[from] = card;
      if (this.takenIn[card] !== this.run) return card;
    }
  }

  /** Picks a hand for every range, all again when two share a card: uniform over the combinations that can be dealt. */
  private pickFromRanges(): void {
    for (let collisions = 0; collisions < MOST_COLLISIONS; collisions++) {
      if (this.ranges.every(({ at, hands }) => this.pick(at, hands))) return;
      this.run++;
    }
    throw new SpotError("the ranges hold no hands that can be dealt together");
  }

  private pick(at: number, { handSize, count, cards }: RangeHands): boolean {
    const from = this.random.belowByHalves(count) * handSize;
    for (let i = 0; i < handSize; i++) {
      const card = cards[from + i];
      if (this.takenIn[card] === this.run) return false;
      this.takenIn[card] = this.run;
      this.hole[at + i] = card;
    }
    return true;
  }

  private showDown(into: ShowdownCounts): void {
    const { handSize } = this.deal;
    for (let b = 0; b < this.boards.length; b++) {
      const board = this.boards[b];
      this.evaluator.setBoard(board[0], board[1], board[2], board[3], board[4]);
      for (let player = 0; player < this.values.length; player++) {
        this.values[player] = this.evaluator.evaluate(this.hole, player * handSize, handSize);
      }
      const classes = this.classes[b];
      into.record(b, this.values, 1, classes);
      if (into.shape.nextCard[b]) {
        for (let i = this.deal.boards[b].length; i < 5; i++) {
          into.recordNextCard(b, board[i], classes, 1);
        }
      }
    }
    if (this.boards.length === 2) into.recordJoint(this.classes[0], this.classes[1], 1);
  }
}

/** A step that is prime to `size` and spreads any number of visits evenly over it. */
function stepThrough(size: number): number {
  let step = Math.max(1, Math.round(size * GOLDEN_SECTION));
  while (greatestDivisor(step, size) > 1) step++;
  return size === 1 ? 0 : step;
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
