import { choose } from "../combinatorics.js";
import { CATEGORY_COUNT, CATEGORY_TOP, type HandValue } from "../evaluator/categories.js";
import { type Kernels, kernelsOf } from "../evaluator/kernels.js";
import type { EvaluatorTables } from "../evaluator/tables.js";
import { HAND_COUNTS } from "../wasm/hands.js";
import { RESULTS } from "./showdown-counts.js";

/** `WAYS[n * 16 + k]` is n choose k. */
const WAYS = Uint8Array.from({ length: 5 * 16 }, (_, i) => choose(i >> 4, Math.min(i & 15, 8)));
/** `BINOMIALS[n * 8 + k]` is n choose k, for all live cards of a suit. */
const BINOMIALS = Float64Array.from({ length: 14 * 8 }, (_, i) => choose(i >> 3, i & 7));
/** `PLAIN_WAYS[n * 8 + k]` is n choose k, for all live cards of a deck. */
const PLAIN_WAYS = Float64Array.from({ length: 53 * 8 }, (_, i) => choose(i >> 3, i & 7));
const HIGHEST_FLUSH = CATEGORY_TOP[5];

/** The cards an unknown hand can hold, and the board it is shown down on, as far as values depend on them. */
export interface HandSupply {
  /** Number of the board's rank multiset. */
  readonly state: number;
  /** The suit that three or more board cards are of, or -1. */
  readonly suit: number;
  /** The board's ranks in that suit. */
  readonly suitMask: number;
  /** Live cards by rank, of the flush suit and of the others. */
  readonly suited: number;
  readonly others: Uint8Array;
}

/** What is given to the kernel and read from it, in its workspace. */
interface Views {
  readonly of: Kernels;
  readonly breakdown: Float64Array;
  readonly plainWays: Float64Array;
  readonly binomials: Float64Array;
}

/**
 * Counts all hands that can be dealt against a given value, without dealing them, in the kernel: hands of equal ranks are one
 * group, and those with two or more cards of the board's suit are grouped by these cards. 1,820 rank groups stand for the
 * 123,410 four-card hands.
 */
export class RandomHands {
  /** `[category × (win, tie, loss)]`, seen from the counted hands. Overwritten by every count. */
  readonly breakdown = new Float64Array(CATEGORY_COUNT * RESULTS);
  #views: Views | undefined;

  constructor(
    private readonly tables: EvaluatorTables,
    private readonly handSize: number,
  ) {}

  /** Counts every hand from `supply` against the value `against`. */
  count({ state, suit, suitMask, suited, others }: HandSupply, against: HandValue): void {
    const { of, breakdown, plainWays, binomials } = this.views();
    const { hands, base, workspace } = of;
    workspace.set(others, HAND_COUNTS.others);
    workspace.set(WAYS, HAND_COUNTS.ways);
    hands.countHands(base, this.handSize, state, suit < 0 ? 0 : suited, against);
    if (suit >= 0) {
      let live = 0;
      for (let rank = 0; rank < others.length; rank++) live += others[rank];
      for (let left = 0; left < 8; left++) plainWays[left] = PLAIN_WAYS[live * 8 + left];
      binomials.set(BINOMIALS);
      hands.countSuited(base, this.handSize, suitMask, HIGHEST_FLUSH);
    }
    this.breakdown.set(breakdown);
  }

  private views(): Views {
    const of = kernelsOf(this.tables);
    if (this.#views?.of === of) return this.#views;
    const at = (offset: number, length: number) => new Float64Array(of.workspace.buffer, of.base + offset, length);
    this.#views = {
      of,
      breakdown: at(HAND_COUNTS.breakdown, this.breakdown.length),
      plainWays: at(HAND_COUNTS.plainWays, 8),
      binomials: at(HAND_COUNTS.binomials, BINOMIALS.length),
    };
    return this.#views;
  }
}
