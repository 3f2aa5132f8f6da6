import type { DecisionNode } from "../betting/betting-tree.js";
import { type DealModel, dealCount, remainingCards } from "../game/deal-model.js";
import { SolverInputError } from "../game/errors.js";
import type { HandSet } from "../game/hand-set.js";
import { indexSubsets, type SlotIndex } from "../game/subset-slots.js";
import { createSharedMemory, type SharedMemory } from "../wasm/shared-memory.js";
import { LANE_BYTES } from "../wasm/sweeps.js";
import { compileStreets, type StreetBlock } from "./street-block.js";

/** A heads-up game with exact hands: seat 0 acts first on the root street. */
export interface HeadsUpGame {
  readonly tree: DecisionNode;
  readonly hands: readonly [HandSet, HandSet];
  readonly deal: DealModel;
}

/** How many ways of dealing a solve looks at: the first deal after the root street, and the second after each. */
export interface DealCounts {
  readonly first: number;
  readonly later: number;
}

/** Number of parts an iteration's deals are split in; their sums are added in a fixed order, whoever computes them. */
export const GROUPS = 16;
/** Threads that may work on one plan. */
export const MAX_THREADS = 2;

/** A street's block without its betting-tree nodes: what the walkers need, cheap to send to a thread. */
export type WalkBlock = Omit<StreetBlock, "nodes">;

/** Byte offsets of a street's tables, each a pair by seat. */
export interface StreetTables {
  /** Ways the cards of this street and the ones before can have fallen since the root. */
  readonly paths: number;
  /** Rows a seat keeps: one for each hand on each path. */
  readonly rows: readonly [number, number];
  readonly regrets: readonly [number, number];
  readonly sums: readonly [number, number];
}

export interface Workspace {
  readonly accumulators: number;
  /** Reach and value matrices by street; street 0's are common to all threads. */
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
  readonly workspaces: readonly Workspace[];
  /** Sums of each group's deals at the root street: `GROUPS` matrices. */
  readonly groupValues: number;
  /** Value of every hand at the root after a walk, by seat. */
  readonly rootResults: readonly [number, number];
}

/** Everything the threads share; survives structured cloning. */
export interface SharedPlan {
  readonly memory: SharedMemory;
  readonly layout: Layout;
  readonly blocks: readonly WalkBlock[];
  readonly hands: readonly [HandSet, HandSet];
  readonly boards: number;
  readonly remaining: Uint8Array;
  /** Deals made; as many as there are, unless they are sampled. */
  readonly deals: DealCounts;
}

/** Doubles a group keeps its deals in: count, later deals, then (deal, index) pairs. */
export const SAMPLE_ROW = 512;

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

/** Final boards that one board can become when `levels` more cards are dealt from `cards`. */
function finalKeyCount(levels: number, cards: number): number {
  return levels === 0 ? 1 : levels === 1 ? cards : (cards * (cards - 1)) / 2;
}

/** All ways to deal the streets of a game. */
export function allDeals(deal: DealModel, levels: number): DealCounts {
  const cards = remainingCards(deal).length;
  const boards = deal.boards.length;
  return {
    first: levels > 0 ? dealCount(cards, boards) : 0,
    later: levels > 1 ? dealCount(cards - boards, boards) : 0,
  };
}

/** Layout of a game's memory, without allocating it. */
function layOutPlan(
  game: HeadsUpGame,
  blocks: readonly StreetBlock[],
  deals: DealCounts,
  index: { readonly slotCount: number; readonly slotLengths: readonly [number, number] },
): Layout {
  const allocator = new Allocator();
  const counts = pair((seat) => game.hands[seat].count);
  const boards = game.deal.boards.length;
  const cards = remainingCards(game.deal).length;
  const levels = blocks.length - 1;
  const finalKeys = finalKeyCount(levels, cards);
  const most = Math.max(...counts);
  const matrix = (block: StreetBlock): number => most * block.laneCount * DOUBLE;
  const control = allocator.take(1024);
  const samples = allocator.take(GROUPS * SAMPLE_ROW * DOUBLE);
  const slots = pair((seat) => allocator.take(index.slotLengths[seat] * 4));
  const bounds = pair((seat) => allocator.take((counts[seat] * 2 + 1) * 4));
  const accumulatorBytes = index.slotCount * LANE_BYTES;
  const orders = pair((seat) => allocator.take(boards * finalKeys * counts[seat] * 8));
  const orderCounts = pair(() => allocator.take(boards * finalKeys * 4));
  const tables = blocks.map((block, level) => {
    const paths = level === 0 ? 1 : level === 1 ? deals.first : deals.first * deals.later;
    const rows = pair((seat) => paths * counts[seat]);
    const take = (): readonly [number, number] =>
      pair((seat) => allocator.take(rows[seat] * block.rowLength[seat] * FLOAT));
    return { paths, rows, regrets: take(), sums: take() } satisfies StreetTables;
  });
  const first = blocks[0] as StreetBlock;
  const rootReach = allocator.take(matrix(first));
  const rootValues = allocator.take(matrix(first));
  const workspaces = Array.from({ length: MAX_THREADS }, () => ({
    accumulators: allocator.take(accumulatorBytes),
    reach: blocks.map((block, level) => (level === 0 ? rootReach : allocator.take(matrix(block)))),
    values: blocks.map((block, level) => (level === 0 ? rootValues : allocator.take(matrix(block)))),
  }));
  const groupValues = allocator.take(levels === 0 ? 0 : GROUPS * most * first.chance.count * DOUBLE);
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
    workspaces,
    groupValues,
    rootResults,
  };
}

