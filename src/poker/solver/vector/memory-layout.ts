import { remainingCards } from "../game/deal-model.js";
import { LANE_BYTES } from "../wasm/sweeps.js";
import { allDeals, type DealCounts, finalKeyCount, type HeadsUpGame } from "./heads-up-game.js";
import { compileStreets, type StreetBlock } from "./street-block.js";
import { paddedHands, streetBytes, VECTOR_BYTES } from "./training-memory.js";

/** Number of parts an iteration's deals are split in; their sums are added in a fixed order, whoever computes them. */
export const GROUPS = 16;
/** Threads that may work on one game: each finds a group of deals at least. */
export const MAX_THREADS = 16;

/** Doubles a group keeps its deals in: count, later deals, then (deal, index) pairs. */
export const SAMPLE_ROW = 512;

/** Byte offsets of a street's tables, each a pair by seat. */
export interface StreetTables {
  /** Ways the cards of this street and the ones before can have fallen since the root. */
  readonly paths: number;
  /** Rows a seat keeps: one for each hand on each path, hands padded to whole vectors and those of a vector interleaved. */
  readonly rows: readonly [number, number];
  readonly regrets: readonly [number, number];
  readonly sums: readonly [number, number];
}

export interface Workspace {
  readonly accumulators: number;
  /** One vector for each node of a street, and two sets of one for each lane. */
  readonly nodes: number;
  readonly reachLanes: number;
  readonly valueLanes: number;
  /** Reach and value matrices by street; street 0's are common to all threads. Cells are doubles or, in training, floats. */
  readonly reach: readonly number[];
  readonly values: readonly number[];
}

export interface Layout {
  readonly bytes: number;
  readonly control: number;
  readonly samples: number;
  readonly slots: readonly [number, number];
  readonly bounds: readonly [number, number];
  readonly accumulatorBytes: number;
  /** Showdown orders by seat: (hand, strength) pairs, `hands` of them for every board and key. */
  readonly orders: readonly [number, number];
  readonly orderCounts: readonly [number, number];
  /** Final boards a single board can become. */
  readonly finalKeys: number;
  readonly tables: readonly StreetTables[];
  /** Streets as the training passes read them. */
  readonly streets: readonly number[];
  /** By seat: the hands' cards as two masks of padded length, and their weights. */
  readonly masks: readonly [number, number];
  readonly weights: readonly [number, number];
  readonly workspaces: readonly Workspace[];
  /** Sums of each group's deals at the root street: `GROUPS` matrices. */
  readonly groupValues: number;
  /** Value of every hand at the root after a walk, by seat. */
  readonly rootResults: readonly [number, number];
}

const DOUBLE = 8;
const FLOAT = 4;

class Allocator {
  bytes = 0;

  take(bytes: number): number {
    const at = this.bytes;
    this.bytes = Math.ceil((at + bytes) / LANE_BYTES) * LANE_BYTES;
    return at;
  }
}

function pair(make: (seat: 0 | 1) => number): readonly [number, number] {
  return [make(0), make(1)];
}

/** Cells of a group's values of the root's deals. */
export function groupCells({
  hands,
  blocks,
}: {
  readonly hands: readonly { readonly count: number }[];
  readonly blocks: readonly Pick<StreetBlock, "chance">[];
}): number {
  const rows = paddedHands(Math.max(...hands.map(({ count }) => count)));
  return blocks.length > 1 ? rows * blocks[0].chance.count : 0;
}

/**
 * Layout of a game's memory, without allocating it.
 *
 * @param threads workspaces; null: deals and hands are drawn anew for each walk, on one final board at a time, by one thread
 *   that keeps its tables elsewhere
 */
