import { HANDS_AT_ONCE } from "../wasm/street-passes.js";
import type { LockedRows, LockedStreets } from "./locked-rows.js";
import type { SharedGame, WalkBlock } from "./shared-game.js";
import { streetTables, type Tables } from "./street-views.js";
import { paddedHands } from "./training-memory.js";

type Seat = 0 | 1;

/** Keeps the tables of a game at what is given: regrets so that regret matching plays it, strategy sums so that the average does. */
export class LockedPlay {
  readonly #shared: SharedGame;
  readonly #streets: LockedStreets;
  readonly #tables: readonly Tables[];

  constructor(shared: SharedGame, streets: LockedStreets) {
    this.#shared = shared;
    this.#streets = streets;
    this.#tables = streets.map((_, level) => streetTables(shared, level));
  }

  pinRegrets(seat: Seat): void {
    this.#streets.forEach((rows, level) => {
      if (rows[seat]) this.#write(level, seat, rows[seat], this.#tables[level].regrets[seat], () => 1);
    });
  }

  /** @param weightSum strategy sum of a hand of weight 1 at a decision that it always comes to */
  pinSums(seat: Seat, weightSum: number): void {
    const { weights } = this.#shared.hands[seat];
    this.#streets.forEach((rows, level) => {
      const scaleOf = (hand: number): number => weightSum * weights[hand];
      if (rows[seat]) this.#write(level, seat, rows[seat], this.#tables[level].sums[seat], scaleOf);
    });
  }

  #write(level: number, seat: Seat, rows: LockedRows, table: Float32Array, scaleOf: (hand: number) => number): void {
    const block: WalkBlock = this.#shared.blocks[level];
    const { count } = this.#shared.hands[seat];
    const length = block.rowLength[seat];
    const { starts, decisions, sharesAt, shares } = rows;
    for (let row = 0; row < starts.length - 1; row++) {
      if (starts[row] === starts[row + 1]) continue;
      const hand = row % count;
      const within = hand % HANDS_AT_ONCE;
      const at = (((row - hand) / count) * paddedHands(count) + hand - within) * length + within;
      const scale = scaleOf(hand);
      for (let entry = starts[row]; entry < starts[row + 1]; entry++) {
        const from = at + block.rowOffset[decisions[entry]] * HANDS_AT_ONCE;
        for (let action = 0; action < block.actionCount[decisions[entry]]; action++)
          table[from + action * HANDS_AT_ONCE] = shares[sharesAt[entry] + action] * scale;
      }
    }
  }
}

/** Which of a seat's hands are locked at a decision, on one path of its street; null where none is. */
export function lockedAt(
  rows: LockedRows | null | undefined,
  count: number,
  path: number,
  decision: number,
): Uint8Array | null {
  if (!rows) return null;
  const { starts, decisions } = rows;
  const held = Uint8Array.from({ length: count }, (_, hand) => {
    const row = path * count + hand;
    return decisions.subarray(starts[row], starts[row + 1]).includes(decision) ? 1 : 0;
  });
  return held.includes(1) ? held : null;
}
