import type { HandSet } from "./hand-set.js";

/**
 * For one player's hands: the accumulator slots of the card subsets that occur in both players' ranges.
 * `slots[bounds[2h] … bounds[2h+1])` are the odd-sized subsets of hand `h`, up to `bounds[2h+2]` the even-sized ones.
 * Slot 0 is the empty subset, which every hand has.
 */
export interface SubsetSlots {
  readonly slots: Uint32Array;
  /** Length 2 × count + 1. */
  readonly bounds: Uint32Array;
}

export interface SlotIndex {
  readonly seats: readonly [SubsetSlots, SubsetSlots];
  readonly slotCount: number;
}

/** Base of the number that encodes a subset: one more than the largest card, so that "no card" has a digit. */
const CARD_BASE = 64;

function subsetKeys(hands: HandSet, hand: number, out: Float64Array): void {
  out[0] = 0;
  let filled = 1;
  for (let i = 0; i < hands.k; i++) {
    const digit = hands.cards[hand * hands.k + i] + 1;
    for (let j = 0; j < filled; j++) out[filled + j] = out[j] * CARD_BASE + digit;
    filled *= 2;
  }
}

function popcountParity(k: number): Uint8Array {
  const parity = new Uint8Array(1 << k);
  for (let mask = 1; mask < parity.length; mask++) parity[mask] = parity[mask >> 1] ^ (mask & 1);
  return parity;
}

function collectKeys(hands: HandSet): Set<number> {
  const keys = new Set<number>();
  const buffer = new Float64Array(1 << hands.k);
  for (let hand = 0; hand < hands.count; hand++) {
    subsetKeys(hands, hand, buffer);
    for (const key of buffer) keys.add(key);
  }
  return keys;
}

function listSlots(hands: HandSet, slotOf: ReadonlyMap<number, number>): SubsetSlots {
  const subsets = 1 << hands.k;
  const parity = popcountParity(hands.k);
  const buffer = new Float64Array(subsets);
  const slots = new Uint32Array(hands.count * subsets);
  const bounds = new Uint32Array(hands.count * 2 + 1);
  let filled = 0;
  for (let hand = 0; hand < hands.count; hand++) {
    subsetKeys(hands, hand, buffer);
    for (const wanted of [1, 0]) {
      bounds[hand * 2 + 1 - wanted] = filled;
      for (let mask = 0; mask < subsets; mask++) {
        if (parity[mask] !== wanted) continue;
        const slot = slotOf.get(buffer[mask]);
        if (slot !== undefined) slots[filled++] = slot;
      }
    }
  }
  bounds[hands.count * 2] = filled;
  return { slots: slots.slice(0, filled), bounds };
}

/**
 * Numbers the subsets (the empty one included) that occur in hands of both ranges. Subsets of one range only can
 * neither be asked for nor block anything, so they need no accumulator: sparse ranges skip most triples and quads.
 */
export function indexSubsets(first: HandSet, second: HandSet): SlotIndex {
  const inSecond = collectKeys(second);
  const slotOf = new Map<number, number>([[0, 0]]);
  for (const key of collectKeys(first)) if (inSecond.has(key) && !slotOf.has(key)) slotOf.set(key, slotOf.size);
  return { seats: [listSlots(first, slotOf), listSlots(second, slotOf)], slotCount: slotOf.size };
}
