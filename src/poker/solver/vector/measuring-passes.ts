import { type CardMasks, cardMasks } from "../game/hand-set.js";
import { HANDS_AT_ONCE } from "../wasm/street-passes.js";
import type { DealtCards } from "./dealt-cards.js";
import { chooseBest, playAverage, type RowRef, splitByAverage } from "./hand-pass.js";
import { LeafSweeps } from "./leaf-sweeps.js";
import { GROUPS, groupCells } from "./memory-layout.js";
import type { Passes, Target, WalkSettings } from "./passes.js";
import type { SharedGame } from "./shared-game.js";
import { chunksOf, type LaneRun } from "./street-block.js";
import { type StreetViews, viewStreet } from "./street-views.js";
import { paddedHands } from "./training-memory.js";

/** Less than any strategy sum but more than none. */
const TINY = 1e-30;

/** Average play and best responses, in double precision. */
export class MeasuringPasses implements Passes {
  readonly cellBytes = 8;
  readonly chunks = (run: LaneRun): number => chunksOf(run);
  readonly #shared: SharedGame;
  readonly #streets: readonly StreetViews[];
  readonly #dealt: DealtCards;
  readonly #sweeps: LeafSweeps;
  readonly #masks: readonly [CardMasks, CardMasks];
  readonly #groupValues: Float64Array;
  readonly #cells: Float64Array;
  readonly #node: Float64Array;
  readonly #row: RowRef;
  readonly #settings: WalkSettings;

  constructor(shared: SharedGame, thread: number, dealt: DealtCards, settings: WalkSettings) {
    const { memory, layout, blocks, hands } = shared;
    this.#shared = shared;
    this.#dealt = dealt;
    this.#sweeps = new LeafSweeps(shared, thread, dealt);
    this.#streets = blocks.map((_, level) => viewStreet(shared, level, thread));
    this.#masks = [cardMasks(hands[0]), cardMasks(hands[1])];
    this.#groupValues = new Float64Array(memory.buffer, layout.groupValues, GROUPS * groupCells(shared));
    this.#cells = new Float64Array(memory.buffer);
    this.#node = new Float64Array(Math.max(...blocks.map((block) => block.nodeCount)));
    const longest = Math.max(...blocks.flatMap(({ rowLength }) => rowLength));
    this.#row = { regrets: new Float32Array(0), sums: new Float32Array(longest), at: 0 };
    this.#settings = settings;
  }

  street(level: number): StreetViews {
    const street = this.#streets[level];
    if (!street) throw new RangeError(`no street at level ${level}`);
    return street;
  }

  get sweeps(): LeafSweeps {
    return this.#sweeps;
  }

  fold(level: number, chunk: number): void {
    this.#sweeps.fold(this.street(level), this.#settings.seat, chunk);
  }

  showdown(level: number, chunk: number): void {
    this.#sweeps.showdown(this.street(level), this.#settings.seat, chunk, level);
  }

  clearDeals(level: number): void {
    const { block, values } = this.street(level);
    const { chance, laneCount } = block;
    const end = this.#shared.hands[this.#settings.seat].count * laneCount;
    for (let at = chance.start; at < end; at += laneCount) values.fill(0, at, at + chance.count);
  }

  addGroups(from: number, to: number): void {
    const { block, values } = this.street(0);
    const { chance, laneCount } = block;
    const cells = groupCells(this.#shared);
    for (let hand = from; hand < to; hand++) {
      for (let lane = 0; lane < chance.count; lane++) {
        let sum = 0;
        const at = hand * chance.count + lane;
        for (let group = 0; group < GROUPS; group++) sum += this.#groupValues[group * cells + at];
        values[hand * laneCount + chance.start + lane] = sum;
      }
    }
  }

  down(level: number, path: number, from: number, to: number): boolean {
    const opponent = this.#settings.seat === 0 ? 1 : 0;
    const { block, reach } = this.street(level);
    const { leafNode, leafLane, laneCount, rootCount } = block;
    const parent = level > 0 ? this.street(level - 1) : null;
    const { weights } = this.#shared.hands[opponent];
    const { low, high } = this.#masks[opponent];
    const deadLow = this.#dealt.deadLow[level];
    const deadHigh = this.#dealt.deadHigh[level];
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
      splitByAverage(block, opponent, this.#open(level, path, opponent, hand), node);
      for (let leaf = 0; leaf < leafNode.length; leaf++) {
        reach[rowAt + leafLane[leaf]] = node[leafNode[leaf]];
      }
    }
    return reached;
  }

  up(level: number, path: number, target: Target | null, from: number, to: number): void {
    const { seat, mode, chanceScale, leastReach } = this.#settings;
    const { weights } = this.#shared.hands[seat];
    const { block, values } = this.street(level);
    const { leafNode, leafLane, leafFactors, laneCount, rootCount } = block;
    const factors = leafFactors[seat];
    const { low, high } = this.#masks[seat];
    const deadLow = this.#dealt.deadLow[level];
    const deadHigh = this.#dealt.deadHigh[level];
    const scale = level > 0 ? chanceScale[level] : 1;
    const node = this.#node;
    for (let hand = from; hand < to; hand++) {
      if (((low[hand] & deadLow) | (high[hand] & deadHigh)) !== 0) continue;
      const rowAt = hand * laneCount;
      for (let leaf = 0; leaf < leafNode.length; leaf++) {
        node[leafNode[leaf]] = values[rowAt + leafLane[leaf]] * factors[leaf];
      }
      const fixed = mode === "best-response" ? this.#lockedOf(level, path, seat, hand) : null;
      if (fixed) chooseBest(block, seat, node, fixed, this.#open(level, path, seat, hand));
      else if (mode === "best-response") chooseBest(block, seat, node);
      else {
        const least = mode === "continue" ? Math.max(leastReach * weights[hand], TINY) : 0;
        playAverage(block, seat, this.#open(level, path, seat, hand), node, least);
      }
      if (!target) continue;
      const at = target.at / 8 + hand * target.stride;
      for (let root = 0; root < rootCount; root++) this.#cells[at + root] += node[root] * scale;
    }
  }

  /** Decisions at which a hand's play is given; null where it is nowhere. */
  #lockedOf(level: number, path: number, seat: 0 | 1, hand: number): Int32Array | null {
    const rows = this.#shared.locks?.[level][seat];
    if (!rows) return null;
    const row = path * this.#shared.hands[seat].count + hand;
    const [from, to] = [rows.starts[row], rows.starts[row + 1]];
    return from === to ? null : rows.decisions.subarray(from, to);
  }

  /** A hand's strategy sums, out of the rows that four hands share. */
  #open(level: number, path: number, seat: 0 | 1, hand: number): RowRef {
    const { block, tables } = this.street(level);
    const length = block.rowLength[seat];
    const sums = tables.sums[seat];
    const within = hand % HANDS_AT_ONCE;
    const from = (path * paddedHands(this.#shared.hands[seat].count) + hand - within) * length + within;
    for (let action = 0; action < length; action++) this.#row.sums[action] = sums[from + action * HANDS_AT_ONCE];
    return this.#row;
  }
}
