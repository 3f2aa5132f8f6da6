import { SolveCancelled } from "../../errors.js";
import { type CardMasks, cardMasks } from "../game/hand-set.js";
import { LANES } from "../wasm/sweeps.js";
import { DealtCards } from "./dealt-cards.js";
import {
  chooseBest,
  playAverage,
  type RegretUpdate,
  type RowRef,
  splitByAverage,
  splitByRegret,
  updateRegrets,
} from "./hand-pass.js";
import { LeafSweeps } from "./leaf-sweeps.js";
import { GROUPS, SAMPLE_ROW } from "./memory-layout.js";
import type { SharedGame } from "./shared-game.js";
import { type StreetViews, viewStreet } from "./street-views.js";

/**
 * What a walk computes for the traversing seat: regrets and values, the best response's values, average play's; or
 * average play's where the hand comes to by it and the best response's where it does not.
 */
export type WalkMode = "train" | "best-response" | "average" | "continue";

/** Numbers of one walk, the same for all threads. */
export interface WalkSettings extends RegretUpdate {
  seat: 0 | 1;
  mode: WalkMode;
  /** Weight of this iteration in the average strategy. */
  sumWeight: number;
  /** Strategy sum for each unit of a hand's weight below which the hand does not come to a decision; see "continue". */
  leastReach: number;
  /** What a dealt outcome counts for, by level; level 0 is unused. */
  readonly chanceScale: Float64Array;
}

const NO_ARRAY = new Float32Array(0);
/** Less than any strategy sum but more than none. */
const TINY = 1e-30;

/**
 * One thread's traversal of the public tree with vectors of hands. A street is walked in three passes: down (reach of
 * the opponent's hands to every leaf, hand by hand), across (leaf values by card-removal sweeps, and deals to the next
 * street) and up (values of the traverser's hands, regrets).
 */
export class Walker {
  readonly #shared: SharedGame;
  readonly #streets: readonly StreetViews[];
  readonly #masks: readonly [CardMasks, CardMasks];
  readonly #groupValues: Float64Array;
  readonly #groupRows: number;
  readonly #samples: Float64Array;
  readonly #rootResults: readonly [Float64Array, Float64Array];
  readonly #node: Float64Array;
  readonly #row: RowRef = { regrets: NO_ARRAY, sums: NO_ARRAY, at: 0 };
  readonly #dealt: DealtCards;
  readonly #sweeps: LeafSweeps;
  readonly #stop: () => boolean;
  readonly settings: WalkSettings;

