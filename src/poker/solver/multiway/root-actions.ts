import type { MultiwayState } from "./multiway-state.js";
import type { RootStreet } from "./root-street.js";

/** What each action of the root is worth to one hand. */
export interface ActionMeans {
  /** Chips at the end minus chips behind at the root, by action; NaN without a deal. */
  readonly chips: Float64Array;
  readonly standardErrors: Float64Array;
}

/**
 * What the root's actions are worth to hand number `hand` of the seat that acts there: every deal is played out once
 * for each action, which costs little where trees are large.
 */
export function sampleRootActions(state: MultiwayState, street: RootStreet, hand: number, deals: number): ActionMeans {
  const { tree } = state;
  const seat = tree.seat[0] as number;
  const first = tree.firstChild[0] as number;
  const sums = new Float64Array(tree.actionCount[0] as number);
  const squares = new Float64Array(sums.length);
  let dealt = 0;
  for (let deal = 0; deal < deals; deal++) {
    if (!state.dealWith(seat, hand)) continue;
    dealt++;
    for (let action = 0; action < sums.length; action++) {
      const chips = street.leafChips(first + action, seat);
      sums[action] = (sums[action] as number) + chips;
      squares[action] = (squares[action] as number) + chips * chips;
    }
  }
  const chips = sums.map((sum) => sum / dealt);
  const standardErrors = squares.map((square, action) =>
    Math.sqrt(Math.max(0, square / dealt - (chips[action] as number) ** 2) / dealt),
  );
  return { chips, standardErrors };
}
