import { choose } from "../combinatorics.js";
import { CATEGORY_COUNT, CATEGORY_OF_VALUE, CATEGORY_TOP, type HandValue } from "../evaluator/categories.js";
import { kernelsOf } from "../evaluator/kernels.js";
import { type EvaluatorTables, RANK_PAIRS } from "../evaluator/tables.js";
import { HAND_COUNTS } from "../wasm/hands.js";
import { LOSS, RESULTS, TIE, WIN } from "./showdown-counts.js";

/** Row width of the matrix of rank pairs. */
const ROW = 16;
/** `WAYS[n * 16 + k]` is n choose k. */
const WAYS = Uint8Array.from({ length: 5 * ROW }, (_, i) => choose(i >> 4, Math.min(i & 15, 8)));
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

/**
 * Counts all hands that can be dealt against a given value, without dealing them: hands of equal ranks are one group,
 * and those with two or more cards of the board's suit are grouped by these cards. 1,820 rank groups stand for the
 * 123,410 four-card hands.
 */
export class RandomHands {
  /** `[category × (win, tie, loss)]`, seen from the counted hands. Overwritten by every count. */
  readonly breakdown = new Float64Array(CATEGORY_COUNT * RESULTS);
  private readonly values = new Uint16Array(13 * ROW);
  /** The chosen cards of the flush suit. */
  private readonly ranks = new Uint8Array(8);
  /** `[ranks placed × rank]`: best value of a card of that rank with one of those placed. Row 0 stays zero. */
  private readonly reach = new Uint16Array(8 * ROW);
  private against: HandValue = 0;
  private suited = 0;
  private others: Uint8Array = new Uint8Array(13);
  /** Live ranks of the flush suit, ascending, and how many they are. */
  private readonly suitedRanks = new Uint8Array(13);
  private suitedCount = 0;
  /** `[higher × lower]` by position in `suitedRanks`: the flush of two. */
  private readonly flushes = new Uint16Array(13 * ROW);
  /** `[cards placed × position]`: best flush of that card with one of those placed. Row 0 stays zero. */
  private readonly flushReach = new Uint16Array(8 * ROW);
  /** By number of cards: ways to choose them among the other suits. */
  private readonly otherWays = new Float64Array(8);
  /** Best value without a flush of any two ranks: above a flush only on a paired board. */
  private highest: HandValue = 0;

  constructor(
    private readonly tables: EvaluatorTables,
    private readonly handSize: number,
  ) {}

  /** Counts every hand from `supply` against the value `against`. */
  count(supply: HandSupply, against: HandValue): void {
    this.against = against;
    this.others = supply.others;
    this.suited = supply.suit < 0 ? 0 : supply.suited;
    this.countUnsuited(supply.state);
    if (supply.suit < 0) return;
    this.loadValues(supply.state);
    this.loadFlushes(supply.suitMask);
    const live = supply.others.reduce((sum, cards) => sum + cards, 0);
    for (let left = 0; left <= this.handSize; left++) this.otherWays[left] = choose(live, left);
    this.placeSuited(this.suitedCount, 0, 0);
  }

  /** Counts hands with at most one card of the flush suit, in the kernel. */
  private countUnsuited(state: number): void {
    const { hands, base, workspace } = kernelsOf(this.tables);
    workspace.set(this.others, HAND_COUNTS.others);
    workspace.set(WAYS, HAND_COUNTS.ways);
    hands.countHands(base, this.handSize, state, this.suited, this.against);
    this.breakdown.set(new Float64Array(workspace.buffer, base + HAND_COUNTS.breakdown, this.breakdown.length));
  }

  private loadValues(state: number): void {
    const { pair, offsuit } = this.tables;
    this.highest = 0;
    for (let high = 0; high < 13; high++) {
      for (let low = 0; low <= high; low++) {
        const value = offsuit[state * RANK_PAIRS + pair[high * 16 + low]];
        this.values[high * ROW + low] = value;
        this.values[low * ROW + high] = value;
        if (value > this.highest) this.highest = value;
      }
    }
  }

  /** The last card, of another suit than the flush suit. */
  private placeLast(highest: number, placed: number, best: HandValue, waysSoFar: number): void {
    const { others, reach, breakdown, against } = this;
    const row = placed * ROW;
    // Most last cards add nothing: their hands keep the value of the cards before.
    let unchanged = 0;
    for (let rank = highest; rank >= 0; rank--) {
      const ways = waysSoFar * others[rank];
      const value = reach[row + rank];
      if (value <= best) {
        unchanged += ways;
        continue;
      }
      const result = value > against ? WIN : value === against ? TIE : LOSS;
      const cell = CATEGORY_OF_VALUE[value] * RESULTS + result;
      breakdown[cell] += ways;
    }
    this.add(best, unchanged);
  }

