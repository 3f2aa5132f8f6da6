import { createSingleSweeps, type SingleSweeps } from "../wasm/single-sweeps.js";
import { createStreetPasses, type StreetPasses } from "../wasm/street-passes.js";
import { LANES } from "../wasm/sweeps.js";
import type { DealtCards } from "./dealt-cards.js";
import { GROUPS, groupCells } from "./memory-layout.js";
import type { Passes, Target, WalkSettings } from "./passes.js";
import type { SharedGame } from "./shared-game.js";
import type { LaneRun } from "./street-block.js";
import { NO_HAND, paddedHands, VECTOR_BYTES } from "./training-memory.js";

/** Lanes of a wide sweep, and threads up to which wide ones leave each thread enough to do. */
const WIDE_LANES = 2 * LANES;
const FEW_THREADS = 2;

/** Modes as street-passes.wat numbers them. */
const MODE_NUMBERS = { train: 0, average: 1, "best-response": 2, continue: 3 } as const;

/** Walks in single precision: regrets and present strategies, and of large games what is measured too. */
export class TrainingPasses implements Passes {
  readonly cellBytes = 4;
  readonly #shared: SharedGame;
  readonly #thread: number;
  readonly #dealt: DealtCards;
  readonly #passes: StreetPasses;
  readonly #sweeps: SingleSweeps;
  readonly #cells: Float32Array;
  readonly #orderCounts: readonly [Uint32Array, Uint32Array];
  readonly #settings: WalkSettings;
  /** Lanes that a sweep takes at most. */
  readonly #lanes: number;

