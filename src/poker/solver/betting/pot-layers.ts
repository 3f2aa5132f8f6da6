import type { DecisionNode, ShowdownNode } from "./betting-tree.js";
import { rakeAt, uncalledChips } from "./rake.js";

/** A pot and the seats that play for it; `seats` is a bit set. */
export interface PotLayer {
  readonly chips: number;
  readonly seats: number;
}

/**
 * Main and side pots of a showdown. Chips of folded seats, and those that lay in the middle before, belong to the
 * lowest pot their size reaches. The rake is taken of all pots in proportion; what nobody has called is none of them.
 */
export function potLayers(root: DecisionNode, node: ShowdownNode): PotLayer[] {
  const { state } = node;
  const seats = state.bets.length;
  const total = Array.from({ length: seats }, (_, seat) => contribution(root, node, seat));
  const dead = root.state.pot - root.state.bets.reduce((sum, bet) => sum + bet, 0);
  const contenders = Array.from({ length: seats }, (_, seat) => seat).filter((seat) => !state.folded[seat]);
  const levels = [...new Set(contenders.map((seat) => total[seat]))].sort((a, b) => a - b);
  const rake = rakeAt(root.state, node);
  const uncalled = rake > 0 ? uncalledChips(root.state, state) : 0;
  const kept = rake > 0 ? 1 - rake / (state.pot - uncalled) : 1;
  let below = 0;
  return levels.map((level, index) => {
    const top = index === levels.length - 1 ? Number.POSITIVE_INFINITY : level;
    const chips = total.reduce((sum, of) => sum + Math.max(0, Math.min(of, top) - below), index === 0 ? dead : 0);
    below = level;
    const eligible = contenders.filter((seat) => total[seat] >= level);
    const back = index === levels.length - 1 ? uncalled : 0;
    return {
      chips: rake > 0 ? (chips - back) * kept + back : chips,
      seats: eligible.reduce((mask, seat) => mask | (1 << seat), 0),
    };
  });
}

function contribution(root: DecisionNode, node: ShowdownNode, seat: number): number {
  const put = root.state.stacks[seat] - node.state.stacks[seat];
  return root.state.bets[seat] + put;
}
