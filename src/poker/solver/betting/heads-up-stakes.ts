import { SolverInputError } from "../../errors.js";
import type { BettingNode, DecisionNode, FoldNode } from "./betting-tree.js";

/** Amounts of a heads-up game that stay fixed: what each seat's utility is measured against. */
export interface Stakes {
  /** Chips in the middle at the root. */
  readonly pot: number;
  readonly bets: readonly [number, number];
  readonly stacks: readonly [number, number];
  /**
   * Half the uncontested pot plus the seat's own bet at the root. A seat's utility is its chips at the end minus its
   * chips behind at the root; minus this constant the two utilities are opposite, and a tie is worth 0.
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
  return { pot, bets: [b0, b1], stacks: [s0, s1], shift: [dead / 2 + b0, dead / 2 + b1] };
}

/** Seat 0's utility when a hand ends without a showdown, measured from its shift. */
export function foldFactor(node: FoldNode, stakes: Stakes): number {
  const put = stakes.stacks[0] - node.state.stacks[0];
  const utility = node.winner === 0 ? node.state.pot - put : -put;
  return utility - stakes.shift[0];
}

/** Half the pot both players contest; what one of them put in beyond the other's reach goes back. */
export function showdownFactor(node: BettingNode, stakes: Stakes): number {
  const total = (seat: 0 | 1): number => stakes.bets[seat] + stakes.stacks[seat] - node.state.stacks[seat];
  const dead = stakes.pot - stakes.bets[0] - stakes.bets[1];
  return dead / 2 + Math.min(total(0), total(1));
}