  /** Makes row `placed + 1` of `reach`: what a further card of each rank makes with the ranks so far and `rank`. */
  private extendReach(placed: number, rank: number): void {
    const { reach, values } = this;
    const row = placed * ROW;
    for (let other = 0; other <= rank; other++) {
      const reached = reach[row + other];
      const value = values[rank * ROW + other];
      reach[row + ROW + other] = value > reached ? value : reached;
    }
  }

  /** Makes the list of live ranks of the flush suit, and the flush of every two of them. */
  private loadFlushes(suitMask: number): void {
    const { suitedRanks, flushes } = this;
    const row = this.tables.flushRow[suitMask];
    this.suitedCount = 0;
    for (let rank = 0; rank < 13; rank++) if ((this.suited >> rank) & 1) suitedRanks[this.suitedCount++] = rank;
    for (let i = 1; i < this.suitedCount; i++) {
      const high = suitedRanks[i] * ROW;
      for (let j = 0; j < i; j++) {
        const pair = this.tables.pair[high + suitedRanks[j]];
        flushes[i * ROW + j] = this.tables.flush[row + pair];
      }
    }
  }

  /**
   * Chooses cards of the flush suit, below the `limit`-th of them, after `placed` ones whose best flush is `flush`; with two
   * or more of them, then the others. `flushReach` and `ranks` hold what was chosen.
   */
  private placeSuited(limit: number, placed: number, flush: HandValue): void {
    const { flushReach, flushes, ranks, suitedRanks } = this;
    const row = placed * ROW;
    const left = this.handSize - placed - 1;
    for (let i = limit - 1; i >= 0; i--) {
      const reached = flushReach[row + i];
      const next = reached > flush ? reached : flush;
      ranks[placed] = suitedRanks[i];
      if (placed > 0) this.addOthers(left, placed + 1, next);
      if (left === 0) continue;
      for (let j = 0; j < i; j++) {
        const soFar = flushReach[row + j];
        const value = flushes[i * ROW + j];
        flushReach[row + ROW + j] = value > soFar ? value : soFar;
      }
      this.placeSuited(i, placed + 1, next);
    }
  }

  /** Adds `left` cards of other suits to `placed` chosen ones. Only on a paired board can they make more than a flush. */
  private addOthers(left: number, placed: number, flush: HandValue): void {
    if (this.highest <= HIGHEST_FLUSH) {
      this.add(flush, this.otherWays[left]);
      return;
    }
    const { ranks, values } = this;
    let best = flush;
    for (let i = 1; i < placed; i++) {
      for (let j = 0; j < i; j++) {
        const value = values[ranks[i] * ROW + ranks[j]];
        if (value > best) best = value;
      }
    }
    if (left === 0) {
      this.add(best, 1);
      return;
    }
    this.fillReach(placed);
    this.placeOthers(left, 12, placed, best, 1);
  }

  /** Makes row `placed` of `reach` for all ranks, from the chosen cards of the flush suit. */
  private fillReach(placed: number): void {
    const { reach, values, ranks } = this;
    for (let other = 0; other < 13; other++) {
      let best = 0;
      for (let i = 0; i < placed; i++) best = Math.max(best, values[ranks[i] * ROW + other]);
      reach[placed * ROW + other] = best;
    }
  }

  private placeOthers(left: number, highest: number, placed: number, best: HandValue, ways: number): void {
    if (left === 1) {
      this.placeLast(highest, placed, best, ways);
      return;
    }
    const { others, values, reach } = this;
    for (let rank = highest; rank >= 0; rank--) {
      const plain = others[rank];
      const most = Math.min(left, plain);
      if (most === 0) continue;
      let value = Math.max(best, reach[placed * ROW + rank]);
      this.extendReach(placed, rank);
      for (let count = 1; count <= most; count++) {
        if (count === 2) value = Math.max(value, values[rank * ROW + rank]);
        const nextWays = ways * WAYS[plain * ROW + count];
        if (count === left) this.add(value, nextWays);
        else this.placeOthers(left - count, rank - 1, placed + 1, value, nextWays);
      }
    }
  }

  private add(value: HandValue, ways: number): void {
    const result = value > this.against ? WIN : value === this.against ? TIE : LOSS;
    const cell = CATEGORY_OF_VALUE[value] * RESULTS + result;
    this.breakdown[cell] += ways;
  }
}
