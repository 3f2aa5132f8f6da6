import { parseCards } from "../../src/poker/cards.js";
import { RangeSyntaxError } from "../../src/poker/errors.js";
import { expandRange } from "../../src/poker/ranges/expand-range.js";
import { compileRange } from "../../src/poker/ranges/match-range.js";
import { parseRange } from "../../src/poker/ranges/parse-range.js";
import { needsBoard } from "../../src/poker/ranges/range-tree.js";

/** What range notation says, by the worker's own rules. */
export interface RangeCount {
  /** Hands; null where counting takes too long here. */
  readonly hands: number | null;
  /** Null where it can be read. */
  readonly problem: string | null;
}

/** Hands of more cards are too many to count while somebody types; what a category holds depends on the board. */
const COUNTED_CARDS = 4;

export function countRange(text: string, handSize: number, dead: readonly string[]): RangeCount {
  try {
    const range = parseRange(text, handSize);
    if (handSize > COUNTED_CARDS || needsBoard(range.root)) return { hands: null, problem: null };
    return { hands: expandRange(range, parseCards(dead.join(""))).count, problem: null };
  } catch (error) {
    if (error instanceof RangeSyntaxError) return { hands: null, problem: `at ${error.position}: ${error.problem}` };
    return { hands: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * The test for hands such as `AsKdQhJh`.
 * @param boards by which categories such as `@set` are told: one, or two
 * @throws RangeSyntaxError
 * @throws SpotError for a category without a flop
 */
export function rangeTest(
  text: string,
  handSize: number,
  boards: readonly (readonly string[])[],
): (hand: string) => boolean {
  const { root } = parseRange(text, handSize);
  const test = compileRange(
    root,
    boards.map((cards) => parseCards(cards.join(""))),
  );
  return (hand) => test(Uint8Array.from(parseCards(hand)).sort());
}
