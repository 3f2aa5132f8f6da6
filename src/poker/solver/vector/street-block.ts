import type { BettingNode, DecisionNode, FoldNode, ShowdownNode } from "../betting/betting-tree.js";
import { foldFactors, type Stakes, showdownBase, showdownFactor, stakesOf } from "../betting/heads-up-stakes.js";
import { LANES } from "../wasm/sweeps.js";

/** A run of lanes (leaf columns of the matrices), padded to whole chunks. */
export interface LaneRun {
  readonly start: number;
  readonly count: number;
}

/** Chunks of lanes that a run takes: what one sweep handles. */
export const chunksOf = ({ count }: LaneRun): number => Math.ceil(count / LANES);

/** Seat of a branching at which nobody decides: both ways are gone, and their values are added. */
export const NOBODY = 2;

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
  /** Decision nodes, ascending; the arrays below run parallel to it. A raked showdown is one of {@link NOBODY}. */
  readonly decisionNode: Int32Array;
  readonly decisionSeat: Uint8Array;
  readonly firstChild: Int32Array;
  readonly actionCount: Uint8Array;
  /** Place of the decision's first action in a hand's row of its seat. */
  readonly rowOffset: Int32Array;
  /** Actions per hand for each seat: length of a row. */
  readonly rowLength: readonly [number, number];
  /**
   * Leaf nodes and the lane each one feeds. A raked showdown has two: what the better hand wins, and what either pays, which
   * like a fold goes by the hands that are met.
   */
  readonly leafNode: Int32Array;
  readonly leafLane: Int32Array;
  /** By seat: factor for what the lane's evaluation yields. */
  readonly leafFactors: readonly [Float64Array, Float64Array];
  readonly showdown: LaneRun;
  readonly fold: LaneRun;
  readonly chance: LaneRun;
  /** Columns of the lane matrices, a multiple of the chunk size. */
  readonly laneCount: number;
}

const padded = (count: number): number => Math.ceil(count / LANES) * LANES;

/** What a node of a block is: a node of the betting tree, a showdown that splits in two, or the second of these. */
type Role = BettingNode["kind"] | "raked showdown" | "rake";

interface LaidOut {
  readonly nodes: readonly BettingNode[];
  readonly roles: readonly Role[];
  readonly firstChild: readonly number[];
}

function layOut(roots: readonly BettingNode[], stakes: Stakes): LaidOut {
  const raked = (node: BettingNode): boolean => node.kind === "showdown" && showdownBase(node, stakes) < 0;
  const roleOf = (node: BettingNode): Role => (raked(node) ? "raked showdown" : node.kind);
  const nodes = [...roots];
  const roles = roots.map(roleOf);
  const firstChild: number[] = [];
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    firstChild.push(nodes.length);
    if (node.kind === "decision") {
      nodes.push(...node.children);
      roles.push(...node.children.map(roleOf));
    } else if (roles[at] === "raked showdown") {
      nodes.push(node, node);
      roles.push("showdown", "rake");
    }
  }
  return { nodes, roles, firstChild };
}

interface Decisions {
  readonly nodes: readonly number[];
  readonly seats: readonly number[];
  readonly actions: readonly number[];
  readonly rowOffset: readonly number[];
  readonly rowLength: readonly [number, number];
}

function decisionsOf({ nodes, roles }: LaidOut): Decisions {
  const found = roles.flatMap((role, at) => (role === "decision" || role === "raked showdown" ? [at] : []));
  const seatAt = (at: number): number => (roles[at] === "decision" ? (nodes[at] as DecisionNode).seat : NOBODY);
  const actionsAt = (at: number): number => (roles[at] === "decision" ? (nodes[at] as DecisionNode).actions.length : 2);
  const rowLength: [number, number] = [0, 0];
  const rowOffset = found.map((at) => {
    const seat = seatAt(at);
    if (seat === NOBODY) return 0;
    const offset = rowLength[seat];
    rowLength[seat as 0 | 1] = offset + actionsAt(at);
    return offset;
  });
  return { nodes: found, seats: found.map(seatAt), actions: found.map(actionsAt), rowOffset, rowLength };
}

function compileBlock(street: number, roots: readonly BettingNode[], stakes: Stakes, boards: number): StreetBlock {
  const laidOut = layOut(roots, stakes);
  const { nodes, roles, firstChild } = laidOut;
  const decisions = decisionsOf(laidOut);
  const of = (wanted: Role): number[] => roles.flatMap((role, at) => (role === wanted ? [at] : []));
  const [showdowns, folds, rakes, chances] = [of("showdown"), of("fold"), of("rake"), of("chance")];
  const foldStart = padded(showdowns.length);
  const chanceStart = foldStart + padded(folds.length + rakes.length);
  const factorsOf = (seat: 0 | 1): Float64Array =>
    Float64Array.from([
      ...showdowns.map((at) => showdownFactor(nodes[at] as ShowdownNode, stakes) / boards),
      ...folds.map((at) => foldFactors(nodes[at] as FoldNode, stakes)[seat]),
      ...rakes.map((at) => showdownBase(nodes[at] as ShowdownNode, stakes)),
      ...chances.map(() => 1),
    ]);
  return {
    street,
    rootCount: roots.length,
    nodeCount: nodes.length,
    nodes,
    decisionNode: Int32Array.from(decisions.nodes),
    decisionSeat: Uint8Array.from(decisions.seats),
    firstChild: Int32Array.from(decisions.nodes, (at) => firstChild[at]),
    actionCount: Uint8Array.from(decisions.actions),
    rowOffset: Int32Array.from(decisions.rowOffset),
    rowLength: decisions.rowLength,
    leafNode: Int32Array.from([...showdowns, ...folds, ...rakes, ...chances]),
    leafLane: Int32Array.from([
      ...showdowns.map((_, index) => index),
      ...[...folds, ...rakes].map((_, index) => foldStart + index),
      ...chances.map((_, index) => chanceStart + index),
    ]),
    leafFactors: [factorsOf(0), factorsOf(1)],
    showdown: { start: 0, count: showdowns.length },
    fold: { start: foldStart, count: folds.length + rakes.length },
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
