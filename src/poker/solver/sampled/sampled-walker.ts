import type { StreetViews } from "../vector/street-views.js";
import { LANES } from "../wasm/sweeps.js";
import type { DrawnDeal } from "./drawn-deal.js";
import { type LaneStreet, laneStreet, type RowLanes } from "./lane-street.js";
import { liftUp, splitDown } from "./row-pass.js";
import type { LockedRow } from "./sampled-game.js";

/** How a seat plays. Strategies stay as they are during a walk. */
export interface RowPlay {
  /** Fills in the probability of each of a row's actions. */
  shares(level: number, row: number, out: Float64Array): void;
  /** Decisions at which a row's play is given, so that no answer may deviate from it. */
  locked?(level: number, row: number): readonly LockedRow[] | undefined;
  /**
   * Told what came to the nodes of a street by this play: for one hand on the root street, for all hands of a row
   * together on later ones.
   */
  arrived?(visit: Visit): void;
  /** Told what the nodes of a street are worth: as above, on later streets times the hands' weights. */
  earned?(visit: Visit): void;
}

/** A row of strategy that a walk comes by. */
export interface Visit {
  level: number;
  row: number;
  /** The hand on the root street; -1 on later ones. */
  hand: number;
  /** What came: weight of the hand, or of all hands. What was earned: what the nodes' values count for. */
  weight: number;
  /** One number for each node. */
  node: Float64Array;
}

/**
 * Walks the betting tree on the cards of one drawn deal, with vectors of the drawn hands. On later streets all hands of
 * a row do the same, so what they do is worked out once a row and walk, and a hand takes one multiplication a lane.
 */
export class SampledWalker {
  readonly #deal: DrawnDeal;
  readonly #later: readonly (LaneStreet | null)[];
  readonly #shares: Float64Array;
  readonly #roots: Float64Array;
  readonly #visit: Visit;
  #results = new Float64Array(0);
  #walk = 0;

