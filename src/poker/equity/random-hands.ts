import { choose } from "../combinatorics.js";
import { CATEGORY_COUNT, CATEGORY_TOP, type HandValue } from "../evaluator/categories.js";
import { type Kernels, kernelsOf } from "../evaluator/kernels.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import { HAND_COUNTS, LANES, SUITED_COUNTS } from "../wasm/hands.js";
import { RESULTS } from "./showdown-counts.js";

/** `WAYS[n * 16 + k]` is n choose k. */
const WAYS = Uint8Array.from({ length: 5 * 16 }, (_, i) => choose(i >> 4, Math.min(i & 15, 8)));
/** `BINOMIALS[n * 8 + k]` is n choose k, for all live cards of a suit. */
const BINOMIALS = Float64Array.from({ length: 14 * 8 }, (_, i) => choose(i >> 3, i & 7));
/** `PLAIN_WAYS[n * 8 + k]` is n choose k, for all live cards of a deck. */
const PLAIN_WAYS = Float64Array.from({ length: 53 * 8 }, (_, i) => choose(i >> 3, i & 7));
const HIGHEST_FLUSH = CATEGORY_TOP[5];

/** The cards an unknown hand can hold, and the value that it meets, on a board of known ranks. */
export interface HandSupply {
  /** The suit that three or more board cards are of, or -1. */
  readonly suit: number;
  /** The board's ranks in that suit. */
  readonly suitMask: number;
  /** Live cards by rank, of the flush suit and of the others. */
  readonly suited: number;
  readonly others: Uint8Array;
  /** Strength of the known hand. */
  readonly against: HandValue;
}

/** Where the kernel is given its work, and leaves its answer. */
interface Views {
  readonly of: Kernels;
  readonly suited: Int32Array;
  readonly against: Int32Array;
  readonly breakdowns: Float64Array;
  readonly plainWays: Float64Array;
  readonly binomials: Float64Array;
}

/** Workspace of `countSuited`, beside that of `countHands`. */
const SUITED_AT = 8192;
const CELLS = CATEGORY_COUNT * RESULTS;

/**
 * Counts all hands that can be dealt against given values, without dealing them, in the kernel: hands of equal ranks are one
 * group, and those with two or more cards of the board's suit are grouped by these cards. 1,820 rank groups stand for the
 * 123,410 four-card hands, and are met once for all boards of the same ranks.
 */
export class RandomHands {
  #views: Views | undefined;

  constructor(
    private readonly tables: EvaluatorTables,
    private readonly handSize: number,
  ) {}

  /**
   * Counts every hand from each of the supplies.
   * @param state number of the boards' rank multiset
   * @returns for each supply `[category × (win, tie, loss)]`, seen from the counted hands
   */
  count(state: number, supplies: readonly HandSupply[]): Float64Array[] {
    const breakdowns: Float64Array[] = [];
    for (let from = 0; from < supplies.length; from += LANES)
      this.countLanes(state, supplies.slice(from, from + LANES), breakdowns);
    return breakdowns;
  }

  private countLanes(state: number, supplies: readonly HandSupply[], into: Float64Array[]): void {
    const views = this.views();
    const { hands, base, workspace } = views.of;
    for (const [lane, { suit, suited, others, against }] of supplies.entries()) {
      workspace.set(others, HAND_COUNTS.others + lane * 16);
      views.suited[lane] = suit < 0 ? 0 : suited;
      views.against[lane] = against;
    }
    workspace.set(WAYS, HAND_COUNTS.ways);
    hands.countHands(base, this.handSize, state, supplies.length);
    const first = into.length;
    for (let lane = 0; lane < supplies.length; lane++)
      into.push(views.breakdowns.slice(lane * CELLS, (lane + 1) * CELLS));
    for (const [lane, supply] of supplies.entries())
      if (supply.suit >= 0) this.addSuited(views, state, supply, into[first + lane]);
  }

  private addSuited(views: Views, state: number, supply: HandSupply, into: Float64Array): void {
    const { hands, base, workspace } = views.of;
    const { others, suitMask, suited, against } = supply;
    let live = 0;
    for (let rank = 0; rank < others.length; rank++) live += others[rank];
    for (let left = 0; left < 8; left++) views.plainWays[left] = PLAIN_WAYS[live * 8 + left];
    views.binomials.set(BINOMIALS);
    workspace.set(others, SUITED_AT + SUITED_COUNTS.others);
    workspace.set(WAYS, SUITED_AT + SUITED_COUNTS.ways);
    hands.countSuited(base + SUITED_AT, this.handSize, state, suitMask, suited, against, HIGHEST_FLUSH);
    const from = (SUITED_AT + SUITED_COUNTS.breakdown) / 8;
    for (let cell = 0; cell < CELLS; cell++) into[cell] += views.breakdowns[from + cell];
  }

  private views(): Views {
    const of = kernelsOf(this.tables);
    if (this.#views?.of === of) return this.#views;
    const { base, workspace } = of;
    const { buffer, byteLength } = workspace;
    this.#views = {
      of,
      suited: new Int32Array(buffer, base + HAND_COUNTS.suited, LANES),
      against: new Int32Array(buffer, base + HAND_COUNTS.against, LANES),
      breakdowns: new Float64Array(buffer, base + HAND_COUNTS.breakdowns, byteLength / 8),
      plainWays: new Float64Array(buffer, base + SUITED_AT + SUITED_COUNTS.plainWays, 8),
      binomials: new Float64Array(buffer, base + SUITED_AT + SUITED_COUNTS.binomials, BINOMIALS.length),
    };
    return this.#views;
  }
}
