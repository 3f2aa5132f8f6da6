import type { BettingNode, DecisionNode, FoldNode } from "../betting/betting-tree.js";
import { foldFactor, type Stakes, showdownFactor, stakesOf } from "../betting/heads-up-stakes.js";
import { LANES } from "../wasm/sweeps.js";

/** A run of lanes (leaf columns of the matrices), padded to whole chunks. */
export interface LaneRun {
  readonly start: number;
  readonly count: number;
}

/** Chunks of lanes that a run takes: what one sweep handles. */
export const chunksOf = ({ count }: LaneRun): number => Math.ceil(count / LANES);

/**
 * One street of a heads-up betting tree, flattened. Several roots: one for each way the street before can end. Nodes
 * are numbered breadth first, so siblings are neighbours and children come after their parents.
 */
export interface StreetBlock {
  readonly street: number;
  readonly rootCount: number;
  readonly nodeCount: number;
  /** The betting-tree node behind each number. */
  readonly nodes: readonly BettingNode[];
  /** Decision nodes, ascending; the arrays below run parallel to it. */
  readonly decisionNode: Int32Array;
  readonly decisionSeat: Uint8Array;
  readonly firstChild: Int32Array;
  readonly actionCount: Uint8Array;
  /** Place of the decision's first action in a hand's row of its seat. */
  readonly rowOffset: Int32Array;
  /** Actions per hand for each seat: length of a row. */
  readonly rowLength: readonly [number, number];
  /** Leaf nodes and the lane each one feeds. */
  readonly leafNode: Int32Array;
  readonly leafLane: Int32Array;
  /** Seat 0's factor for what the lane's evaluation yields; seat 1's is `-factor` for folds and `factor` otherwise. */
  readonly leafFactor: Float64Array;
  readonly leafIsFold: Uint8Array;
  readonly showdown: LaneRun;
  readonly fold: LaneRun;
  readonly chance: LaneRun;
  /** Columns of the lane matrices, a multiple of the chunk size. */
  readonly laneCount: number;
}

const padded = (count: number): number => Math.ceil(count / LANES) * LANES;

function layOut(roots: readonly BettingNode[]): { nodes: BettingNode[]; firstChild: number[] } {
  const nodes = [...roots];
  const firstChild: number[] = [];
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    firstChild.push(nodes.length);
    if (node?.kind === "decision") nodes.push(...node.children);
  }
  return { nodes, firstChild };
}

function compileBlock(street: number, roots: readonly BettingNode[], stakes: Stakes, boards: number): StreetBlock {
  const { nodes, firstChild } = layOut(roots);
  const of = (kind: BettingNode["kind"]): number[] => nodes.flatMap((node, at) => (node.kind === kind ? [at] : []));
  const decisions = of("decision");
  const decisionAt = (at: number): DecisionNode => nodes[at] as DecisionNode;
  const rowLength: [number, number] = [0, 0];
  const rowOffset = decisions.map((at) => {
    const { seat, actions } = decisionAt(at);
    const offset = rowLength[seat];
    rowLength[seat as 0 | 1] = offset + actions.length;
    return offset;
  });
  const [showdowns, folds, chances] = [of("showdown"), of("fold"), of("chance")];
  const foldStart = padded(showdowns.length);
  const chanceStart = foldStart + padded(folds.length);
  return {
    street,
    rootCount: roots.length,
    nodeCount: nodes.length,
    nodes,
    decisionNode: Int32Array.from(decisions),
    decisionSeat: Uint8Array.from(decisions, (at) => decisionAt(at).seat),
    firstChild: Int32Array.from(decisions, (at) => firstChild[at]),
    actionCount: Uint8Array.from(decisions, (at) => decisionAt(at).actions.length),
    rowOffset: Int32Array.from(rowOffset),
    rowLength,
    leafNode: Int32Array.from([...showdowns, ...folds, ...chances]),
    leafLane: Int32Array.from([
      ...showdowns.map((_, index) => index),
      ...folds.map((_, index) => foldStart + index),
      ...chances.map((_, index) => chanceStart + index),
    ]),
    leafFactor: Float64Array.from([
      ...showdowns.map((at) => showdownFactor(nodes[at], stakes) / boards),
      ...folds.map((at) => foldFactor(nodes[at] as FoldNode, stakes)),
      ...chances.map(() => 1),
    ]),
    leafIsFold: Uint8Array.from([...showdowns.map(() => 0), ...folds.map(() => 1), ...chances.map(() => 0)]),
    showdown: { start: 0, count: showdowns.length },
    fold: { start: foldStart, count: folds.length },
    chance: { start: chanceStart, count: chances.length },
    laneCount: Math.max(LANES, chanceStart + padded(chances.length)),
  };
}

/**
 * Flattens a heads-up betting tree into one block a street. Chance lane `i` of a block leads to root `i` of the next.
 *
 * @param boards boards that share the pot equally.
 */
export function compileStreets(root: DecisionNode, boards: number): StreetBlock[] {
  const stakes = stakesOf(root);
  const blocks: StreetBlock[] = [];
  let roots: BettingNode[] = [root];
  for (let street = root.state.street; roots.length > 0; street++) {
    const block = compileBlock(street, roots, stakes, boards);
    blocks.push(block);
    roots = block.nodes.flatMap((node) => (node.kind === "chance" ? [node.child] : []));
  }
  return blocks;
}
