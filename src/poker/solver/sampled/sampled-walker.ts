import { LANES } from "../wasm/sweeps.js";
import type { DrawnDeal } from "./drawn-deal.js";

/**
 * What one hand does on one street: splits what comes in at the block's roots over its nodes (the opponent), or takes
 * the leaves' values up to the roots (the seat walked for). `node` holds one number for each node of the block.
 */
export type HandPlay = (level: number, hand: number, row: number, node: Float64Array) => void;

/** Walks the betting tree on the cards of one drawn deal, with vectors of the drawn hands. */
export class SampledWalker {
  readonly #deal: DrawnDeal;
  readonly #node: Float64Array;
  #results = new Float64Array(0);

  constructor(deal: DrawnDeal) {
    this.#deal = deal;
    this.#node = new Float64Array(Math.max(...deal.streets.map(({ block }) => block.nodeCount)));
  }

  /** Value of each of the seat's hands at the root, times the weight of the opponents it meets. */
  walk(seat: 0 | 1, opponent: HandPlay, own: HandPlay): Float64Array {
    const { streets, hands } = this.#deal;
    this.#results = new Float64Array(hands[seat].count);
    for (let level = 0; level < streets.length; level++) this.#down(level, seat, opponent);
    for (let level = streets.length - 1; level >= 0; level--) {
      this.#across(level, seat);
      this.#up(level, seat, own);
    }
    return this.#results;
  }

  /** Whether a hand holds none of the cards dealt up to a level. */
  lives(level: number, seat: 0 | 1, hand: number): boolean {
    const { masks, dealt } = this.#deal;
    const { low, high } = masks[seat];
    return ((low[hand] & dealt.deadLow[level]) | (high[hand] & dealt.deadHigh[level])) === 0;
  }

  #down(level: number, seat: 0 | 1, opponent: HandPlay): void {
    const { streets, hands, rows } = this.#deal;
    const other = seat === 0 ? 1 : 0;
    const { block, reach } = streets[level];
    const { leafNode, leafLane, laneCount, rootCount } = block;
    const parent = level > 0 ? streets[level - 1] : null;
    const { count, weights } = hands[other];
    const node = this.#node;
    for (let hand = 0; hand < count; hand++) {
      const at = hand * laneCount;
      let sum = 0;
      if (this.lives(level, other, hand)) {
        if (parent) {
          const from = hand * parent.block.laneCount + parent.block.chance.start;
          for (let root = 0; root < rootCount; root++) sum += node[root] = parent.reach[from + root];
        } else sum = node[0] = weights[hand];
      }
      if (sum === 0) {
        reach.fill(0, at, at + laneCount);
        continue;
      }
      opponent(level, hand, rows[level][other][hand], node);
      for (let leaf = 0; leaf < leafNode.length; leaf++) reach[at + leafLane[leaf]] = node[leafNode[leaf]];
    }
  }

  #across(level: number, seat: 0 | 1): void {
    const { sweeps, streets } = this.#deal;
    const street = streets[level];
    const { fold, showdown } = street.block;
    for (let chunk = 0; chunk * LANES < fold.count; chunk++) sweeps.fold(street, seat, chunk);
    for (let chunk = 0; chunk * LANES < showdown.count; chunk++) sweeps.showdown(street, seat, chunk, level);
  }

  #up(level: number, seat: 0 | 1, own: HandPlay): void {
    const { streets, hands, rows, scales } = this.#deal;
    const { block, values } = streets[level];
    const { leafNode, leafLane, leafFactor, leafIsFold, laneCount, rootCount } = block;
    const parent = level > 0 ? streets[level - 1] : null;
    const { count } = hands[seat];
    const node = this.#node;
    for (let hand = 0; hand < count; hand++) {
      const from = parent ? hand * parent.block.laneCount + parent.block.chance.start : 0;
      if (!this.lives(level, seat, hand)) {
        if (parent) parent.values.fill(0, from, from + rootCount);
        continue;
      }
      const at = hand * laneCount;
      for (let leaf = 0; leaf < leafNode.length; leaf++) {
        const value = values[at + leafLane[leaf]] * leafFactor[leaf];
        node[leafNode[leaf]] = seat === 1 && leafIsFold[leaf] === 1 ? -value : value;
      }
      own(level, hand, rows[level][seat][hand], node);
      if (!parent) this.#results[hand] = node[0];
      else for (let root = 0; root < rootCount; root++) parent.values[from + root] = node[root] * scales[level];
    }
  }
}
