import { finalKeyCount, type SharedPlan, type StreetTables, type WalkBlock } from "./plan.js";

type BySeat<T> = readonly [T, T];

/** Tables that strategies are read from, and those that changes are written to. */
export interface Tables {
  readonly regrets: BySeat<Float32Array>;
  readonly sums: BySeat<Float32Array>;
}

/** Classes of hands on one street. */
export interface Buckets {
  /** Class of each hand: `keys × count` entries for each board. */
  readonly classes: BySeat<Uint16Array>;
  readonly perBoard: number;
  readonly keys: number;
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
  /** Where each group of deals gathers changes of bucketed rows; null when rows are written in place. */
  readonly changes: readonly Tables[] | null;
  readonly buckets: Buckets | null;
}

/** Regret and strategy-sum tables of a street. */
export function streetTables(plan: SharedPlan, block: WalkBlock, layout: StreetTables): Tables {
  return viewTables(plan, block, layout, layout);
}

/** The groups' change tables of a bucketed street. */
function changeTables(plan: SharedPlan, block: WalkBlock, layout: StreetTables): Tables[] | null {
  return layout.changes?.map((at) => viewTables(plan, block, layout, at)) ?? null;
}

function viewTables(
  plan: SharedPlan,
  block: WalkBlock,
  { rows }: StreetTables,
  at: { readonly regrets: BySeat<number>; readonly sums: BySeat<number> },
): Tables {
  const view = (offset: number, seat: 0 | 1): Float32Array =>
    new Float32Array(plan.memory.buffer, offset, rows[seat] * block.rowLength[seat]);
  return {
    regrets: [view(at.regrets[0], 0), view(at.regrets[1], 1)],
    sums: [view(at.sums[0], 0), view(at.sums[1], 1)],
  };
}

/** Classes of hands of a bucketed street, or null. */
function bucketViews(plan: SharedPlan, level: number): Buckets | null {
  const layout = plan.layout.tables[level];
  if (layout?.storage.kind !== "buckets" || !layout.buckets) return null;
  const { buckets, storage } = layout;
  const keys = finalKeyCount(level, plan.remaining.length);
  const view = (seat: 0 | 1): Uint16Array =>
    new Uint16Array(plan.memory.buffer, buckets[seat], plan.boards * keys * plan.hands[seat].count);
  return { classes: [view(0), view(1)], perBoard: storage.perBoard, keys };
}

/** All views of one street for the thread whose workspace is given. */
export function viewStreet(plan: SharedPlan, level: number, thread: number): StreetViews {
  const block = plan.blocks[level];
  const layout = plan.layout.tables[level];
  const workspace = plan.layout.workspaces[thread];
  const reachAt = workspace?.reach[level];
  const valuesAt = workspace?.values[level];
  if (!block || !layout || reachAt === undefined || valuesAt === undefined) {
    throw new RangeError(`the plan has no level ${level} for thread ${thread}`);
  }
  const cells = Math.max(plan.hands[0].count, plan.hands[1].count) * block.laneCount;
  return {
    block,
    stride: block.laneCount * 8,
    reachAt,
    valuesAt,
    reach: new Float64Array(plan.memory.buffer, reachAt, cells),
    values: new Float64Array(plan.memory.buffer, valuesAt, cells),
    tables: streetTables(plan, block, layout),
    changes: changeTables(plan, block, layout),
    buckets: bucketViews(plan, level),
  };
}
