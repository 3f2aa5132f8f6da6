import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCards } from "../../../../src/poker/cards.js";
import { BoardPairs } from "../../../../src/poker/evaluator/board-pairs.js";
import { categoryName } from "../../../../src/poker/evaluator/categories.js";
import { OmahaEvaluator } from "../../../../src/poker/evaluator/omaha.js";
import { evaluatorTables } from "../../../../src/poker/evaluator/tables.js";
import { allOrders, deckBytes, drawInto, orderOfOmaha, seededRandom } from "../oracle.js";

/** Random cases per hand size; `make soak` runs a million of each size. */
const CASES = process.env.SOAK === undefined ? 334_000 : 1_000_000;

const evaluator = new OmahaEvaluator(evaluatorTables());
const pairs = new BoardPairs();
const valueOfOrder = new Map(allOrders().map((order, position) => [order, position + 1]));

function setBoard(target: OmahaEvaluator, board: ArrayLike<number>): void {
  target.setBoard(board[0] as number, board[1] as number, board[2] as number, board[3] as number, board[4] as number);
}

const evaluateText = (hole: string, board: string): number => {
  setBoard(evaluator, parseCards(board));
  return evaluator.evaluate(parseCards(hole));
};

describe("Omaha evaluator", () => {
  it.each([4, 5, 6])("agrees with the naive oracle on random boards and hands of %i cards", (size) => {
    const random = seededRandom(1000 + size);
    const deck = deckBytes();
    const cards = new Uint8Array(5 + size);
    let wrong = 0;
    for (let i = 0; i < CASES; i++) {
      drawInto(cards, deck, random);
      setBoard(evaluator, cards);
      const expected = valueOfOrder.get(orderOfOmaha(cards.subarray(5), cards.subarray(0, 5)));
      if (evaluator.evaluate(cards, 5, size) !== expected) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it.each(["AsKsQsJs9s", "8h8d8c2s2h", "AsKs7s7d2c", "2s3h4d5c7s"])(
    "agrees with the oracle on all 178,365 hands of board %s, by both methods",
    (text) => {
      const board = parseCards(text);
      const live = deckBytes(board);
      setBoard(evaluator, board);
      pairs.fill(evaluator, live);
      // The oracle's best of the ten threes for each pair of hole cards.
      const ofPair = new Map<number, number>();
      for (const a of live)
        for (const b of live) if (a < b) ofPair.set(a * 64 + b, valueOfOrder.get(orderOfOmaha([a, b], board)) ?? 0);
      let wrong = 0;
      for (let l = 3; l < live.length; l++)
        for (let k = 2; k < l; k++)
          for (let j = 1; j < k; j++)
            for (let i = 0; i < j; i++) {
              const [a, b, c, d] = [live[i] ?? 0, live[j] ?? 0, live[k] ?? 0, live[l] ?? 0];
              const expected = Math.max(
                ofPair.get(a * 64 + b) ?? 0,
                ofPair.get(a * 64 + c) ?? 0,
                ofPair.get(a * 64 + d) ?? 0,
                ofPair.get(b * 64 + c) ?? 0,
                ofPair.get(b * 64 + d) ?? 0,
                ofPair.get(c * 64 + d) ?? 0,
              );
              if (evaluator.evaluate4(a, b, c, d) !== expected || pairs.evaluate4(d, b, a, c) !== expected) wrong++;
            }
      expect(wrong).toBe(0);
    },
  );

  it("uses exactly two hole cards", () => {
    expect(categoryName(evaluateText("AsAhAdAc", "2s7h9dJcKs"))).toBe("One Pair");
    expect(categoryName(evaluateText("As2h3d4c", "KsQsJsTs2d"))).toBe("One Pair");
    expect(categoryName(evaluateText("AsKh8s9s", "KsQsJsTs2d"))).toBe("Straight Flush");
    expect(categoryName(evaluateText("As9h8d7c", "KsQsJsTs2d"))).toBe("Straight");
    expect(categoryName(evaluateText("AsQsQd3c", "2s2h2dQc7c"))).toBe("Full House");
  });

  it("does not depend on the order of cards or the names of suits", () => {
    const eleven = fc.uniqueArray(fc.integer({ min: 0, max: 51 }), { minLength: 11, maxLength: 11 });
    fc.assert(
      fc.property(
        eleven,
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.constantFrom(4, 5, 6),
        (cards, suits, size) => {
          const renamed = cards.map((card) => (card & ~3) | (suits[card & 3] as number));
          setBoard(evaluator, cards);
          const value = evaluator.evaluate(cards, 5, size);
          setBoard(evaluator, renamed.slice(0, 5).reverse());
          expect(evaluator.evaluate(renamed.slice(5, 5 + size).reverse())).toBe(value);
          pairs.fill(evaluator, deckBytes(renamed.slice(0, 5)));
          expect(pairs.evaluate(renamed, 5, size)).toBe(value);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});