  constructor(shared: SharedGame, thread: number, dealt: DealtCards, settings: WalkSettings) {
    const { memory, layout, boards } = shared;
    const keys = boards * layout.finalKeys;
    this.#shared = shared;
    this.#thread = thread;
    this.#dealt = dealt;
    this.#passes = createStreetPasses(memory);
    this.#sweeps = createSingleSweeps(memory);
    this.#cells = new Float32Array(memory.buffer);
    this.#orderCounts = [
      new Uint32Array(memory.buffer, layout.orderCounts[0], keys),
      new Uint32Array(memory.buffer, layout.orderCounts[1], keys),
    ];
    this.#settings = settings;
    this.#lanes = layout.workspaces.length > FEW_THREADS ? LANES : WIDE_LANES;
  }

  chunks({ count }: LaneRun): number {
    return Math.ceil(count / this.#lanes);
  }

  down(level: number, path: number, from: number, to: number): boolean {
    const { layout, blocks, hands } = this.#shared;
    const { workspaces, streets, weights } = layout;
    const opponent = this.#settings.seat === 0 ? 1 : 0;
    const workspace = workspaces[this.#thread];
    const padded = paddedHands(hands[opponent].count);
    const { regrets, sums } = layout.tables[level];
    const rowBytes = blocks[level].rowLength[opponent] * 4;
    const at = path * padded * rowBytes;
    // Strategy sums in the place of regrets yield the average strategy, and stay as they are if it adds nothing to them.
    const trains = this.#settings.mode === "train";
    const origin =
      level === 0 ? weights[opponent] : workspace.reach[level - 1] + blocks[level - 1].chance.start * this.cellBytes;
    const reached = this.#passes.down(
      streets[level],
      opponent,
      from,
      paddedHands(to),
      layout.masks[opponent],
      layout.masks[opponent] + padded * 4,
      this.#dealt.deadLow[level],
      this.#dealt.deadHigh[level] | NO_HAND,
      origin,
      (trains ? regrets : sums)[opponent] + at,
      sums[opponent] + at,
      rowBytes * (VECTOR_BYTES / 4),
      trains ? this.#settings.sumWeight : 0,
      workspace.nodes,
      workspace.reachLanes,
      workspace.reach[level],
    );
    return reached === 1;
  }

  up(level: number, path: number, target: Target | null, from: number, to: number): void {
    const { layout, blocks, hands } = this.#shared;
    const { seat, mode, positiveDiscount, negativeDiscount, leastReach, chanceScale } = this.#settings;
    const workspace = layout.workspaces[this.#thread];
    const padded = paddedHands(hands[seat].count);
    const rowBytes = blocks[level].rowLength[seat] * 4;
    this.#passes.up(
      layout.streets[level],
      seat,
      from,
      paddedHands(to),
      layout.masks[seat],
      layout.masks[seat] + padded * 4,
      this.#dealt.deadLow[level],
      this.#dealt.deadHigh[level] | NO_HAND,
      workspace.values[level],
      layout.tables[level][mode === "train" ? "regrets" : "sums"][seat] + path * padded * rowBytes,
      rowBytes * (VECTOR_BYTES / 4),
      positiveDiscount,
      negativeDiscount,
      workspace.nodes,
      workspace.valueLanes,
      target?.at ?? 0,
      (target?.stride ?? 0) * this.cellBytes,
      level > 0 ? chanceScale[level] : 1,
      MODE_NUMBERS[mode],
      leastReach,
      layout.weights[seat],
    );
  }

  fold(level: number, chunk: number): void {
    const { hands, blocks } = this.#shared;
    const { seat } = this.#settings;
    this.#open(level, blocks[level].fold, chunk);
    this.#sweeps.compatible(hands[seat === 0 ? 1 : 0].count, hands[seat].count);
  }

  showdown(level: number, chunk: number): void {
    const { layout, boards, blocks, hands } = this.#shared;
    const { seat } = this.#settings;
    const opponent = seat === 0 ? 1 : 0;
    for (let board = 0; board < boards; board++) {
      const key = board * layout.finalKeys + this.#dealt.boardKey(level, board);
      const theirs = layout.orders[opponent] + key * hands[opponent].count * 8;
      const ours = layout.orders[seat] + key * hands[seat].count * 8;
      this.#open(level, blocks[level].showdown, chunk);
      this.#sweeps.showdown(
        theirs,
        theirs + this.#orderCounts[opponent][key] * 8,
        ours,
        ours + this.#orderCounts[seat][key] * 8,
        board === 0 ? 0 : 1,
      );
    }
  }

  #open(level: number, { start, count }: LaneRun, chunk: number): void {
    const { layout, blocks } = this.#shared;
    const { seat } = this.#settings;
    const opponent = seat === 0 ? 1 : 0;
    const workspace = layout.workspaces[this.#thread];
    const first = chunk * this.#lanes;
    const offset = (start + first) * this.cellBytes;
    const stride = blocks[level].laneCount * this.cellBytes;
    this.#sweeps.open(
      this.#lanes > LANES && count - first > LANES ? 1 : 0,
      workspace.accumulators,
      layout.accumulatorBytes,
      workspace.reach[level] + offset,
      stride,
      layout.slots[opponent],
      layout.bounds[opponent],
      workspace.values[level] + offset,
      stride,
      layout.slots[seat],
      layout.bounds[seat],
    );
  }

  clearDeals(level: number): void {
    const { chance, laneCount } = this.#shared.blocks[level];
    const from = this.#shared.layout.workspaces[this.#thread].values[level] / this.cellBytes;
    const end = from + paddedHands(this.#shared.hands[this.#settings.seat].count) * laneCount;
    for (let at = from + chance.start; at < end; at += laneCount) this.#cells.fill(0, at, at + chance.count);
  }

  addGroups(from: number, to: number): void {
    const { layout, blocks } = this.#shared;
    const { chance, laneCount } = blocks[0];
    const groups = layout.groupValues / this.cellBytes;
    const values = layout.workspaces[this.#thread].values[0] / this.cellBytes;
    const cells = groupCells(this.#shared);
    for (let hand = from; hand < to; hand++) {
      for (let lane = 0; lane < chance.count; lane++) {
        let sum = 0;
        const at = groups + hand * chance.count + lane;
        for (let group = 0; group < GROUPS; group++) sum += this.#cells[at + group * cells];
        this.#cells[values + hand * laneCount + chance.start + lane] = sum;
      }
    }
  }
}
