import { DECK_SIZE } from "../cards.js";
import { choose, forEachSubset } from "../combinatorics.js";
import { SpotError } from "../errors.js";
import { type Kernels, kernelsOf } from "../evaluator/kernels.js";
import { type EvaluatorTables, WORKSPACE_BYTES } from "../evaluator/tables.js";
import { BATCH, type Random, REFUSED } from "../random.js";
import type { RangeHands } from "../ranges/expand-range.js";
import { DEALS } from "../wasm/deals.js";
import { liveCards, type SeatedDeal } from "./deal.js";
import type { ShowdownCounts } from "./showdown-counts.js";
import type { StratumCounts } from "./stratum-counts.js";

/** Deals that collide before ranges are taken to be incompatible. */
const MOST_COLLISIONS = 1_000_000;
/** Boards with more completions are not stratified. */
const MOST_STRATA = 1100;
const BOARD_SIZE = 5;
/** Runs that are dealt before they are evaluated: they stay in the processor's nearest cache. */
const MOST_AT_ONCE = 1024;
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
 * workspace of the kernels holds, has them all evaluated and counted there, and adds what was counted.
 */
export class MonteCarlo {
  private readonly kernels: Kernels;
  private readonly live: Uint8Array;
  /** The cards of a run as the kernels read them: five places of each board, then the hands. Unknown ones are 0. */
  private readonly known: Uint8Array;
  /** Places that are drawn in every run, in the order of drawing. */
  private readonly blanks: Uint8Array;
  private readonly ranges: { readonly at: number; readonly hands: RangeHands }[] = [];
  /** By card: the last run in which it was taken by a range. */
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
    let stratum = size > 1 ? this.random.belowByHalves(size) : 0;
    const { known, deal, kernels } = this;
    const { base, workspace, hands, deals } = kernels;
    const players = deal.seats.length;
    const counts = new Uint32Array(workspace.buffer, base + DEALS.counts, into.kernelCells().length).fill(0);
    const dealsAt = DEALS.counts + counts.byteLength;
    const most = Math.floor((WORKSPACE_BYTES - 1 - dealsAt) / (known.length + deal.boards.length * players * 2));
    const batch = Math.min(most, MOST_AT_ONCE, runs);
    for (let i = 0; i < batch; i++) workspace.set(known, dealsAt + i * known.length);
    this.fillBlock(into, { size, step, stratum });
    for (let done = 0; done < runs; done += batch) {
      const count = Math.min(batch, runs - done);
      if (this.ranges.length === 0) deals.dealRuns(base, base + dealsAt, count);
      else for (let i = 0; i < count; i++) this.dealRun(dealsAt + i * known.length);
      const answers = dealsAt + Math.ceil((count * known.length) / 2) * 2;
      hands.evaluateDeals(base + dealsAt, count, deal.boards.length, players, deal.handSize, base + answers);
      deals.countDeals(base, base + dealsAt, base + answers, count);
      for (let i = 0; i < count && strata !== undefined; i++) {
        strata.record(stratum, workspace, answers + i * players);
        stratum += step;
        if (stratum >= size) stratum -= size;
      }
    }
    into.addFromKernel(counts);
    if (this.ranges.length === 0) this.takeBack();
  }

  /** Tells the kernels what to deal and what to count, and lends them the random numbers unless ranges need them here. */
  private fillBlock(into: ShowdownCounts, strata: { size: number; step: number; stratum: number }): void {
    const { known, live, kernels, deal, completions } = this;
    const { base, workspace } = kernels;
    const words = (at: number, length: number) => new Int32Array(workspace.buffer, base + at, length);
    const { size, step, stratum } = strata;
    const [board] = deal.boards;
    const isStratified = size > 1;
    // A stratum fills the only board.
    const blanks = isStratified ? this.blanks.filter((place) => place >= BOARD_SIZE) : this.blanks;
    const toCome = isStratified ? BOARD_SIZE - board.length : 0;
    words(DEALS.sizes, 8).set([live.length, blanks.length, known.length, toCome, stratum, step, size, board.length]);
    workspace.set(live, DEALS.live);
    workspace.set(blanks, DEALS.blanks);
    new Uint16Array(workspace.buffer, base + DEALS.refused, REFUSED.length).set(REFUSED);
    workspace.set(completions, DEALS.completions);
    const { joint, next } = into.kernelCells();
    const at = (cell: number | undefined): number => (cell === undefined ? 0 : DEALS.counts + cell * 4);
    const shape = [deal.boards.length, deal.seats.length, into.classes, at(0), at(joint), 0, at(next[0]), at(next[1])];
    words(DEALS.shape, shape.length).set(shape);
    const knownCards = deal.boards.map(({ length }) => length);
    words(DEALS.shape + shape.length * 4, knownCards.length).set(knownCards);
    const { state, batch } = this.lent();
    if (this.ranges.length === 0) this.random.lend(state, batch);
  }

  private takeBack(): void {
    const { live, kernels } = this;
    live.set(kernels.workspace.subarray(DEALS.live, DEALS.live + live.length));
    const { state, batch } = this.lent();
    this.random.takeBack(state, batch);
  }

  private lent(): { state: Int32Array; batch: Uint32Array } {
    const { base, workspace } = this.kernels;
    return {
      state: new Int32Array(workspace.buffer, base + DEALS.random, 6),
      batch: new Uint32Array(workspace.buffer, base + DEALS.words, BATCH),
    };
  }

  /** Deals a run with ranges at `at` in the workspace. */
  private dealRun(at: number): void {
    const { kernels, blanks } = this;
    this.run++;
    this.drawn = 0;
    this.pickFromRanges(at);
    for (let i = 0; i < blanks.length; i++) kernels.workspace[at + blanks[i]] = this.draw();
  }

  private listCompletions(): Uint8Array {
    if (strataOf(this.deal) === 1) return new Uint8Array(0);
    const toCome = 5 - this.deal.boards[0].length;
    const cards: number[] = [];
    forEachSubset(this.live, toCome, (subset) => cards.push(...subset));
    return Uint8Array.from(cards);
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