/** Bytes a game's tables would take; `deals` defaults to all. */
export function planBytes(game: HeadsUpGame, deals?: DealCounts): number {
  const subsets = 2 ** game.hands[0].k;
  const blocks = compileStreets(game.tree, game.deal.boards.length);
  // An upper bound: as if every subset of every hand needed an accumulator, as far as the deck has that many.
  const slotCount = Math.min(Math.min(game.hands[0].count, game.hands[1].count) * subsets, 300_000);
  const slotLengths = pair((seat) => game.hands[seat].count * subsets);
  return layOutPlan(game, blocks, deals ?? allDeals(game.deal, blocks.length - 1), { slotCount, slotLengths }).bytes;
}

/**
 * Compiles a game: flattens its tree, lays its memory out and fills the tables of card subsets and showdown orders.
 *
 * @param maxBytes memory bound.
 * @param wantedDeals deals to make; default all.
 * @throws SolverInputError when the memory would exceed the bound.
 */
export function createPlan(
  game: HeadsUpGame,
  maxBytes: number,
  wantedDeals?: DealCounts,
): { readonly plan: SharedPlan; readonly blocks: readonly StreetBlock[]; readonly index: SlotIndex } {
  const blocks = compileStreets(game.tree, game.deal.boards.length);
  const index = indexSubsets(game.hands[0], game.hands[1]);
  const deals = wantedDeals ?? allDeals(game.deal, blocks.length - 1);
  const layout = layOutPlan(game, blocks, deals, {
    slotCount: index.slotCount,
    slotLengths: [index.seats[0].slots.length, index.seats[1].slots.length],
  });
  if (layout.bytes > maxBytes) {
    const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
    throw new SolverInputError(
      `the game needs ${mebibytes(layout.bytes)} MiB of memory and ${mebibytes(maxBytes)} MiB are allowed`,
    );
  }
  const memory = createSharedMemory(layout.bytes);
  const plan: SharedPlan = {
    memory,
    layout,
    blocks: blocks.map(({ nodes: _, ...block }) => block),
    hands: game.hands,
    boards: game.deal.boards.length,
    remaining: remainingCards(game.deal),
    deals,
  };
  writeSlots(plan, index);
  writeOrders(plan, game.deal);
  return { plan, blocks, index };
}

function writeSlots(plan: SharedPlan, index: SlotIndex): void {
  for (const seat of [0, 1] as const) {
    const { slots, bounds } = index.seats[seat];
    new Uint32Array(plan.memory.buffer, plan.layout.slots[seat], slots.length).set(
      slots.map((slot) => slot * LANE_BYTES),
    );
    new Uint32Array(plan.memory.buffer, plan.layout.bounds[seat], bounds.length).set(bounds.map((bound) => bound * 4));
  }
}

const HAND_BITS = 19;

/** Sorts the hands that do not hold a card of the board by strength, for every final board. */
function writeOrders(plan: SharedPlan, deal: DealModel): void {
  const { layout, remaining } = plan;
  const dealt = (key: readonly number[]): number[] => key.map((position) => remaining[position] as number);
  for (let board = 0; board < plan.boards; board++) {
    finalKeys(plan).forEach((key, keyIndex) => {
      const cards = dealt(key);
      for (const seat of [0, 1] as const) {
        const hands = plan.hands[seat];
        const strengths = deal.strengths(hands, [...(deal.boards[board] ?? []), ...cards]);
        const at = board * layout.finalKeys + keyIndex;
        const sorted = sortByStrength(hands, strengths, cards);
        const order = new Uint32Array(
          plan.memory.buffer,
          layout.orders[seat] + at * hands.count * 8,
          sorted.length * 2,
        );
        sorted.forEach((packed, place) => {
          order[place * 2] = packed & ((1 << HAND_BITS) - 1);
          order[place * 2 + 1] = packed >>> HAND_BITS;
        });
        new Uint32Array(plan.memory.buffer, layout.orderCounts[seat] + at * 4, 1)[0] = sorted.length;
      }
    });
  }
}

/** Dealt positions behind each final key, in key order. */
function finalKeys(plan: Pick<SharedPlan, "blocks" | "remaining">): number[][] {
  const levels = plan.blocks.length - 1;
  const cards = plan.remaining.length;
  if (levels === 0) return [[]];
  if (levels === 1) return Array.from({ length: cards }, (_, position) => [position]);
  const keys: number[][] = [];
  for (let high = 1; high < cards; high++) for (let low = 0; low < high; low++) keys.push([low, high]);
  return keys;
}

function sortByStrength(hands: HandSet, strengths: Uint16Array, dealt: readonly number[]): Uint32Array {
  const packed = new Uint32Array(hands.count);
  let filled = 0;
  for (let hand = 0; hand < hands.count; hand++) {
    const cards = hands.cards.subarray(hand * hands.k, (hand + 1) * hands.k);
    if (dealt.some((card) => cards.includes(card))) continue;
    packed[filled++] = (((strengths[hand] as number) << HAND_BITS) | hand) >>> 0;
  }
  return packed.subarray(0, filled).sort();
}
