import { dealsSinceEarly, type SampledGame, SUM_SET, tableSet } from "../sampled/sampled-game.js";
import { splitByAverage } from "../vector/hand-pass.js";

type BySeat<T> = readonly [T, T];

/**
 * How much the strategies of the root street are still to change, by class of hands (the hero's is the last, the whole
 * range one more), decision and action: judged by their change since about half of the deals were done, average
 * strategies nearing their limit with the square root of the number of deals.
 */
export class StrategyDrift {
  readonly #game: SampledGame;
  readonly #changes: BySeat<Float64Array>;

  /** @param done deals of each replicate */
  constructor(game: SampledGame, done: number) {
    this.#game = game;
    const change = (seat: 0 | 1): Float64Array => {
      const { sums, early } = tableSet(game, SUM_SET);
      const now = frequencies(game, seat, sums[0][seat]);
      const then = frequencies(game, seat, early[0][seat]);
      const toCome = 1 / Math.max(0.2, Math.sqrt(dealsSinceEarly(done)) - 1);
      return now.map((share, at) => Math.min(1, Math.abs(share - then[at]) * toCome));
    };
    this.#changes = [change(0), change(1)];
  }

  /** @param group a class, or null for the whole range */
  of(seat: 0 | 1, decision: number, action: number, group: number | null): number {
    const [{ rowLength, rowOffset }] = this.#game.blocks;
    const row = group ?? this.#game.classCounts[seat];
    const change = this.#changes[seat][row * rowLength[seat] + rowOffset[decision] + action];
    return Number.isFinite(change) ? change : 0;
  }
}

/** Shares of the actions in each group's play, cards of the opponent left out of account. */
function frequencies(game: SampledGame, seat: 0 | 1, sums: Float32Array): Float64Array {
  const [block] = game.blocks;
  const { decisionNode, decisionSeat, firstChild, actionCount, rowOffset, nodeCount, rowLength } = block;
  const { weights, count } = game.ranges[seat];
  const groups = game.classCounts[seat] + 1;
  const length = rowLength[seat];
  const taken = new Float64Array(groups * length);
  const node = new Float64Array(nodeCount);
  const row = { regrets: sums, sums, at: 0 };
  for (let hand = 0; hand < count; hand++) {
    node[0] = weights[hand];
    row.at = game.rootRows[seat][hand] * length;
    splitByAverage(block, seat, row, node);
    const group = game.classOf[seat][hand] * length;
    for (let decision = 0; decision < decisionNode.length; decision++) {
      if (decisionSeat[decision] !== seat) continue;
      for (let action = 0; action < actionCount[decision]; action++) {
        const at = rowOffset[decision] + action;
        const share = node[firstChild[decision] + action];
        taken[group + at] += share;
        taken[(groups - 1) * length + at] += share;
        if (hand === game.heroes[seat]) taken[(groups - 2) * length + at] += share;
      }
    }
  }
  decisionNode.forEach((_, decision) => {
    if (decisionSeat[decision] !== seat) return;
    for (let group = 0; group < groups; group++) {
      const from = group * length + rowOffset[decision];
      const actions = taken.subarray(from, from + actionCount[decision]);
      const total = actions.reduce((sum, each) => sum + each, 0);
      for (let action = 0; action < actions.length; action++) actions[action] /= total;
    }
  });
  return taken;
}
