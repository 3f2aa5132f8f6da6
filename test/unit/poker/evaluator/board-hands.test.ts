import { expect, it } from "vitest";
import { deckWithout } from "../../../../src/poker/cards.js";
import { BoardHands } from "../../../../src/poker/evaluator/board-hands.js";
import { BoardPairs, HELD } from "../../../../src/poker/evaluator/board-pairs.js";
import { OmahaEvaluator } from "../../../../src/poker/evaluator/omaha.js";
import { evaluatorTables } from "../../../../src/poker/evaluator/tables.js";
import { Random } from "../../../../src/poker/random.js";

function cardsOf(random: Random, count: number): number[] {
  const cards = new Set<number>();
  while (cards.size < count) cards.add(random.below(52));
  return [...cards];
}

// More hands than go into the kernel at once, and not in whole eights.
it.each([1, 7, 8, 9, 8193])("%i hands on one board have the values of each by itself", (count) => {
  const random = Random.fromSeed(count);
  const tables = evaluatorTables();
  const evaluator = new OmahaEvaluator(tables);
  const pairs = new BoardPairs();
  const hands = new BoardHands(tables);
  for (let round = 0; round < 4; round++) {
    const board = cardsOf(random, 5) as [number, number, number, number, number];
    evaluator.setBoard(...board);
    pairs.fill(evaluator, deckWithout(board));
    for (const card of board) pairs.holdBack(card);
    const cards = Uint8Array.from(Array.from({ length: count }, () => cardsOf(random, 4)).flat());
    const values = new Uint16Array(count);
    hands.evaluate(pairs, cards, count, values);
    const expected = values.map((_, hand) => {
      const hole = [...cards.subarray(hand * 4, hand * 4 + 4)];
      return hole.some((card) => board.includes(card)) ? HELD : evaluator.evaluate(hole);
    });
    expect(values).toEqual(expected);
  }
});
