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

function subsetKeys(hands: HandSet, hand: number, out: Float64Array, from: number): void {
  out[from] = 0;
  let filled = 1;
  for (let i = 0; i < hands.k; i++) {
    const digit = hands.cards[hand * hands.k + i] + 1;
    for (let j = 0; j < filled; j++) out[from + filled + j] = out[from + j] * CARD_BASE + digit;
    filled *= 2;
  }
}

function popcountParity(k: number): Uint8Array {
  const parity = new Uint8Array(1 << k);
  for (let mask = 1; mask < parity.length; mask++) parity[mask] = parity[mask >> 1] ^ (mask & 1);
  return parity;
}

/** No key, and a key without a number. */
const NO_KEY = -1;
const UNNUMBERED = -2;

/** Numbers for keys: an open hash table. */
class KeyTable {
  readonly #keys: Float64Array;
  readonly #numbers: Int32Array;
  readonly #mask: number;

  /** @param most keys that may be put in */
  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, most * 2)));
    this.#keys = new Float64Array(size).fill(NO_KEY);
    this.#numbers = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** Number of a key; -1 when it is not in. */
  get(key: number): number {
    const place = this.#placeOf(key);
    return this.#keys[place] === key ? this.#numbers[place] : -1;
  }

  set(key: number, number: number): void {
    const place = this.#placeOf(key);
    this.#keys[place] = key;
    this.#numbers[place] = number;
  }

  /** Where a key is or would be. */
  #placeOf(key: number): number {
    const low = (key % 2 ** 32) | 0;
    const high = (key / 2 ** 32) | 0;
    const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
    let place = (mixed ^ (mixed >>> 15)) & this.#mask;
    while (this.#keys[place] !== key && this.#keys[place] !== NO_KEY) place = (place + 1) & this.#mask;
    return place;
  }
}

/** Keys of all subsets, hand after hand. */
function allKeys(hands: HandSet): Float64Array {
  const subsets = 1 << hands.k;
  const keys = new Float64Array(hands.count * subsets);
  for (let hand = 0; hand < hands.count; hand++) subsetKeys(hands, hand, keys, hand * subsets);
  return keys;
}

function listSlots(hands: HandSet, keys: Float64Array, table: KeyTable): SubsetSlots {
  const subsets = 1 << hands.k;
  const parity = popcountParity(hands.k);
  const slots = new Uint32Array(hands.count * subsets);
  const bounds = new Uint32Array(hands.count * 2 + 1);
  let filled = 0;
  for (let hand = 0; hand < hands.count; hand++) {
    for (let wanted = 1; wanted >= 0; wanted--) {
      bounds[hand * 2 + 1 - wanted] = filled;
      for (let mask = 0; mask < subsets; mask++) {
        if (parity[mask] !== wanted) continue;
        const slot = table.get(keys[hand * subsets + mask]);
        if (slot >= 0) slots[filled++] = slot;
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
  const [firstKeys, secondKeys] = [allKeys(first), allKeys(second)];
  const table = new KeyTable(secondKeys.length + 1);
  for (const key of secondKeys) table.set(key, UNNUMBERED);
  table.set(0, 0);
  let slotCount = 1;
  for (const key of firstKeys) if (table.get(key) === UNNUMBERED) table.set(key, slotCount++);
  return { seats: [listSlots(first, firstKeys, table), listSlots(second, secondKeys, table)], slotCount };
}
