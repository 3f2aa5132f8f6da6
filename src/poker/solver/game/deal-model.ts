import { DECK_SIZE } from "../../cards.js";
import { OmahaEvaluator } from "../../evaluator/omaha.js";
import { type EvaluatorTables, evaluatorTables } from "../../evaluator/tables.js";
import type { HandSet } from "./hand-set.js";

/** Where the cards come from and which hand wins. Cards are numbers below `deckSize` (at most 64). */
export interface DealModel {
  readonly deckSize: number;
  /** Known cards of each board: one board, or two that are each played for half the pot. */
  readonly boards: readonly (readonly number[])[];
  /**
   * Strength of every hand on a complete board; higher wins, equal strengths tie. Below 8192. Hands that share a card
   * with the board may have any strength.
   */
  strengths(hands: HandSet, board: readonly number[]): Uint16Array;
}

/** Omaha on these boards. */
export function omahaDeal(
  boards: readonly (readonly number[])[],
  tables: EvaluatorTables = evaluatorTables(),
): DealModel {
  const evaluator = new OmahaEvaluator(tables);
  return {
    deckSize: DECK_SIZE,
    boards,
    strengths(hands: HandSet, board: readonly number[]): Uint16Array {
      const [a, b, c, d, e] = board;
      evaluator.setBoard(a, b, c, d, e);
      const out = new Uint16Array(hands.count);
      for (let hand = 0; hand < hands.count; hand++)
        out[hand] = evaluator.evaluate(hands.cards, hand * hands.k, hands.k);
      return out;
    },
  };
}

/** Cards on none of the boards, ascending. */
export function remainingCards(deal: Pick<DealModel, "boards" | "deckSize">): Uint8Array {
  const known = new Set(deal.boards.flat());
  return Uint8Array.from({ length: deal.deckSize }, (_, card) => card).filter((card) => !known.has(card));
}

/** Number of ways to deal one card to each board out of `cards`. */
export function dealCount(cards: number, boards: number): number {
  return boards === 1 ? cards : cards * (cards - 1);
}

/** Index of the unordered pair of positions in a triangular table. */
export function pairIndex(a: number, b: number): number {
  const high = Math.max(a, b);
  return (high * (high - 1)) / 2 + Math.min(a, b);
}

/**
 * Writes the positions (among the remaining cards) that outcome `outcome` deals, one for each board, given the
 * positions dealt before. Outcomes of two boards are ordered pairs.
 *
 * @param used positions dealt on earlier streets; `usedCount` of them count.
 */
export function dealOutcome(
  outcome: number,
  boards: number,
  cards: number,
  used: Uint8Array,
  usedCount: number,
  out: Uint8Array,
  outStart: number,
): void {
  const free = cards - usedCount;
  if (boards === 1) {
    out[outStart] = nthUnused(outcome, used, usedCount);
    return;
  }
  const first = Math.floor(outcome / (free - 1));
  const rest = outcome - first * (free - 1);
  out[outStart] = nthUnused(first, used, usedCount);
  out[outStart + 1] = nthUnused(rest < first ? rest : rest + 1, used, usedCount);
}

function nthUnused(index: number, used: Uint8Array, usedCount: number): number {
  let position = -1;
  for (let left = index; left >= 0; left--) {
    do position++;
    while (isUsed(position, used, usedCount));
  }
  return position;
}

function isUsed(position: number, used: Uint8Array, usedCount: number): boolean {
  for (let i = 0; i < usedCount; i++) if (used[i] === position) return true;
  return false;
}
