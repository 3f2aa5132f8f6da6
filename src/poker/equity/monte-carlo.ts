import { DECK_SIZE } from "../cards.js";
import { choose, forEachSubset } from "../combinatorics.js";
import { SpotError } from "../errors.js";
import { type Kernels, kernelsOf } from "../evaluator/kernels.js";
import { type EvaluatorTables, WORKSPACE_BYTES } from "../evaluator/tables.js";
import type { Random } from "../random.js";
import type { RangeHands } from "../ranges/expand-range.js";
import { liveCards, type SeatedDeal } from "./deal.js";
import type { ShowdownCounts } from "./showdown-counts.js";
import type { StratumCounts } from "./stratum-counts.js";

/** Deals that collide before ranges are taken to be incompatible. */
const MOST_COLLISIONS = 1_000_000;
/** Boards with more completions are not stratified. */
const MOST_STRATA = 1100;
const BOARD_SIZE = 5;
/** In a place that a range fills. */
const NOT_DRAWN = 0;
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

/**
 * Deals at random what is unknown, and counts. One object runs many times over its deal: it deals as many runs as the
 * workspace of the kernels holds, has them all evaluated in one call, and counts them.
 */
export class MonteCarlo {
  private readonly kernels: Kernels;
  private readonly live: Uint8Array;
  /** The cards of a run as the kernel reads them: five places of each board, then the hands. Unknown ones are 0. */
  private readonly known: Uint8Array;
  /** Places that are drawn in every run, in the order of drawing. */
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
    this.kernels = kernelsOf(tables);
    this.live = Uint8Array.from(liveCards(deal));
    this.values = new Uint16Array(seats.length);
    this.classes = [new Uint8Array(seats.length), new Uint8Array(seats.length)];
    const places = boards.flatMap((known) => Array.from({ length: BOARD_SIZE }, (_, i) => known[i]));
    seats.forEach((seat) => {
      if (seat.kind === "range") this.ranges.push({ at: places.length, hands: seat.hands });
      for (let i = 0; i < handSize; i++) places.push(seat.kind === "range" ? NOT_DRAWN : seat.known[i]);
    });
    this.known = Uint8Array.from(places, (card) => card ?? 0);
    this.completions = this.listCompletions();
    this.blanks = Uint8Array.from([...places.keys()].filter((place) => places[place] === undefined));
  }

  /** Counts `runs` deals. `strata`, when given, receives player classes by stratum: see {@link StratumCounts}. */
  simulate(runs: number, into: ShowdownCounts, strata: StratumCounts | undefined): void {
    const size = strata === undefined ? 1 : strataOf(this.deal);
    const step = stepThrough(size);
    const { known, deal, values, kernels } = this;
    const most = Math.floor((WORKSPACE_BYTES - 1) / (known.length + deal.boards.length * values.length * 2));
    const batch = Math.min(most, runs);
    for (let i = 0; i < batch; i++) kernels.workspace.set(known, i * known.length);
    // A stratum fills the only board.
    const blanks = size > 1 ? this.blanks.filter((place) => place >= BOARD_SIZE) : this.blanks;
    let stratum = size > 1 ? this.random.belowByHalves(size) : 0;
    const strataOfRuns = new Uint16Array(batch);
    for (let done = 0; done < runs; done += batch) {
      const count = Math.min(batch, runs - done);
      for (let i = 0; i < count; i++) {
        this.dealRun(i * known.length, size > 1 ? stratum : -1, blanks);
        strataOfRuns[i] = stratum;
        stratum += step;
        if (stratum >= size) stratum -= size;
      }
      this.showDown(count, into, strataOfRuns, strata);
    }
  }

  /** Deals a run at `at` in the workspace. */
  private dealRun(at: number, stratum: number, blanks: Uint8Array): void {
    const { kernels } = this;
    this.run++;
    this.drawn = 0;
    if (this.ranges.length > 0) this.pickFromRanges(at);
    if (stratum >= 0) this.takeCompletion(at, stratum);
    for (let i = 0; i < blanks.length; i++) kernels.workspace[at + blanks[i]] = this.draw();
  }

  private listCompletions(): Uint8Array {
    if (strataOf(this.deal) === 1) return new Uint8Array(0);
    const toCome = 5 - this.deal.boards[0].length;
    const cards: number[] = [];
    forEachSubset(this.live, toCome, (subset) => cards.push(...subset));
    return Uint8Array.from(cards);
  }

  private takeCompletion(at: number, stratum: number): void {
    const known = this.deal.boards[0].length;
    const toCome = BOARD_SIZE - known;
    for (let i = 0; i < toCome; i++) {
      const card = this.completions[stratum * toCome + i];
      this.kernels.workspace[at + known + i] = card;
      this.takenIn[card] = this.run;
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

  /** Picks a hand for every range, all again when two share a card: uniform, or by the product of weights, over the combinations that can be dealt. */
  private pickFromRanges(deal: number): void {
    for (let collisions = 0; collisions < MOST_COLLISIONS; collisions++) {
      if (this.ranges.every(({ at, hands }) => this.pick(deal + at, hands))) return;
      this.run++;
    }
    throw new SpotError("the ranges hold no hands that can be dealt together");
  }

  private pick(at: number, { handSize, count, cards, weights }: RangeHands): boolean {
    const hand = this.random.belowByHalves(count);
    // A hand of weight 0.4 is taken in four of ten cases; otherwise all are picked again.
    if (weights !== undefined && this.random.fraction() >= weights[hand]) return false;
    const from = hand * handSize;
    for (let i = 0; i < handSize; i++) {
      const card = cards[from + i];
      if (this.takenIn[card] === this.run) return false;
      this.takenIn[card] = this.run;
      this.kernels.workspace[at + i] = card;
    }
    return true;
  }

  /** Evaluates the runs in the workspace and counts them. */
  private showDown(
    count: number,
    into: ShowdownCounts,
    strataOfRuns: Uint16Array,
    strata: StratumCounts | undefined,
  ): void {
    const { kernels, deal, values, known } = this;
    const { boards, handSize } = deal;
    const { hands, base, workspace } = kernels;
    const answers = Math.ceil((count * known.length) / 2) * 2;
    hands.evaluateDeals(base, count, boards.length, values.length, handSize, base + answers);
    const all = new Uint16Array(workspace.buffer, base + answers, count * boards.length * values.length);
    let next = 0;
    for (let number = 0; number < count; number++) {
      for (let b = 0; b < boards.length; b++) {
        for (let player = 0; player < values.length; player++) values[player] = all[next++];
        const classes = this.classes[b];
        into.record(b, values, 1, classes);
        if (into.shape.nextCard[b]) {
          for (let i = boards[b].length; i < BOARD_SIZE; i++) {
            into.recordNextCard(b, workspace[number * known.length + b * BOARD_SIZE + i], classes, 1);
          }
        }
      }
      if (boards.length === 2) into.recordJoint(this.classes[0], this.classes[1], 1);
      strata?.record(strataOfRuns[number], this.classes[0]);
    }
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
