import type { PotLimitSizing } from "../betting/sizing.js";
import { type HandSet, handCards } from "../game/hand-set.js";
import type { Spot } from "../spot/spot.js";
import { solvedSizes } from "./describe-sizes.js";
import { type FormatCards, type SolvedGame, type SolvedRange, STREET_NAMES } from "./solution.js";

/** The game that was solved, for the reader of the result. */
export function describeGame(spot: Spot, sizing: PotLimitSizing, format: FormatCards): SolvedGame {
  const { state, toAct } = spot.root;
  const board = (index: number): string[] => (spot.boards[index] ?? []).map((card) => format([card]));
  return {
    street: STREET_NAMES[spot.street] ?? "river",
    board: board(0),
    board2: spot.boards.length > 1 ? board(1) : null,
    num_cards: spot.handSize,
    pot: state.pot,
    current_bet: Math.max(0, ...state.bets),
    players: spot.players.map((player, seat) => ({
      player,
      stack: state.stacks[seat],
      street_bet: state.bets[seat],
    })),
    to_act: spot.players[toAct],
    bet_sizes: sizing.fractionsByStreet,
    max_raises: sizing.maxRaisesByStreet,
    ...solvedSizes(spot, sizing),
    ...(state.rake
      ? {
          rake: { percent: state.rake.percent, cap: state.rake.cap, no_flop_no_drop: state.rake.noFlopNoDrop },
        }
      : {}),
  };
}

/** Whether a method that tends to an equilibrium of this many players' zero-sum games does so here. */
export function tendsToEquilibrium({ players, root }: Spot): boolean {
  return players.length === 2 && root.state.rake === undefined;
}

const RAKE_CAVEAT =
  "with rake the players' gains and losses do not cancel (a general-sum game), in which counterfactual regret minimisation promises no equilibrium: how far this answer is from one is measured, with rake, and stands in nash_conv and deviation_gains";

const LOCK_CAVEAT =
  "some play was given (locks): the rest is the answer to it, in the game where that play does not change, and no equilibrium of the game without locks";

/** See {@link Solution.caveats}; empty where there are none. */
export function caveatsOf({ root, locks }: Spot): { readonly caveats?: readonly string[] } {
  const caveats = [...(root.state.rake ? [RAKE_CAVEAT] : []), ...(locks.length > 0 ? [LOCK_CAVEAT] : [])];
  return caveats.length > 0 ? { caveats } : {};
}

/**
 * A range as it was solved.
 *
 * @param format null leaves the list of combos out
 */
export function describeRange(spot: Spot, seat: number, hands: HandSet, format: FormatCards | null): SolvedRange {
  return {
    source: spot.ranges[seat].source,
    read_as: spot.ranges[seat].readAs,
    combos: format ? Array.from({ length: hands.count }, (_, hand) => format(handCards(hands, hand))) : [],
    weights: format ? Array.from(hands.weights, (weight) => Number(weight.toPrecision(6))) : [],
    combos_before_cap: spot.ranges[seat].hands.count,
  };
}

/** Ranges of which only a sample was looked at, one sentence each. */
function drawnRanges({ ranges, players }: Spot): string[] {
  return ranges.flatMap(({ hands, drawnFrom }, seat) =>
    drawnFrom === null
      ? []
      : [`range of player ${players[seat]}: ${hands.count} of its about ${drawnFrom} combos, drawn at random`],
  );
}

/** What was cut from the game asked for, one sentence each. */
export function cutOf(spot: Spot, reductions: readonly string[]): string[] {
  return [...drawnRanges(spot), ...reductions];
}
