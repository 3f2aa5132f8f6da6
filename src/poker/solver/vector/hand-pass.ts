import type { WalkBlock } from "./shared-game.js";

/**
 * The betting tree of one street walked for a single hand: the inner loops of the solver. `node` holds one number for
 * each node of the block; the roots' numbers stand in it before a down pass, the leaves' before an up pass.
 * Source: vector-form counterfactual regret minimisation (Johanson et al. 2011), discounted (Brown & Sandholm 2019).
 */

/** Which of a seat's tables hold this hand's row, and where. */
export interface RowRef {
  regrets: Float32Array;
  sums: Float32Array;
  /** Index of the hand's row. */
  at: number;
}

/** Average strategy of the opponent's hand: splits reach over its actions. */
export function splitByAverage(block: WalkBlock, seat: number, row: RowRef, node: Float64Array): void {
  const { decisionNode, decisionSeat, firstChild, actionCount, rowOffset } = block;
  const { sums } = row;
  for (let d = 0; d < decisionNode.length; d++) {
    const reach = node[decisionNode[d]];
    const child = firstChild[d];
    const actions = actionCount[d];
    if (decisionSeat[d] !== seat || reach === 0) {
      for (let a = 0; a < actions; a++) node[child + a] = reach;
      continue;
    }
    const at = row.at + rowOffset[d];
    let total = 0;
    for (let a = 0; a < actions; a++) total += sums[at + a];
    const scale = total > 0 ? reach / total : 0;
    const even = reach / actions;
    for (let a = 0; a < actions; a++) node[child + a] = total > 0 ? sums[at + a] * scale : even;
  }
}

/**
 * Values upward when the hand always takes its best action.
 *
 * @param fixed decisions at which the hand plays its average strategy instead; null: none
 */
export function chooseBest(
  block: WalkBlock,
  seat: number,
  node: Float64Array,
  fixed: Int32Array | null = null,
  row: RowRef | null = null,
): void {
  const { decisionNode, decisionSeat, firstChild, actionCount } = block;
  for (let d = decisionNode.length - 1; d >= 0; d--) {
    const child = firstChild[d];
    const actions = actionCount[d];
    let value = node[child];
    if (decisionSeat[d] !== seat) {
      for (let a = 1; a < actions; a++) value += node[child + a];
    } else if (row && fixed?.includes(d)) {
      value = averageValue(block, d, row, node);
    } else {
      for (let a = 1; a < actions; a++) value = Math.max(value, node[child + a]);
    }
    node[decisionNode[d]] = value;
  }
}

/** What a decision is worth by average play. */
function averageValue(
  { firstChild, actionCount, rowOffset }: WalkBlock,
  d: number,
  row: RowRef,
  node: Float64Array,
): number {
  const at = row.at + rowOffset[d];
  let value = 0;
  let total = 0;
  for (let a = 0; a < actionCount[d]; a++) {
    value += row.sums[at + a] * node[firstChild[d] + a];
    total += row.sums[at + a];
  }
  return value / total;
}

/**
 * Values upward when the hand plays its average strategy.
 *
 * @param least strategy sum below which the hand is taken never to come to a decision; it goes on with its best action
 *   there, for what is on record is no play. 0: it goes on evenly where nothing is on record.
 */
export function playAverage(block: WalkBlock, seat: number, row: RowRef, node: Float64Array, least: number): void {
  const { decisionNode, decisionSeat, firstChild, actionCount, rowOffset } = block;
  const { sums } = row;
  for (let d = decisionNode.length - 1; d >= 0; d--) {
    const child = firstChild[d];
    const actions = actionCount[d];
    let value = 0;
    let plain = 0;
    let best = Number.NEGATIVE_INFINITY;
    let total = 0;
    const at = row.at + rowOffset[d];
    for (let a = 0; a < actions; a++) {
      const of = node[child + a];
      plain += of;
      if (decisionSeat[d] !== seat) continue;
      best = Math.max(best, of);
      const sum = sums[at + a];
      total += sum;
      value += sum * of;
    }
    if (decisionSeat[d] !== seat) node[decisionNode[d]] = plain;
    else if (total < least) node[decisionNode[d]] = best;
    else node[decisionNode[d]] = total > 0 ? value / total : plain / actions;
  }
}
