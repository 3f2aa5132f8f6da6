import type { WalkBlock } from "../vector/shared-game.js";

/**
 * What the hands of a row do on one street. A row's `shares` are the probabilities of its seat's actions, a number for
 * each action of the row; `node` holds one number for each node of the block.
 */

/** Shares by regret matching. */
export function sharesByRegret(
  block: WalkBlock,
  seat: number,
  regrets: Float32Array,
  at: number,
  shares: Float64Array,
): void {
  const { decisionSeat, actionCount, rowOffset } = block;
  for (let d = 0; d < decisionSeat.length; d++) {
    if (decisionSeat[d] === seat) matchRegrets(regrets, at + rowOffset[d], actionCount[d], shares, rowOffset[d]);
  }
}

/**
 * Shares of average play.
 *
 * @param least sum of a decision up to which the row hardly ever comes there, so that it goes on by its regrets
 */
export function sharesOnAverage(
  block: WalkBlock,
  seat: number,
  tables: { readonly regrets: Float32Array; readonly sums: Float32Array },
  at: number,
  least: number,
  shares: Float64Array,
): void {
  const { decisionSeat, actionCount, rowOffset } = block;
  const { regrets, sums } = tables;
  for (let d = 0; d < decisionSeat.length; d++) {
    if (decisionSeat[d] !== seat) continue;
    const offset = rowOffset[d];
    const from = at + offset;
    const actions = actionCount[d];
    let total = 0;
    for (let a = 0; a < actions; a++) total += sums[from + a];
    if (total > least) for (let a = 0; a < actions; a++) shares[offset + a] = sums[from + a] / total;
    else if (least > 0) matchRegrets(regrets, from, actions, shares, offset);
    else shares.fill(1 / actions, offset, offset + actions);
  }
}

function matchRegrets(
  regrets: Float32Array,
  from: number,
  actions: number,
  shares: Float64Array,
  offset: number,
): void {
  let positive = 0;
  for (let a = 0; a < actions; a++) {
    const regret = regrets[from + a];
    if (regret > 0) positive += regret;
  }
  if (positive === 0) {
    for (let a = 0; a < actions; a++) shares[offset + a] = 1 / actions;
    return;
  }
  for (let a = 0; a < actions; a++) {
    const regret = regrets[from + a];
    shares[offset + a] = regret > 0 ? regret / positive : 0;
  }
}

/** Splits what stands at the block's roots over its nodes: the seat's actions take their shares, the other's all. */
export function splitDown(block: WalkBlock, seat: number, shares: Float64Array, node: Float64Array): void {
  const { decisionNode, decisionSeat, firstChild, actionCount, rowOffset } = block;
  for (let d = 0; d < decisionNode.length; d++) {
    const reach = node[decisionNode[d]];
    const child = firstChild[d];
    const actions = actionCount[d];
    if (decisionSeat[d] !== seat) for (let a = 0; a < actions; a++) node[child + a] = reach;
    else for (let a = 0; a < actions; a++) node[child + a] = reach * shares[rowOffset[d] + a];
  }
}

/** Takes the leaves' values up to the roots: the seat's actions count by their shares, the other's all. */
export function liftUp(block: WalkBlock, seat: number, shares: Float64Array, node: Float64Array): void {
  const { decisionNode, decisionSeat, firstChild, actionCount, rowOffset } = block;
  for (let d = decisionNode.length - 1; d >= 0; d--) {
    const child = firstChild[d];
    const actions = actionCount[d];
    let value = 0;
    if (decisionSeat[d] !== seat) for (let a = 0; a < actions; a++) value += node[child + a];
    else for (let a = 0; a < actions; a++) value += shares[rowOffset[d] + a] * node[child + a];
    node[decisionNode[d]] = value;
  }
}

/** Adds what the nodes were split into to the strategy sums of a row at `at`. */
export function addToSums(
  block: WalkBlock,
  seat: number,
  sums: Float32Array,
  at: number,
  weight: number,
  node: Float64Array,
): void {
  const { decisionSeat, firstChild, actionCount, rowOffset } = block;
  for (let d = 0; d < decisionSeat.length; d++) {
    if (decisionSeat[d] !== seat) continue;
    const from = at + rowOffset[d];
    for (let a = 0; a < actionCount[d]; a++) sums[from + a] += weight * node[firstChild[d] + a];
  }
}

/** Adds what each action would win beyond the row's play, from values that were taken up, at `at`. */
export function addRegrets(
  block: WalkBlock,
  seat: number,
  deltas: Float32Array,
  at: number,
  weight: number,
  node: Float64Array,
): void {
  const { decisionNode, decisionSeat, firstChild, actionCount, rowOffset } = block;
  for (let d = 0; d < decisionNode.length; d++) {
    if (decisionSeat[d] !== seat) continue;
    const from = at + rowOffset[d];
    const value = node[decisionNode[d]];
    for (let a = 0; a < actionCount[d]; a++) deltas[from + a] += weight * (node[firstChild[d] + a] - value);
  }
}
