import type { BoardPairs } from "./board-pairs.js";
import { type Kernels, kernelsOf } from "./kernels.js";
import type { EvaluatorTables } from "./tables.js";

const HAND_SIZE = 4;
/** The kernel takes whole eights. */
const AT_ONCE = 8192;

/** Evaluates many four-card hands on one board at a time, in the kernel. Pays from some hundred hands a board on. */
export class BoardHands {
  private readonly kernels: Kernels;

  constructor(tables: EvaluatorTables) {
    this.kernels = kernelsOf(tables);
  }

  /**
   * Values of `count` hands.
   *
   * @param pairs filled for the board
   * @param cards four cards of each hand
   * @param values receives them; `HELD` for a hand with a card that `pairs` holds back
   */
  evaluate(pairs: BoardPairs, cards: Uint8Array, count: number, values: Uint16Array): void {
    const { hands, base, workspace } = this.kernels;
    const table = pairs.values;
    new Uint16Array(workspace.buffer, base, table.length).set(table);
    const given = table.byteLength;
    const answers = given + AT_ONCE * HAND_SIZE;
    for (let done = 0; done < count; done += AT_ONCE) {
      const part = Math.min(AT_ONCE, count - done);
      workspace.set(cards.subarray(done * HAND_SIZE, (done + part) * HAND_SIZE), given);
      hands.evaluateOnBoard(base, base + given, Math.ceil(part / 8) * 8, base + answers);
      values.set(new Uint16Array(workspace.buffer, base + answers, part), done);
    }
  }
}
