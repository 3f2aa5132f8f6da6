import type { BettingNode, DecisionNode } from "../betting/betting-tree.js";

/** Kinds of nodes in a {@link MultiwayTree}. */
export const NODE = { decision: 0, fold: 1, showdown: 2, chance: 3 } as const;

/** A pot and the seats that play for it; `share` is its part of all chips, `seats` a bit set. */
export interface PotLayer {
  readonly chips: number;
  readonly seats: number;
}

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
}

/**
 * Main and side pots of a showdown. Chips of folded seats, and those that lay in the middle before, belong to the
 * lowest pot their size reaches.
 */
export function potLayers(root: DecisionNode, node: BettingNode): PotLayer[] {
  const { state } = node;
  const seats = state.bets.length;
  const total = Array.from({ length: seats }, (_, seat) => contribution(root, node, seat));
  const dead = root.state.pot - root.state.bets.reduce((sum, bet) => sum + bet, 0);
  const contenders = Array.from({ length: seats }, (_, seat) => seat).filter((seat) => !state.folded[seat]);
  const levels = [...new Set(contenders.map((seat) => total[seat] as number))].sort((a, b) => a - b);
  let below = 0;
  return levels.map((level, index) => {
    const top = index === levels.length - 1 ? Number.POSITIVE_INFINITY : level;
    const chips = total.reduce((sum, of) => sum + Math.max(0, Math.min(of, top) - below), index === 0 ? dead : 0);
    below = level;
    const eligible = contenders.filter((seat) => (total[seat] as number) >= level);
    return { chips, seats: eligible.reduce((mask, seat) => mask | (1 << seat), 0) };
  });
}

function contribution(root: DecisionNode, node: BettingNode, seat: number): number {
  const put = (root.state.stacks[seat] ?? 0) - (node.state.stacks[seat] ?? 0);
  return (root.state.bets[seat] ?? 0) + put;
}

/**
 * Flattens a tree.
 * @param rows rows of a decision's table, by level and seat
 */
export function flattenTree(root: DecisionNode, rows: readonly (readonly number[])[]): MultiwayTree {
  const nodes: BettingNode[] = [root];
  const firstChild: number[] = [];
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at] as BettingNode;
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
    tableLength += (rows[node.state.street - root.state.street]?.[node.seat] ?? 0) * node.actions.length;
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
        Array.from({ length: seats }, (_, seat) => (root.state.stacks[seat] ?? 0) - (node.state.stacks[seat] ?? 0)),
      ),
    ),
    layers: nodes.map((node) => (node.kind === "showdown" ? potLayers(root, node) : null)),
  };
}