  /** @param rowCounts rows by level and seat */
  constructor(deal: DrawnDeal, rowCounts: readonly (readonly [number, number])[]) {
    this.#deal = deal;
    const most = (of: (views: StreetViews) => number): number => Math.max(...deal.streets.map(of));
    this.#later = deal.streets.map((views, level) =>
      level === 0 ? null : laneStreet(views, Math.max(...rowCounts[level])),
    );
    this.#shares = new Float64Array(most(({ block }) => Math.max(...block.rowLength)));
    this.#roots = new Float64Array(most(({ block }) => block.rootCount));
    this.#visit = {
      level: 0,
      row: 0,
      hand: 0,
      weight: 0,
      node: new Float64Array(most(({ block }) => block.nodeCount)),
    };
  }

  /** Value of each of the seat's hands at the root, times the weight of the opponents it meets; the mean of all runouts. */
  walk(seat: 0 | 1, opponent: RowPlay, own: RowPlay): Float64Array {
    const deal = this.#deal;
    const last = deal.streets.length - 1;
    this.begin(seat, opponent);
    this.#results = new Float64Array(deal.hands[seat].count);
    this.#clearDeals(seat);
    for (let runout = 0; runout < deal.runouts; runout++) {
      deal.open(runout);
      for (let level = 1; level <= last; level++) this.down(level, seat, opponent);
      for (let level = last; level > 0; level--) {
        this.across(level, seat);
        this.#up(level, seat, own);
      }
    }
    for (let level = 1; level <= last; level++) {
      this.#tellArrivals(level, seat, opponent);
      this.#tellEarnings(level, seat, own);
    }
    this.across(0, seat);
    this.#rootUp(seat, own);
    return this.#results;
  }

  /** Begins a walk: the opponent's reach of the root street's leaves. */
  begin(seat: 0 | 1, opponent: RowPlay): void {
    this.#walk++;
    this.#rootDown(seat, opponent);
  }

  /** Whether a hand holds none of the cards dealt up to a level. */
  lives(level: number, seat: 0 | 1, hand: number): boolean {
    const { masks, dealt } = this.#deal;
    const { low, high } = masks[seat];
    return ((low[hand] & dealt.deadLow[level]) | (high[hand] & dealt.deadHigh[level])) === 0;
  }

  #rootDown(seat: 0 | 1, opponent: RowPlay): void {
    const { streets, hands, rows } = this.#deal;
    const other = seat === 0 ? 1 : 0;
    const { block, reach } = streets[0];
    const { leafNode, leafLane, laneCount } = block;
    const { count, weights } = hands[other];
    const visit = this.#visit;
    const { node } = visit;
    visit.level = 0;
    for (let hand = 0; hand < count; hand++) {
      visit.hand = hand;
      visit.row = rows[0][other][hand];
      visit.weight = weights[hand];
      node[0] = weights[hand];
      opponent.shares(0, visit.row, this.#shares);
      splitDown(block, other, this.#shares, node);
      opponent.arrived?.(visit);
      const at = hand * laneCount;
      for (let leaf = 0; leaf < leafNode.length; leaf++) reach[at + leafLane[leaf]] = node[leafNode[leaf]];
    }
  }

  #rootUp(seat: 0 | 1, own: RowPlay): void {
    const { streets, hands, rows } = this.#deal;
    const { block, values } = streets[0];
    const { leafNode, leafLane, leafFactors, laneCount } = block;
    const factors = leafFactors[seat];
    const { count, weights } = hands[seat];
    const visit = this.#visit;
    const { node } = visit;
    visit.level = 0;
    for (let hand = 0; hand < count; hand++) {
      const at = hand * laneCount;
      for (let leaf = 0; leaf < leafNode.length; leaf++) {
        node[leafNode[leaf]] = values[at + leafLane[leaf]] * factors[leaf];
      }
      visit.hand = hand;
      visit.row = rows[0][seat][hand];
      visit.weight = weights[hand];
      own.shares(0, visit.row, this.#shares);
      liftUp(block, seat, this.#shares, node);
      own.earned?.(visit);
      this.#results[hand] = node[0];
    }
  }

  /** Empties the lanes of the root street that runouts add to. */
  #clearDeals(seat: 0 | 1): void {
    const { streets, hands } = this.#deal;
    const { block, values } = streets[0];
    const { chance, laneCount } = block;
    for (let hand = 0; hand < hands[seat].count; hand++) {
      const from = hand * laneCount + chance.start;
      values.fill(0, from, from + chance.count);
    }
  }

  #street(level: number): LaneStreet {
    const street = this.#later[level];
    if (!street) throw new RangeError(`no later street at level ${level}`);
    return street;
  }

  /** Place of a row in a street's tables for this walk, filled in when the row comes up for the first time. */
  #open(lanes: RowLanes, level: number, seat: 0 | 1, row: number, play: RowPlay, sumLength: number): number {
    const { views } = this.#street(level);
    const { leafNode, leafLane, laneCount, rootCount } = views.block;
    if (lanes.walk[row] !== this.#walk) {
      lanes.walk[row] = this.#walk;
      lanes.weights[row] = 0;
      lanes.sums.fill(0, row * sumLength, (row + 1) * sumLength);
      const { node } = this.#visit;
      node.fill(1, 0, rootCount);
      play.shares(level, row, this.#shares);
      splitDown(views.block, seat, this.#shares, node);
      const at = row * laneCount;
      for (let leaf = 0; leaf < leafNode.length; leaf++) lanes.shares[at + leafLane[leaf]] = node[leafNode[leaf]];
    }
    return row * laneCount;
  }

  /** The opponent's reach of the leaves of a later street, on the cards that lie there. */
  down(level: number, seat: 0 | 1, opponent: RowPlay): void {
    const { streets, hands, rows } = this.#deal;
    const other = seat === 0 ? 1 : 0;
    const { views, rootOfLane, theirs } = this.#street(level);
    const { laneCount, rootCount } = views.block;
    const { reach } = views;
    const parent = streets[level - 1];
    const roots = this.#roots;
    const { shares, sums, weights } = theirs;
    for (let hand = 0; hand < hands[other].count; hand++) {
      const at = hand * laneCount;
      let sum = 0;
      if (this.lives(level, other, hand)) {
        const from = hand * parent.block.laneCount + parent.block.chance.start;
        for (let root = 0; root < rootCount; root++) sum += roots[root] = parent.reach[from + root];
      }
      if (sum === 0) {
        reach.fill(0, at, at + laneCount);
        continue;
      }
      const row = rows[level][other][hand];
      const own = this.#open(theirs, level, other, row, opponent, rootCount);
      weights[row] += hands[other].weights[hand];
      const sumsAt = row * rootCount;
      for (let root = 0; root < rootCount; root++) sums[sumsAt + root] += roots[root];
      for (let lane = 0; lane < laneCount; lane++) reach[at + lane] = roots[rootOfLane[lane]] * shares[own + lane];
    }
  }

  /** What the leaves of a street are worth to the seat's hands, deals apart. */
  across(level: number, seat: 0 | 1): void {
    const { sweeps, streets } = this.#deal;
    const street = streets[level];
    const { fold, showdown } = street.block;
    for (let chunk = 0; chunk * LANES < fold.count; chunk++) sweeps.fold(street, seat, chunk);
    for (let chunk = 0; chunk * LANES < showdown.count; chunk++) sweeps.showdown(street, seat, chunk, level);
  }

  #up(level: number, seat: 0 | 1, own: RowPlay): void {
    const { streets, hands, rows, scales, runouts } = this.#deal;
    const { views, rootOfLane, factors, ours } = this.#street(level);
    const { laneCount, rootCount } = views.block;
    const { values } = views;
    const parent = streets[level - 1];
    const factor = factors[seat];
    const { shares, sums } = ours;
    const roots = this.#roots;
    const scale = scales[level] / (level === 1 ? runouts : 1);
    for (let hand = 0; hand < hands[seat].count; hand++) {
      const into = hand * parent.block.laneCount + parent.block.chance.start;
      if (!this.lives(level, seat, hand)) {
        if (level > 1) parent.values.fill(0, into, into + rootCount);
        continue;
      }
      const row = rows[level][seat][hand];
      const at = this.#open(ours, level, seat, row, own, laneCount);
      const from = hand * laneCount;
      const weight = hands[seat].weights[hand];
      roots.fill(0, 0, rootCount);
      for (let lane = 0; lane < laneCount; lane++) {
        const value = values[from + lane] * factor[lane];
        roots[rootOfLane[lane]] += value * shares[at + lane];
        sums[at + lane] += value * weight;
      }
      if (level > 1) for (let root = 0; root < rootCount; root++) parent.values[into + root] = roots[root] * scale;
      else for (let root = 0; root < rootCount; root++) parent.values[into + root] += roots[root] * scale;
    }
  }

  #tellArrivals(level: number, seat: 0 | 1, opponent: RowPlay): void {
    if (!opponent.arrived) return;
    const other = seat === 0 ? 1 : 0;
    const { views, theirs } = this.#street(level);
    const { rootCount } = views.block;
    const visit = this.#visit;
    visit.level = level;
    visit.hand = -1;
    for (let row = 0; row < theirs.walk.length; row++) {
      if (theirs.walk[row] !== this.#walk) continue;
      visit.row = row;
      visit.weight = theirs.weights[row];
      visit.node.set(theirs.sums.subarray(row * rootCount, (row + 1) * rootCount));
      opponent.shares(level, row, this.#shares);
      splitDown(views.block, other, this.#shares, visit.node);
      opponent.arrived(visit);
    }
  }

  #tellEarnings(level: number, seat: 0 | 1, own: RowPlay): void {
    if (!own.earned) return;
    const { views, ours } = this.#street(level);
    const { leafNode, leafLane, laneCount } = views.block;
    const visit = this.#visit;
    visit.level = level;
    visit.hand = -1;
    for (let row = 0; row < ours.walk.length; row++) {
      if (ours.walk[row] !== this.#walk) continue;
      visit.row = row;
      visit.weight = 1;
      const at = row * laneCount;
      for (let leaf = 0; leaf < leafNode.length; leaf++) visit.node[leafNode[leaf]] = ours.sums[at + leafLane[leaf]];
      own.shares(level, row, this.#shares);
      liftUp(views.block, seat, this.#shares, visit.node);
      own.earned(visit);
    }
  }
}
