import { DECK_SIZE } from "../../cards.js";
import { OmahaEvaluator } from "../../evaluator/omaha.js";
import { type EvaluatorTables, evaluatorTables } from "../../evaluator/tables.js";
import type { DealModel } from "./deal-model.js";
import type { HandSet } from "./hand-set.js";

export function omahaDeal(
  boards: readonly (readonly number[])[],
  tables: EvaluatorTables = evaluatorTables(),
): DealModel {
  const evaluator = new OmahaEvaluator(tables);
  return {
    deckSize: DECK_SIZE,
    boards,
    strengths(hands: HandSet, board: readonly number[]): Uint16Array {
      const [a, b, c, d, e] = board as [number, number, number, number, number];
      evaluator.setBoard(a, b, c, d, e);
      const out = new Uint16Array(hands.count);
      for (let hand = 0; hand < hands.count; hand++)
        out[hand] = evaluator.evaluate(hands.cards, hand * hands.k, hands.k);
      return out;
    },
  };
}
