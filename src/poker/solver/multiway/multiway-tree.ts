import type { BettingNode, DecisionNode } from "../betting/betting-tree.js";
import { type PotLayer, potLayers } from "../betting/pot-layers.js";
import { rakeAt } from "../betting/rake.js";

/** Kinds of nodes in a {@link MultiwayTree}. */
export const NODE = { decision: 0, fold: 1, showdown: 2, chance: 3 } as const;

/** Actions of a decision, at most: fold, call and six sizes. */
export const MAX_ACTIONS = 8;

/** A betting tree of any number of seats and streets, flattened; siblings are neighbours. */
export interface MultiwayTree {
  readonly seats: number;
  readonly nodes: readonly BettingNode[];
  readonly kind: Uint8Array;
  readonly seat: Uint8Array;
  readonly firstChild: Int32Array;
  readonly actionCount: Uint8Array;
  /** Deals since the root street. */
  readonly level: Uint8Array;
  /** Where a decision's table starts; it has `rows[level][seat] × actionCount` entries. */
  readonly table: Float64Array;
  readonly tableLength: number;
  /** Chips that each seat has put in since the root, `node × seats + seat`. */
  readonly put: Float64Array;
  readonly layers: readonly (readonly PotLayer[] | null)[];
  /** What the house takes of a pot that is won without a showdown, by node. */
  readonly foldRake: Float64Array;
}

/**
 * Flattens a tree.
 * @param rows rows of a decision's table, by level and seat
 */
export function flattenTree(root: DecisionNode, rows: readonly (readonly number[])[]): MultiwayTree {
  const nodes: BettingNode[] = [root];
  const firstChild: number[] = [];
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    firstChild.push(nodes.length);
    if (node.kind === "decision") nodes.push(...node.children);
    else if (node.kind === "chance") nodes.push(node.child);
  }
  const seats = root.state.bets.length;
  const table = new Float64Array(nodes.length);
  let tableLength = 0;
  nodes.forEach((node, at) => {
    if (node.kind !== "decision") return;
    table[at] = tableLength;
    tableLength += rows[node.state.street - root.state.street][node.seat] * node.actions.length;
  });
  return {
    seats,
    nodes,
    kind: Uint8Array.from(nodes, (node) => NODE[node.kind]),
    seat: Uint8Array.from(nodes, (node) => (node.kind === "decision" ? node.seat : 0)),
    firstChild: Int32Array.from(firstChild),
    actionCount: Uint8Array.from(nodes, (node) => (node.kind === "decision" ? node.actions.length : 0)),
    level: Uint8Array.from(nodes, (node) => node.state.street - root.state.street),
    table,
    tableLength,
    put: Float64Array.from(
      nodes.flatMap((node) =>
        Array.from({ length: seats }, (_, seat) => root.state.stacks[seat] - node.state.stacks[seat]),
      ),
    ),
    layers: nodes.map((node) => (node.kind === "showdown" ? potLayers(root, node) : null)),
    foldRake: Float64Array.from(nodes, (node) => (node.kind === "fold" ? rakeAt(root.state, node) : 0)),
  };
}
