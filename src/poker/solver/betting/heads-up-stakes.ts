import { SolverInputError } from "../../errors.js";
import type { BettingState } from "./betting-state.js";
import type { DecisionNode, FoldNode, ShowdownNode } from "./betting-tree.js";
import { rakeAt } from "./rake.js";

/** Amounts of a heads-up game that stay fixed: what each seat's utility is measured against. */
export interface Stakes {
  readonly root: BettingState;
  /** Chips in the middle at the root. */
  readonly pot: number;
  readonly bets: readonly [number, number];
  readonly stacks: readonly [number, number];
  /**
   * Half the uncontested pot plus the seat's own bet at the root. A seat's utility is its chips at the end minus its
   * chips behind at the root; minus this constant the two utilities are opposite, and a tie is worth 0, but for the rake.
   */
  readonly shift: readonly [number, number];
}

/** The stakes of a heads-up root node. */
export function stakesOf(root: DecisionNode): Stakes {
  const { pot, bets, stacks } = root.state;
  const [b0 = 0, b1 = 0] = bets;
  const [s0 = 0, s1 = 0] = stacks;
  if (bets.length !== 2) throw new SolverInputError("the vector solver plays heads-up games only");
  const dead = pot - b0 - b1;
  return { root: root.state, pot, bets: [b0, b1], stacks: [s0, s1], shift: [dead / 2 + b0, dead / 2 + b1] };
}

/** Each seat's utility when a hand ends without a showdown, measured from its shift: opposite but for the winner's rake. */
export function foldFactors(node: FoldNode, stakes: Stakes): readonly [number, number] {
  const put = stakes.stacks[0] - node.state.stacks[0];
  const utility = node.winner === 0 ? node.state.pot - put : -put;
  const first = utility - stakes.shift[0];
  const rake = rakeAt(stakes.root, node);
  return node.winner === 0 ? [first - rake, -first] : [first, -first - rake];
}

/**
 * Half the pot both players contest, after the rake; what one of them put in beyond the other's reach goes back. Winner and
 * loser are that far from {@link showdownBase}.
 */
export function showdownFactor(node: ShowdownNode, stakes: Stakes): number {
  const total = (seat: 0 | 1): number => stakes.bets[seat] + stakes.stacks[seat] - node.state.stacks[seat];
  const dead = stakes.pot - stakes.bets[0] - stakes.bets[1];
  return dead / 2 + Math.min(total(0), total(1)) - rakeAt(stakes.root, node) / 2;
}

/** Either seat's utility when a showdown is a tie, measured from its shift: minus half the rake. */
export function showdownBase(node: ShowdownNode, stakes: Stakes): number {
  return -rakeAt(stakes.root, node) / 2;
}
