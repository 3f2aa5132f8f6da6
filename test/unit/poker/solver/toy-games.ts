import type { BettingState } from "../../../../src/poker/solver/betting/betting-state.js";
import { buildBettingTree } from "../../../../src/poker/solver/betting/betting-tree.js";
import type { Sizing } from "../../../../src/poker/solver/betting/sizing.js";
import type { DealModel } from "../../../../src/poker/solver/game/deal-model.js";
import { createHandSet, type HandSet } from "../../../../src/poker/solver/game/hand-set.js";
import type { HeadsUpGame } from "../../../../src/poker/solver/vector/heads-up-game.js";

/** A fresh street with nothing bet. */
export function freshState(street: number, pot: number, stacks: readonly number[]): BettingState {
  const seats = stacks.length;
  return {
    street,
    pot,
    bets: new Array<number>(seats).fill(0),
    stacks,
    folded: new Array<boolean>(seats).fill(false),
    pending: new Array<boolean>(seats).fill(true),
    actedLevel: new Array<number>(seats).fill(-1),
    minRaise: 0,
    raises: 0,
    scale: 1e6,
  };
}

export function potLimit(fractions: readonly number[], maxRaises: number): Sizing {
  return { kind: "pot-limit", fractionsByStreet: [fractions], maxRaisesByStreet: [maxRaises], bettingStreets: 4 };
}

/** The deal of a game whose hands win by rank alone, whatever the board. */
function staticDeal(deckSize: number, rank: (card: number) => number): DealModel {
  return {
    deckSize,
    boards: [[]],
    strengths: (hands) =>
      Uint16Array.from({ length: hands.count }, (_, hand) => rank(hands.cards[hand * hands.k] as number)),
  };
}

function repeated(cards: readonly number[], weights?: readonly number[]): HandSet {
  return createHandSet(
    cards.map((card) => [card]),
    weights,
  );
}

/** Kuhn poker: three cards, ante 1, bet 1. */
export function kuhn(): HeadsUpGame {
  const sizing: Sizing = { kind: "fixed-limit", betByStreet: [1], maxRaisesByStreet: [0] };
  const tree = buildBettingTree(freshState(0, 2, [1, 1]), 0, { sizing, lastStreet: 0, minBet: 1 });
  const hands = repeated([0, 1, 2]);
  return { tree, hands: [hands, hands], deal: staticDeal(3, (card) => card) };
}

/** The AKQ half-street game: one card each of three, pot `pot`, the second player may bet 1, the first call. */
export function akq(pot: number): HeadsUpGame {
  const fresh = freshState(3, pot, [1, 1]);
  const checked = { ...fresh, pending: [false, true], actedLevel: [0, -1] };
  const sizing: Sizing = { kind: "fixed-limit", betByStreet: [1], maxRaisesByStreet: [0] };
  const hands = repeated([0, 1, 2]);
  const tree = buildBettingTree(checked, 1, { sizing, lastStreet: 3, minBet: 1 });
  return { tree, hands: [hands, hands], deal: staticDeal(3, (card) => card) };
}

/** Leduc hold'em: two suits of three ranks, ante 1, bets of 2 and 4, one raise, one board card. */
export function leduc(): HeadsUpGame {
  const sizing: Sizing = { kind: "fixed-limit", betByStreet: [2, 4], maxRaisesByStreet: [1, 1] };
  const tree = buildBettingTree(freshState(0, 2, [13, 13]), 0, { sizing, lastStreet: 1, minBet: 2 });
  const hands = repeated([0, 1, 2, 3, 4, 5]);
  const deal: DealModel = {
    deckSize: 6,
    boards: [[]],
    strengths: (set, board) =>
      Uint16Array.from({ length: set.count }, (_, hand) => {
        const rank = (set.cards[hand] as number) >> 1;
        return rank === (board[0] as number) >> 1 ? 10 + rank : rank;
      }),
  };
  return { tree, hands: [hands, hands], deal };
}

/**
 * A polarised player (winning hands and air) against a player whose hands beat only the air, on one or two streets.
 * Each hand is a card of its own, so nothing is blocked; further cards are blanks to deal.
 *
 * @param value number of winning hands of 100
 */
export function polarised(value: number, pot: number, size: number, streets: 1 | 2): HeadsUpGame {
  const sizing = potLimit([size], 0);
  const stack = streets === 1 ? pot * size : pot * size + pot * (1 + 2 * size) * size;
  const tree = buildBettingTree(freshState(4 - streets, pot, [stack, stack]), 0, { sizing, lastStreet: 3, minBet: 0 });
  // Card 0 wins, card 1 is air, card 2 lies between them; the rest are blanks, so many that a dealt 0 or 1 is rare.
  const deal = staticDeal(64, (card) => [2, 0, 1][card] ?? 0);
  return { tree, hands: [repeated([0, 1], [value, 100 - value]), repeated([2])], deal };
}
