import type { DecisionNode } from "../betting/betting-tree.js";
import { dealCount } from "../game/deal-model.js";
import type { StreetBlock } from "../vector/street-block.js";
import type { VectorSolver } from "../vector/vector-solver.js";

/** Average play at one decision, hand by hand. Arrays are indexed by hand of the acting seat. */
export interface DecisionPlay {
  readonly node: DecisionNode;
  /** Probability of each action, by action; of hands that never come here, the action that is best. */
  readonly strategy: readonly Float64Array[];
  /**
   * Expected chips at the end minus chips behind at this node, by action; NaN where no opponent can be met. Where the
   * hand does not come to by average play, it goes on as is best against the opponent's.
   */
  readonly values: readonly Float64Array[];
  /** How often the hand is here: its own reach times the compatible reach of the opponent. */
  readonly weights: Float64Array;
  /** Probability that the game comes here. */
  readonly probability: number;
  /** Chips that the house is expected to take of a game that comes here, by average play. */
  readonly rake: number;
  /** 1 for each hand that is locked here; null where none is. */
  readonly locked: Uint8Array | null;
}

type SeatNodes = readonly [readonly Float64Array[], readonly Float64Array[]];

/**
 * One street of the solved game on one runout, under average play: reach and value of every node for every hand.
 * `deals` are the numbers of the deals since the root street.
 */
export class StreetSnapshot {
  readonly block: StreetBlock;
  readonly #solver: VectorSolver;
  readonly #level: number;
  readonly #path: number;
  readonly #reach: SeatNodes;
  readonly #values: SeatNodes;
  /** By seat, of average play to the end; null without rake. */
  readonly #played: SeatNodes | null;
  readonly #ways: number;
  readonly #decisionOf = new Map<number, number>();

  constructor(solver: VectorSolver, deals: readonly number[]) {
    const block = solver.blocks[deals.length];
    if (!block) throw new RangeError(`the game has no street after ${deals.length} deals`);
    this.block = block;
    this.#solver = solver;
    this.#level = deals.length;
    const { remaining, boards, hands } = solver.shared;
    this.#path = solver.pathOf(deals);
    const held = hands[0].k + hands[1].k;
    this.#ways = deals.reduce((ways, _, step) => ways * dealCount(remaining.length - step * boards - held, boards), 1);
    block.decisionNode.forEach((node, decision) => {
      this.#decisionOf.set(node, decision);
    });
    const both = <T>(of: (seat: 0 | 1) => T): [T, T] => [of(0), of(1)];
    const reach: [Float64Array[], Float64Array[]] = [[], []];
    const probe = (seat: 0 | 1, mode: "continue" | "average"): Float64Array[] => {
      const probed = solver.probe(seat, deals, mode);
      const { laneCount, leafLane, leafFactors } = block;
      const opponent = seat === 0 ? 1 : 0;
      if (mode === "continue") reach[opponent] = this.#gather(opponent, probed.reach);
      const leafValue = (leaf: number, hand: number): number =>
        probed.values[hand * laneCount + leafLane[leaf]] * leafFactors[seat][leaf];
      return this.#rise(seat, leafValue, mode);
    };
    this.#values = both((seat) => probe(seat, "continue"));
    this.#played = solver.raked ? both((seat) => probe(seat, "average")) : null;
    this.#reach = reach;
  }

  /** Number of the node in the block that a betting-tree node of this street has. */
  nodeOf(node: DecisionNode): number {
    return this.block.nodes.indexOf(node);
  }

  /** Average play of the acting seat at decision node number `at`. */
  decision(at: number): DecisionPlay {
    const node = this.block.nodes[at] as DecisionNode;
    const decision = this.#decisionOf.get(at);
    if (decision === undefined) throw new RangeError(`node ${at} is not a decision`);
    const seat = node.seat as 0 | 1;
    const solver = this.#solver;
    const { stakes } = solver;
    const child = this.block.firstChild[decision];
    const put = stakes.stacks[seat] - node.state.stacks[seat];
    const own = this.#reach[seat][at];
    const met = solver.removal.compatible(seat, this.#reach[seat === 0 ? 1 : 0][at]);
    const values = node.actions.map((_, action) =>
      this.#values[seat][child + action].map((value, hand) => {
        const opponents = met[hand];
        return opponents > solver.pairWeight * 1e-12 ? value / opponents + stakes.shift[seat] + put : Number.NaN;
      }),
    );
    const weights = own.map((reach, hand) => Math.max(0, reach * met[hand]));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const { strategy, onRecord } = this.#strategy(seat, decision);
    onRecord.forEach((sum, hand) => {
      if (sum > 0) return;
      const best = this.#bestAction(values, hand);
      strategy.forEach((column, action) => {
        column[hand] = best < 0 ? 1 / strategy.length : action === best ? 1 : 0;
      });
    });
    return {
      node,
      strategy,
      values,
      weights,
      probability: total / solver.pairWeight / this.#ways,
      rake: total > 0 ? this.#rake(at) / total : 0,
      locked: solver.lockedAt(this.#level, this.#path, decision),
    };
  }

