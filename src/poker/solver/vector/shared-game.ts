import { SolverInputError } from "../../errors.js";
import { createSharedMemory, type SharedMemory } from "../../wasm/shared-memory.js";
import { type DealModel, remainingCards } from "../game/deal-model.js";
import type { HandSet } from "../game/hand-set.js";
import { indexSubsets, type SlotIndex } from "../game/subset-slots.js";
import { LANE_BYTES } from "../wasm/sweeps.js";
import { allDeals, type DealCounts, finalKeys, type HeadsUpGame } from "./heads-up-game.js";
import { type LockedStreets, listLocks } from "./locked-rows.js";
import { type Layout, layOutGame, MAX_THREADS } from "./memory-layout.js";
import { compileStreets, type StreetBlock } from "./street-block.js";
import { writeTraining } from "./write-training.js";

/** A street's block without its betting-tree nodes: what the walkers need, cheap to send to a thread. */
export type WalkBlock = Omit<StreetBlock, "nodes">;

/** Everything the threads share; survives structured cloning. */
export interface SharedGame {
  readonly memory: SharedMemory;
  readonly layout: Layout;
  readonly blocks: readonly WalkBlock[];
  readonly hands: readonly [HandSet, HandSet];
  readonly boards: number;
  readonly remaining: Uint8Array;
  /** Deals made: all there are, or one where they are drawn. */
  readonly deals: DealCounts;
  /** Play that is given; null: none is. */
  readonly locks: LockedStreets | null;
}

/** Everything of a game's memory but the memory itself. */
export interface GameLayout {
  readonly layout: Layout;
  readonly blocks: readonly StreetBlock[];
  readonly index: SlotIndex;
  readonly deals: DealCounts;
}

/**
 * Flattens a game's tree and lays its memory out, without allocating it.
 *
 * @param maxBytes memory bound.
 * @param threads workspaces wanted; fewer where the bound leaves no room for them.
 * @throws SolverInputError when the memory would exceed the bound.
 */
export function layOutShared(game: HeadsUpGame, maxBytes: number, threads: number): GameLayout {
  const blocks = compileStreets(game.tree, game.deal.boards.length);
  const index = indexSubsets(game.hands[0], game.hands[1]);
  const deals = allDeals(game.deal, blocks.length - 1);
  const sizes = {
    slotCount: index.slotCount,
    slotLengths: [index.seats[0].slots.length, index.seats[1].slots.length],
  } as const;
  const layout = layOutGame(game, blocks, deals, sizes, 1);
  if (layout.bytes > maxBytes) {
    const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
    throw new SolverInputError(
      `the game needs ${mebibytes(layout.bytes)} MiB of memory and ${mebibytes(maxBytes)} MiB are allowed`,
    );
  }
  const more = layOutGame(game, blocks, deals, sizes, 2).bytes - layout.bytes;
  const fit = 1 + Math.floor((maxBytes - layout.bytes) / more);
  const workspaces = Math.max(1, Math.min(threads, MAX_THREADS, fit));
  return { layout: layOutGame(game, blocks, deals, sizes, workspaces), blocks, index, deals };
}

/**
 * Compiles a game: lays its memory out as {@link layOutShared} does, and fills the tables of card subsets and showdown
 * orders.
 *
 * @throws SolverInputError when the memory would exceed the bound.
 */
export function shareGame(
  game: HeadsUpGame,
  maxBytes: number,
  threads: number,
): { readonly shared: SharedGame; readonly blocks: readonly StreetBlock[]; readonly index: SlotIndex } {
  const { layout, blocks, index, deals } = layOutShared(game, maxBytes, threads);
  const memory = createSharedMemory(layout.bytes);
  const shared: SharedGame = {
    memory,
    layout,
    blocks: blocks.map(({ nodes: _, ...block }) => block),
    hands: game.hands,
    boards: game.deal.boards.length,
    remaining: remainingCards(game.deal),
    deals,
    locks: null,
  };
  writeSlots(shared, index);
  writeOrders(shared, game.deal);
  writeTraining(shared);
  const locks = listLocks(shared, blocks, game.deal.boards, game.locks ?? []);
  return { shared: { ...shared, locks }, blocks, index };
}

/** Writes the card subsets of the hands where the sweeps read them. */
export function writeSlots(shared: SharedGame, index: SlotIndex): void {
  for (const seat of [0, 1] as const) {
    const { slots, bounds } = index.seats[seat];
    new Uint32Array(shared.memory.buffer, shared.layout.slots[seat], slots.length).set(
      slots.map((slot) => slot * LANE_BYTES),
    );
    new Uint32Array(shared.memory.buffer, shared.layout.bounds[seat], bounds.length).set(
      bounds.map((bound) => bound * 4),
    );
  }
}

/** Bits of a packed (strength, hand) that are the hand. */
export const HAND_BITS = 19;

/** Sorts the hands that do not hold a card of the board by strength, for every final board. */
function writeOrders(shared: SharedGame, deal: DealModel): void {
  const { layout, remaining } = shared;
  const dealt = (key: readonly number[]): number[] => key.map((position) => remaining[position]);
  for (let board = 0; board < shared.boards; board++) {
    finalKeys(shared.blocks.length - 1, remaining.length).forEach((key, keyIndex) => {
      const cards = dealt(key);
      for (const seat of [0, 1] as const) {
        const hands = shared.hands[seat];
        const strengths = deal.strengths(hands, [...deal.boards[board], ...cards]);
        const at = board * layout.finalKeys + keyIndex;
        const sorted = sortByStrength(hands, strengths, cards);
        const order = new Uint32Array(
          shared.memory.buffer,
          layout.orders[seat] + at * hands.count * 8,
          sorted.length * 2,
        );
        sorted.forEach((packed, place) => {
          order[place * 2] = packed & ((1 << HAND_BITS) - 1);
          order[place * 2 + 1] = packed >>> HAND_BITS;
        });
        new Uint32Array(shared.memory.buffer, layout.orderCounts[seat] + at * 4, 1)[0] = sorted.length;
      }
    });
  }
}

/** Hands that hold none of the `dealt` cards, by strength: (strength, hand) packed, ascending. */
function sortByStrength(hands: HandSet, strengths: Uint16Array, dealt: readonly number[]): Uint32Array {
  const packed = new Uint32Array(hands.count);
  let filled = 0;
  for (let hand = 0; hand < hands.count; hand++) {
    const cards = hands.cards.subarray(hand * hands.k, (hand + 1) * hands.k);
    if (dealt.some((card) => cards.includes(card))) continue;
    packed[filled++] = ((strengths[hand] << HAND_BITS) | hand) >>> 0;
  }
  return packed.subarray(0, filled).sort();
}
