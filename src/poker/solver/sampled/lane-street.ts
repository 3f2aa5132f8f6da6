import type { WalkBlock } from "../vector/shared-game.js";
import type { StreetViews } from "../vector/street-views.js";

/** What hands of one row do on a later street, the same for all of them and for all runouts of a walk. */
export interface RowLanes {
  /** Walk that the rows below were filled in by. */
  readonly walk: Int32Array;
  /** Probability that the row's own actions lead from a lane's root to the lane. */
  readonly shares: Float64Array;
  /** Summed by root (the opponent's reach) or by lane (the seat's values). */
  readonly sums: Float64Array;
  /** Weight of the row's hands. */
  readonly weights: Float64Array;
}

/** A later street of the tree, lane by lane. */
export interface LaneStreet {
  readonly views: StreetViews;
  readonly rootOfLane: Int32Array;
  /** By seat: factor for what a lane's sweep yields. */
  readonly factors: readonly [Float64Array, Float64Array];
  readonly theirs: RowLanes;
  readonly ours: RowLanes;
}

/** Walkers that a thread has at most: that of its deals and, while best answers are looked for, one for either half. */
const WALKERS = 3;

/**
 * Bytes of the later streets of a thread's walkers.
 *
 * @param rowCounts rows by level and seat
 */
export function laneBytes(
  blocks: readonly Pick<WalkBlock, "laneCount" | "rootCount">[],
  rowCounts: readonly (readonly [number, number])[],
): number {
  const later = blocks.slice(1).map(({ laneCount, rootCount }, index) => {
    const rows = Math.max(...rowCounts[index + 1]);
    return rows * (3 * laneCount + rootCount + 3) * 8;
  });
  return WALKERS * later.reduce((sum, bytes) => sum + bytes, 0);
}

/** @param rows rows of either seat on the street */
export function laneStreet(views: StreetViews, rows: number): LaneStreet {
  const { block } = views;
  const { leafNode, leafLane, leafFactors, laneCount, rootCount } = block;
  const rootOfNode = new Int32Array(block.nodeCount);
  for (let root = 0; root < rootCount; root++) rootOfNode[root] = root;
  block.decisionNode.forEach((at, decision) => {
    const from = block.firstChild[decision];
    rootOfNode.fill(rootOfNode[at], from, from + block.actionCount[decision]);
  });
  // Lanes that fill up a chunk lead nowhere: their shares stay 0.
  const rootOfLane = new Int32Array(laneCount);
  const factors = [new Float64Array(laneCount), new Float64Array(laneCount)] as const;
  leafLane.forEach((lane, leaf) => {
    rootOfLane[lane] = rootOfNode[leafNode[leaf]];
    for (const seat of [0, 1] as const) factors[seat][lane] = leafFactors[seat][leaf];
  });
  const lanes = (sums: number): RowLanes => ({
    walk: new Int32Array(rows),
    shares: new Float64Array(rows * laneCount),
    sums: new Float64Array(rows * sums),
    weights: new Float64Array(rows),
  });
  return { views, rootOfLane, factors, theirs: lanes(rootCount), ours: lanes(laneCount) };
}
