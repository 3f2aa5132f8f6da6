import type { SharedGame, WalkBlock } from "./shared-game.js";

type BySeat<T> = readonly [T, T];

/** Regrets and strategy sums of a street: a row of `rowLength[seat]` for every hand on every path. */
export interface Tables {
  readonly regrets: BySeat<Float32Array>;
  readonly sums: BySeat<Float32Array>;
}

/** One street of the shared memory as typed arrays, with one thread's workspace. */
export interface StreetViews {
  readonly block: WalkBlock;
  /** Bytes from one hand's row of a matrix to the next. */
  readonly stride: number;
  readonly reachAt: number;
  readonly valuesAt: number;
  readonly reach: Float64Array;
  readonly values: Float64Array;
  readonly tables: Tables;
}

/** Tables of the street `level` deals after the root. */
export function streetTables(shared: SharedGame, level: number): Tables {
  const block = shared.blocks[level];
  const layout = shared.layout.tables[level];
  if (!block || !layout) throw new RangeError(`the shared has no level ${level}`);
  const view = (offset: number, seat: 0 | 1): Float32Array =>
    new Float32Array(shared.memory.buffer, offset, layout.rows[seat] * block.rowLength[seat]);
  return {
    regrets: [view(layout.regrets[0], 0), view(layout.regrets[1], 1)],
    sums: [view(layout.sums[0], 0), view(layout.sums[1], 1)],
  };
}

/** All views of one street for the thread whose workspace is given. */
export function viewStreet(shared: SharedGame, level: number, thread: number): StreetViews {
  const block = shared.blocks[level];
  const workspace = shared.layout.workspaces[thread];
  const reachAt = workspace?.reach[level];
  const valuesAt = workspace?.values[level];
  if (!block || reachAt === undefined || valuesAt === undefined) {
    throw new RangeError(`the shared has no level ${level} for thread ${thread}`);
  }
  const cells = Math.max(shared.hands[0].count, shared.hands[1].count) * block.laneCount;
  return {
    block,
    stride: block.laneCount * 8,
    reachAt,
    valuesAt,
    reach: new Float64Array(shared.memory.buffer, reachAt, cells),
    values: new Float64Array(shared.memory.buffer, valuesAt, cells),
    tables: streetTables(shared, level),
  };
}
