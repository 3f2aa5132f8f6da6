import type { BettingState } from "./betting-state.js";
import type { FoldNode, ShowdownNode } from "./betting-tree.js";

/**
 * Chips of the largest bet that nobody has called: they go back, and are no part of a pot.
 *
 * @param root state that `state` came from
 */
export function uncalledChips(root: BettingState, state: BettingState): number {
  const totals = root.bets.map((bet, seat) => bet + root.stacks[seat] - state.stacks[seat]);
  totals.push(root.rake?.foldedBet ?? 0);
  totals.sort((a, b) => b - a);
  return totals[0] - totals[1];
}

/** Chips that the house takes where a hand ends; 0 at a table without rake. */
export function rakeAt(root: BettingState, { kind, state }: FoldNode | ShowdownNode): number {
  const { rake } = root;
  if (!rake || (kind === "fold" && state.street === 0 && rake.noFlopNoDrop)) return 0;
  const taken = (rake.percent / 100) * (state.pot - uncalledChips(root, state));
  return rake.cap === null ? taken : Math.min(rake.cap, taken);
}