  /** @param stop asked between deals; true ends the walk with {@link SolveCancelled} */
  constructor(shared: SharedGame, thread: number, settings: WalkSettings, stop: () => boolean) {
    const { layout, blocks, hands } = shared;
    const { buffer } = shared.memory;
    this.#shared = shared;
    this.#dealt = new DealtCards(shared);
    this.#sweeps = new LeafSweeps(shared, thread, this.#dealt);
    this.#streets = blocks.map((_, level) => viewStreet(shared, level, thread));
    this.#masks = [cardMasks(hands[0]), cardMasks(hands[1])];
    this.#groupRows = Math.max(hands[0].count, hands[1].count);
    const chanceLanes = blocks.length > 1 ? blocks[0].chance.count : 0;
    this.#groupValues = new Float64Array(buffer, layout.groupValues, GROUPS * this.#groupRows * chanceLanes);
    this.#samples = new Float64Array(buffer, layout.samples, GROUPS * SAMPLE_ROW);
    this.#rootResults = [
      new Float64Array(buffer, layout.rootResults[0], hands[0].count),
      new Float64Array(buffer, layout.rootResults[1], hands[1].count),
    ];
    this.#node = new Float64Array(Math.max(...blocks.map((block) => block.nodeCount)));
    this.settings = settings;
    this.#stop = stop;
  }

  /** Root street, first pass, for the opponent's hands `from … to - 1`. */
  rootDown(from: number, to: number): void {
    this.#down(0, 0, from, to);
  }

  /** Root street, second pass: one chunk of fold lanes. */
  rootFold(chunk: number): void {
    this.#sweeps.fold(this.#street(0), this.settings.seat, chunk);
  }

  /** Root street, second pass: one chunk of showdown lanes. */
  rootShowdown(chunk: number): void {
    this.#sweeps.showdown(this.#street(0), this.settings.seat, chunk, 0);
  }

  /** Root street, second pass: all deals of one group, as the samples table lists them. */
  rootDeals(group: number): void {
    const lanes = this.#street(0).block.chance.count;
    const start = group * this.#groupRows * lanes;
    const target = this.#groupValues.subarray(start, start + this.#groupRows * lanes);
    target.fill(0);
    const base = group * SAMPLE_ROW;
    const deals = this.#samples[base];
    for (let i = 0; i < deals; i++) this.#deal(1, 0, this.#samples[base + 1 + i], target, lanes, 0);
  }

  /** Root street, third pass, for the traverser's hands `from … to - 1`: adds up the groups' deals, then goes up. */
  rootUp(from: number, to: number): void {
    const { block, values } = this.#street(0);
    const { chance, laneCount } = block;
    const groupValues = this.#groupValues;
    const groupCells = this.#groupRows * chance.count;
    for (let hand = from; hand < to; hand++) {
      for (let lane = 0; lane < chance.count; lane++) {
        let sum = 0;
        const at = hand * chance.count + lane;
        for (let group = 0; group < GROUPS; group++) sum += groupValues[group * groupCells + at];
        values[hand * laneCount + chance.start + lane] = sum;
      }
    }
    const results = this.#rootResults[this.settings.seat];
    results.fill(0, from, to);
    this.#up(0, 0, results, 1, 0, from, to);
  }

  /**
   * Evaluates one street after the deals numbered `deals`, in the settings' mode: afterwards the street's matrices hold the
   * opponent's reach of every leaf and the leaves' values for the traverser's hands.
   */
  probe(deals: readonly number[]): { readonly reach: Float64Array; readonly values: Float64Array } {
    const opponents = this.#shared.hands[this.settings.seat === 0 ? 1 : 0].count;
    let path = 0;
    this.#down(0, 0, 0, opponents);
    deals.forEach((index, step) => {
      this.#dealt.place(step + 1, index);
      path = this.#pathAfter(step + 1, path, index);
      this.#down(step + 1, path, 0, opponents);
    });
    const street = this.#street(deals.length);
    this.#acrossStreet(deals.length, path);
    return { reach: street.reach, values: street.values };
  }

  /** The root street's matrices as the last walk left them. */
  get rootMatrices(): { readonly reach: Float64Array; readonly values: Float64Array } {
    const { reach, values } = this.#street(0);
    return { reach, values };
  }

  /**
   * For each of the traverser's hands: summed weight of compatible weaker hands minus that of stronger ones, added up
   * over all boards and all their final cards.
   */
  showdownSums(): Float64Array {
    const { seat } = this.settings;
    const { hands, boards, layout } = this.#shared;
    const { reach, values, block } = this.#street(0);
    const opponent = hands[seat === 0 ? 1 : 0];
    for (let hand = 0; hand < opponent.count; hand++) {
      const at = hand * block.laneCount;
      reach.fill(0, at, at + LANES);
      reach[at] = opponent.weights[hand];
    }
    for (let hand = 0; hand < hands[seat].count; hand++) values[hand * block.laneCount] = 0;
    for (let key = 0; key < boards * layout.finalKeys; key++) this.#sweeps.showdownOn(this.#street(0), seat, 0, key, 1);
    return Float64Array.from({ length: hands[seat].count }, (_, hand) => values[hand * block.laneCount]);
  }

  #street(level: number): StreetViews {
    const street = this.#streets[level];
    if (!street) throw new RangeError(`no street at level ${level}`);
    return street;
  }

  /** Makes deal number `index` of a level and adds the next street's values to `target`. */
  #deal(level: number, path: number, index: number, target: Float64Array, width: number, start: number): void {
    if (this.#stop()) throw new SolveCancelled("the solver was told to stop");
    this.#dealt.place(level, index);
    this.#walkStreet(level, this.#pathAfter(level, path, index), target, width, start);
  }

  #pathAfter(level: number, path: number, index: number): number {
    return level === 1 ? index : path * this.#shared.deals.later + index;
  }

  #walkStreet(level: number, path: number, target: Float64Array, width: number, start: number): void {
    const { seat } = this.settings;
    const { hands } = this.#shared;
    if (!this.#down(level, path, 0, hands[seat === 0 ? 1 : 0].count)) return;
    this.#acrossStreet(level, path);
    this.#up(level, path, target, width, start, 0, hands[seat].count);
  }

  #acrossStreet(level: number, path: number): void {
    const { seat } = this.settings;
    const street = this.#street(level);
    const { block } = street;
    for (let chunk = 0; chunk * LANES < block.fold.count; chunk++) this.#sweeps.fold(street, seat, chunk);
    for (let chunk = 0; chunk * LANES < block.showdown.count; chunk++)
      this.#sweeps.showdown(street, seat, chunk, level);
    if (block.chance.count > 0) this.#dealAll(level, path);
  }

  /** Deals below a street that is not the root. */
  #dealAll(level: number, path: number): void {
    const { block, values } = this.#street(level);
    const { chance, laneCount } = block;
    const { hands, deals } = this.#shared;
    const end = hands[this.settings.seat].count * laneCount;
    for (let at = chance.start; at < end; at += laneCount) values.fill(0, at, at + chance.count);
    for (let index = 0; index < deals.later; index++)
      this.#deal(level + 1, path, index, values, laneCount, chance.start);
  }

  /** Opens a seat's tables; returns its first row on a path. */
  #openRows(level: number, path: number, seat: 0 | 1): number {
    const { tables } = this.#street(level);
    this.#row.regrets = tables.regrets[seat];
    this.#row.sums = tables.sums[seat];
    return path * this.#shared.hands[seat].count;
  }

  /** Fills the reach matrix. False when no hand of the opponent gets here. */
  #down(level: number, path: number, from: number, to: number): boolean {
    const { seat, mode, sumWeight } = this.settings;
    const opponent = seat === 0 ? 1 : 0;
    const { block, reach } = this.#street(level);
    const { leafNode, leafLane, laneCount, rootCount } = block;
    const parent = level > 0 ? this.#street(level - 1) : null;
    const { weights } = this.#shared.hands[opponent];
    const { low, high } = this.#masks[opponent];
    const deadLow = this.#dealt.deadLow[level];
    const deadHigh = this.#dealt.deadHigh[level];
    const first = this.#openRows(level, path, opponent);
    const length = block.rowLength[opponent];
    const node = this.#node;
    let reached = false;
    for (let hand = from; hand < to; hand++) {
      const rowAt = hand * laneCount;
      let sum = 0;
      if (((low[hand] & deadLow) | (high[hand] & deadHigh)) === 0) {
        if (parent) {
          const at = hand * parent.block.laneCount + parent.block.chance.start;
          for (let root = 0; root < rootCount; root++) sum += node[root] = parent.reach[at + root];
        } else sum = node[0] = weights[hand];
      }
      if (sum === 0) {
        reach.fill(0, rowAt, rowAt + laneCount);
        continue;
      }
      reached = true;
      this.#row.at = (first + hand) * length;
      if (mode === "train") splitByRegret(block, opponent, this.#row, sumWeight, node);
      else splitByAverage(block, opponent, this.#row, node);
      for (let leaf = 0; leaf < leafNode.length; leaf++) {
        reach[rowAt + leafLane[leaf]] = node[leafNode[leaf]];
      }
    }
    return reached;
  }

  /** Adds the values of the traverser's hands to `target`, one column for each root. */
  #up(level: number, path: number, target: Float64Array, width: number, start: number, from: number, to: number): void {
    const { seat, mode, chanceScale, leastReach } = this.settings;
    const { weights } = this.#shared.hands[seat];
    const { block, values } = this.#street(level);
    const { leafNode, leafLane, leafFactor, leafIsFold, laneCount, rootCount } = block;
    const { low, high } = this.#masks[seat];
    const deadLow = this.#dealt.deadLow[level];
    const deadHigh = this.#dealt.deadHigh[level];
    const first = this.#openRows(level, path, seat);
    const length = block.rowLength[seat];
    const scale = level > 0 ? chanceScale[level] : 1;
    const node = this.#node;
    for (let hand = from; hand < to; hand++) {
      if (((low[hand] & deadLow) | (high[hand] & deadHigh)) !== 0) continue;
      const rowAt = hand * laneCount;
      for (let leaf = 0; leaf < leafNode.length; leaf++) {
        const value = values[rowAt + leafLane[leaf]] * leafFactor[leaf];
        node[leafNode[leaf]] = seat === 1 && leafIsFold[leaf] === 1 ? -value : value;
      }
      this.#row.at = (first + hand) * length;
      if (mode === "train") updateRegrets(block, seat, this.#row, this.settings, node);
      else if (mode === "best-response") chooseBest(block, seat, node);
      else
        playAverage(block, seat, this.#row, node, mode === "continue" ? Math.max(leastReach * weights[hand], TINY) : 0);
      const at = hand * width + start;
      for (let root = 0; root < rootCount; root++) {
        target[at + root] += node[root] * scale;
      }
    }
  }
}