  /** What the house takes below a node, times the weight of the pairs of hands that come there. */
  #rake(at: number): number {
    let kept = 0;
    this.#played?.forEach((nodes, seat) => {
      const reach = this.#reach[seat === 0 ? 0 : 1][at];
      nodes[at].forEach((value, hand) => {
        kept += value * reach[hand];
      });
    });
    return 0 - kept;
  }

  /** The action of the highest value; -1 where there are none. */
  #bestAction(values: readonly Float64Array[], hand: number): number {
    let best = -1;
    values.forEach((column, action) => {
      if (!Number.isNaN(column[hand]) && (best < 0 || column[hand] > values[best][hand])) best = action;
    });
    return best;
  }

  /** A seat's average strategy at a decision, and the strategy sum of each hand that it stems from. */
  #strategy(seat: 0 | 1, decision: number): { readonly strategy: Float64Array[]; readonly onRecord: Float64Array } {
    const { block } = this;
    const { count } = this.#solver.game.hands[seat];
    const actions = block.actionCount[decision];
    const sums = this.#solver.sums(this.#level, this.#path, decision);
    const strategy = Array.from({ length: actions }, () => new Float64Array(count));
    const onRecord = new Float64Array(count);
    for (let hand = 0; hand < count; hand++) {
      const at = hand * actions;
      let total = 0;
      for (let action = 0; action < actions; action++) total += sums[at + action];
      onRecord[hand] = total;
      strategy.forEach((column, action) => {
        column[hand] = total > 0 ? sums[at + action] / total : 1 / actions;
      });
    }
    return { strategy, onRecord };
  }

  /** Reach of every node from that of the leaves: what comes in goes out by one of the seat's actions. */
  #gather(seat: 0 | 1, matrix: Float64Array): Float64Array[] {
    const { block } = this;
    const { count } = this.#solver.game.hands[seat];
    const nodes = Array.from({ length: block.nodeCount }, () => new Float64Array(count));
    block.leafNode.forEach((node, leaf) => {
      const lane = block.leafLane[leaf];
      nodes[node].forEach((_, hand, column) => {
        column[hand] = matrix[hand * block.laneCount + lane];
      });
    });
    for (let decision = block.decisionNode.length - 1; decision >= 0; decision--) {
      const into = nodes[block.decisionNode[decision]];
      const first = block.firstChild[decision];
      const ways = block.decisionSeat[decision] === seat ? block.actionCount[decision] : 1;
      for (let action = 0; action < ways; action++) {
        const from = nodes[first + action];
        for (let hand = 0; hand < count; hand++) into[hand] += from[hand];
      }
    }
    return nodes;
  }

  /**
   * Value of every node from that of the leaves: the seat mixes by its strategy where the hand comes to, and goes on with
   * its best action elsewhere ("continue"), or its strategy everywhere; the opponent's reach is in the values.
   */
  #rise(seat: 0 | 1, leafValue: (leaf: number, hand: number) => number, mode: "continue" | "average"): Float64Array[] {
    const { block } = this;
    const { count } = this.#solver.game.hands[seat];
    const nodes = Array.from({ length: block.nodeCount }, () => new Float64Array(count));
    block.leafNode.forEach((node, leaf) => {
      const column = nodes[node];
      for (let hand = 0; hand < count; hand++) column[hand] = leafValue(leaf, hand);
    });
    for (let decision = block.decisionNode.length - 1; decision >= 0; decision--) {
      const into = nodes[block.decisionNode[decision]];
      const first = block.firstChild[decision];
      const children = nodes.slice(first, first + block.actionCount[decision]);
      if (block.decisionSeat[decision] !== seat) {
        for (const from of children) for (let hand = 0; hand < count; hand++) into[hand] += from[hand];
        continue;
      }
      const { strategy, onRecord } = this.#strategy(seat, decision);
      for (let hand = 0; hand < count; hand++) {
        const comes = mode === "average" || onRecord[hand] >= this.#solver.leastSum(seat, hand);
        into[hand] = comes
          ? children.reduce((sum, from, action) => sum + from[hand] * strategy[action][hand], 0)
          : children.reduce((best, from) => Math.max(best, from[hand]), Number.NEGATIVE_INFINITY);
      }
    }
    return nodes;
  }
}