export function layOutGame(
  game: Pick<HeadsUpGame, "deal"> & { readonly hands: readonly { readonly count: number }[] },
  blocks: readonly Omit<StreetBlock, "nodes">[],
  deals: DealCounts,
  index: { readonly slotCount: number; readonly slotLengths: readonly [number, number] },
  threads: number | null,
): Layout {
  const allocator = new Allocator();
  const drawn = threads === null;
  const counts = pair((seat) => game.hands[seat].count);
  const boards = game.deal.boards.length;
  const cards = remainingCards(game.deal).length;
  const levels = blocks.length - 1;
  const finalKeys = drawn ? 1 : finalKeyCount(levels, cards);
  const most = paddedHands(Math.max(...counts));
  const matrix = (block: Pick<StreetBlock, "laneCount">): number => most * block.laneCount * DOUBLE;
  const control = allocator.take(1024);
  const samples = allocator.take(GROUPS * SAMPLE_ROW * DOUBLE);
  const slots = pair((seat) => allocator.take(index.slotLengths[seat] * 4));
  const bounds = pair((seat) => allocator.take((counts[seat] * 2 + 1) * 4));
  const accumulatorBytes = index.slotCount * LANE_BYTES;
  const orders = pair((seat) => allocator.take(boards * finalKeys * counts[seat] * 8));
  const orderCounts = pair(() => allocator.take(boards * finalKeys * 4));
  const tables = blocks.map((block, level) => {
    const paths = drawn ? 0 : level === 0 ? 1 : level === 1 ? deals.first : deals.first * deals.later;
    const rows = pair((seat) => paths * paddedHands(counts[seat]));
    const take = (): readonly [number, number] =>
      pair((seat) => allocator.take(rows[seat] * block.rowLength[seat] * FLOAT));
    return { paths, rows, regrets: take(), sums: take() } satisfies StreetTables;
  });
  const first = blocks[0];
  const forTraining = (bytes: number): number => allocator.take(drawn ? 0 : bytes);
  const streets = blocks.map((block) => forTraining(streetBytes(block)));
  const masks = pair((seat) => forTraining(paddedHands(counts[seat]) * 8));
  const weights = pair((seat) => forTraining(paddedHands(counts[seat]) * FLOAT));
  const nodes = Math.max(...blocks.map(({ nodeCount }) => nodeCount)) * VECTOR_BYTES;
  const lanes = Math.max(...blocks.map(({ laneCount }) => laneCount)) * VECTOR_BYTES;
  const rootReach = allocator.take(matrix(first));
  const rootValues = allocator.take(matrix(first));
  const workspaces = Array.from({ length: threads ?? 1 }, () => ({
    accumulators: allocator.take(accumulatorBytes),
    nodes: forTraining(nodes),
    reachLanes: forTraining(lanes),
    valueLanes: forTraining(lanes),
    reach: blocks.map((block, level) => (level === 0 ? rootReach : allocator.take(matrix(block)))),
    values: blocks.map((block, level) => (level === 0 ? rootValues : allocator.take(matrix(block)))),
  }));
  const groupValues = allocator.take(GROUPS * groupCells({ hands: game.hands, blocks }) * DOUBLE);
  const rootResults = pair((seat) => allocator.take(counts[seat] * DOUBLE));
  return {
    bytes: allocator.bytes,
    control,
    samples,
    slots,
    bounds,
    accumulatorBytes,
    orders,
    orderCounts,
    finalKeys,
    tables,
    streets,
    masks,
    weights,
    workspaces,
    groupValues,
    rootResults,
  };
}

/** Bytes that the tables of all streets take, which follow on each other; what follows on them is the first street. */
export function tableSpan({ tables, streets }: Layout): { readonly from: number; readonly to: number } {
  return { from: tables[0].regrets[0], to: streets[0] };
}

/** Bytes that a game would take with a workspace for one thread. */
export function gameBytes(game: HeadsUpGame): number {
  const subsets = 2 ** game.hands[0].k;
  const blocks = compileStreets(game.tree, game.deal.boards.length);
  // An upper bound: as if every subset of every hand needed an accumulator, as far as the deck has that many.
  const slotCount = Math.min(Math.min(game.hands[0].count, game.hands[1].count) * subsets, 300_000);
  const slotLengths = pair((seat) => game.hands[seat].count * subsets);
  return layOutGame(game, blocks, allDeals(game.deal, blocks.length - 1), { slotCount, slotLengths }, 1).bytes;
}
