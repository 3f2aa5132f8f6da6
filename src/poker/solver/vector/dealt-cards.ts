import { dealOutcome, pairIndex } from "../game/deal-model.js";
import type { SharedGame } from "./shared-game.js";

const MAX_LEVELS = 4;
const MAX_BOARDS = 2;

/** The cards that lie on the way to the street a walk is on. */
export class DealtCards {
  readonly #shared: SharedGame;
  /** Positions (among the remaining cards) dealt so far: level 1's boards, then level 2's. */
  readonly #dealt = new Uint8Array(MAX_LEVELS * MAX_BOARDS);
  /** Cards dealt by level, as bit sets in two words: a hand that holds one of them is impossible. */
  readonly deadLow = new Uint32Array(MAX_LEVELS);
  readonly deadHigh = new Uint32Array(MAX_LEVELS);

  constructor(shared: SharedGame) {
    this.#shared = shared;
  }

  /** Makes deal number `index` of a level. */
  place(level: number, index: number): void {
    const { boards, remaining } = this.#shared;
    const used = (level - 1) * boards;
    dealOutcome(index, boards, remaining.length, this.#dealt, used, this.#dealt, used);
    let low = this.deadLow[level - 1];
    let high = this.deadHigh[level - 1];
    for (let board = 0; board < boards; board++) {
      const card = remaining[this.#dealt[used + board]];
      if (card < 32) low |= 1 << card;
      else high |= 1 << (card - 32);
    }
    this.deadLow[level] = low;
    this.deadHigh[level] = high;
  }

  /** Positions (among the remaining cards) dealt on the streets up to a level, those of a street's boards together. */
  positions(level: number): Uint8Array {
    return this.#dealt.subarray(0, level * this.#shared.boards);
  }

  /** Which cards were dealt to a board, as an index. */
  boardKey(level: number, board: number): number {
    if (level === 0) return 0;
    const first = this.#dealt[board];
    return level === 1 ? first : pairIndex(first, this.#dealt[this.#shared.boards + board]);
  }
}
