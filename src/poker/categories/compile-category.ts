import type { Card } from "../cards.js";
import { SpotError } from "../errors.js";
import { type BoardFacts, boardFacts, madeValue } from "./board-facts.js";
import { BLOCKERS, DRAWS, straightOuts } from "./draws.js";
import { madeStrengths } from "./made-hands.js";
import { categoryOf, outsOf } from "./names.js";

/** A category as a range asks for it. */
export interface AskedCategory {
  readonly name: string;
  readonly orBetter: boolean;
  readonly on: 0 | 1 | "either" | "both";
}

type Test = (hand: Uint8Array) => boolean;

/**
 * The test whether a hand (ascending cards) belongs to a category.
 * @param boards one or two boards
 * @throws SpotError without a board of three to five cards, or where the second board is asked for and there is none
 */
export function compileCategory(asked: AskedCategory, boards: readonly (readonly Card[])[]): Test {
  const { on, name } = asked;
  const dealt = boards.filter((board) => board.length > 0);
  if (dealt.length === 0 || dealt.some((board) => board.length < 3 || board.length > 5)) {
    throw new SpotError(`@${name} needs a board of three to five cards`);
  }
  if (on === 1 && boards.length < 2) throw new SpotError(`@${name}.2 needs a second board`);
  if (on === "both" && boards.length < 2) throw new SpotError(`@${name}.both needs two boards`);
  if (typeof on === "number") return onBoard(asked, boards[on]);
  const tests = dealt.map((board) => onBoard(asked, board));
  return on === "both" ? (hand) => tests.every((test) => test(hand)) : (hand) => tests.some((test) => test(hand));
}

function onBoard({ name, orBetter }: AskedCategory, cards: readonly Card[]): Test {
  const board = boardFacts(cards);
  const outs = outsOf(name);
  if (outs !== undefined) return byOuts(name, outs, orBetter, board);
  const { group, name: canonical } = categoryOf(name);
  if (group === "draw") return (hand) => DRAWS[canonical](hand, board);
  if (group === "blocker") return (hand) => BLOCKERS[canonical](hand, board);
  const strengths = madeStrengths(canonical, orBetter, board);
  return (hand) => strengths[madeValue(board, hand)] === 1;
}

/** `outs8`: by cards alone; `wrap13`: of at least three ranks as well. */
function byOuts(name: string, outs: number, orBetter: boolean, board: BoardFacts): Test {
  const leastRanks = name.startsWith("wrap") ? 3 : 1;
  return (hand) => {
    const { cards, ranks } = straightOuts(hand, board);
    return ranks >= leastRanks && (orBetter ? cards >= outs : cards === outs);
  };
}
