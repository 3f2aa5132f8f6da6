import { createSweeps, LANE_BYTES, type Sweeps } from "../wasm/sweeps.js";
import type { SharedGame } from "./shared-game.js";
import type { StreetViews } from "./street-views.js";

/** Tells which final board the cards of a walk make of each. */
interface FinalBoards {
  boardKey(level: number, board: number): number;
}

/** One thread's card-removal sweeps over the leaves of a street, eight lanes (a chunk) at a time. */
export class LeafSweeps {
  readonly #shared: SharedGame;
  readonly #sweeps: Sweeps;
  readonly #accumulators: number;
  readonly #orderCounts: readonly [Uint32Array, Uint32Array];
  readonly #dealt: FinalBoards;

  constructor(shared: SharedGame, thread: number, dealt: FinalBoards) {
    const { layout, boards, memory } = shared;
    const keys = boards * layout.finalKeys;
    this.#shared = shared;
    this.#sweeps = createSweeps(memory);
    this.#accumulators = layout.workspaces[thread].accumulators;
    this.#orderCounts = [
      new Uint32Array(memory.buffer, layout.orderCounts[0], keys),
      new Uint32Array(memory.buffer, layout.orderCounts[1], keys),
    ];
    this.#dealt = dealt;
  }

  /** Reach of the opponent's hands that each of a seat's hands leaves, in one chunk of a street's fold lanes. */
  fold({ block, stride, reachAt, valuesAt }: StreetViews, own: 0 | 1, chunk: number): void {
    const { layout, hands } = this.#shared;
    const opponent = own === 0 ? 1 : 0;
    const offset = block.fold.start * 8 + chunk * LANE_BYTES;
    this.#sweeps.compatible(
      reachAt + offset,
      stride,
      valuesAt + offset,
      stride,
      this.#accumulators,
      layout.accumulatorBytes,
      hands[opponent].count,
      layout.slots[opponent],
      layout.bounds[opponent],
      hands[own].count,
      layout.slots[own],
      layout.bounds[own],
    );
  }

  /** Weaker minus stronger reach, summed over the boards, in one chunk of showdown lanes after `level` deals. */
  showdown(street: StreetViews, own: 0 | 1, chunk: number, level: number): void {
    const { layout, boards } = this.#shared;
    for (let board = 0; board < boards; board++) {
      const key = board * layout.finalKeys + this.#dealt.boardKey(level, board);
      this.showdownOn(street, own, chunk, key, board === 0 ? 0 : 1);
    }
  }

  /** The same on one final board; `keep` 1 adds to what stands in the lanes. */
  showdownOn({ stride, reachAt, valuesAt }: StreetViews, own: 0 | 1, chunk: number, key: number, keep: 0 | 1): void {
    const { layout, hands } = this.#shared;
    const opponent = own === 0 ? 1 : 0;
    const offset = chunk * LANE_BYTES;
    const theirs = layout.orders[opponent] + key * hands[opponent].count * 8;
    const ours = layout.orders[own] + key * hands[own].count * 8;
    this.#sweeps.showdown(
      reachAt + offset,
      stride,
      valuesAt + offset,
      stride,
      this.#accumulators,
      layout.accumulatorBytes,
      theirs,
      theirs + this.#orderCounts[opponent][key] * 8,
      layout.slots[opponent],
      layout.bounds[opponent],
      ours,
      ours + this.#orderCounts[own][key] * 8,
      layout.slots[own],
      layout.bounds[own],
      keep,
    );
  }
}
