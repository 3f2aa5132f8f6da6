import { describe, expect, it } from "vitest";
import { CATEGORIES, CATEGORY_OF_VALUE, categoryName } from "../../../../src/poker/evaluator/categories.js";
import { buildFiveCardValues, multisetIndex } from "../../../../src/poker/evaluator/five-card-values.js";
import { buildTables, openTables } from "../../../../src/poker/evaluator/tables.js";
import { createSharedMemory } from "../../../../src/poker/wasm/shared-memory.js";
import { allOrders, orderOfFive } from "../oracle.js";

const COUNTS = {
  "High Card": 1302540,
  "One Pair": 1098240,
  "Two Pair": 123552,
  "Three of a Kind": 54912,
  Straight: 10200,
  Flush: 5108,
  "Full House": 3744,
  "Four of a Kind": 624,
  "Straight Flush": 40,
};

const tables = buildTables();
const values = buildFiveCardValues();
const orders = allOrders();
const valueOfOrder = new Map(orders.map((order, position) => [order, position + 1]));

const fiveCardValue = (cards: readonly number[]): number => {
  const [p = 0, q = 0, r = 0, s = 0, t = 0] = cards.map((card) => card >> 2).sort((one, other) => one - other);
  const mask = cards.reduce((bits, card) => bits | (1 << (card >> 2)), 0);
  const suited = cards.every((card) => (card & 3) === ((cards[0] ?? 0) & 3));
  return (suited ? values.suited[mask] : values.offsuit[multisetIndex(p, q, r, s, t)]) ?? 0;
};

/** Value of the best five of `ranks` (three of the board, both of the hand) by the oracle; suits differ or agree. */
const oracleValue = (ranks: readonly number[], suited: boolean): number => {
  const seen = new Map<number, number>();
  const cards = ranks.map((rank, position) => {
    const suit = seen.get(rank) ?? 0;
    seen.set(rank, suit + 1);
    return rank * 4 + (suited ? 0 : suit === 0 && position === 4 ? 1 : suit);
  });
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = cards;
  return Math.max(...seen.values()) > 4 ? 0 : (valueOfOrder.get(orderOfFive(a, b, c, d, e)) ?? 0);
};

describe("five-card values", () => {
  it("count every category of the 2,598,960 hands, in 7462 strengths", () => {
    const counts = new Map<string, number>();
    const strengths = new Set<number>();
    for (let e = 4; e < 52; e++)
      for (let d = 3; d < e; d++)
        for (let c = 2; c < d; c++)
          for (let b = 1; b < c; b++)
            for (let a = 0; a < b; a++) {
              const mask = (1 << (a >> 2)) | (1 << (b >> 2)) | (1 << (c >> 2)) | (1 << (d >> 2)) | (1 << (e >> 2));
              const suited = ((a ^ b) & 3) === 0 && ((b ^ c) & 3) === 0 && ((c ^ d) & 3) === 0 && ((d ^ e) & 3) === 0;
              const value =
                (suited
                  ? values.suited[mask]
                  : values.offsuit[multisetIndex(a >> 2, b >> 2, c >> 2, d >> 2, e >> 2)]) ?? 0;
              strengths.add(value);
              const name = categoryName(value);
              counts.set(name, (counts.get(name) ?? 0) + 1);
            }
    expect(Object.fromEntries(counts)).toEqual(COUNTS);
    expect(strengths.size).toBe(7462);
  });

  it("order hands as the oracle does", () => {
    expect(orders.length).toBe(7462);
    for (const hand of [
      [0, 5, 10, 15, 48],
      [32, 36, 40, 44, 48],
      [0, 4, 8, 12, 48],
      [0, 1, 2, 3, 51],
      [0, 1, 4, 5, 6],
    ]) {
      const [a = 0, b = 0, c = 0, d = 0, e = 0] = hand;
      expect(fiveCardValue(hand)).toBe(valueOfOrder.get(orderOfFive(a, b, c, d, e)));
    }
  });

  it("name categories at their borders", () => {
    expect([1, 1277, 1278, 4137, 5853, 5854, 5863, 5864, 7140, 7141, 7452, 7453, 7462].map(categoryName)).toEqual([
      "High Card",
      "High Card",
      "One Pair",
      "One Pair",
      "Three of a Kind",
      "Straight",
      "Straight",
      "Flush",
      "Flush",
      "Full House",
      "Four of a Kind",
      "Straight Flush",
      "Straight Flush",
    ]);
    expect(CATEGORY_OF_VALUE.length).toBe(7463);
    expect(CATEGORIES.length).toBe(9);
  });
});

describe("evaluator tables", () => {
  it("hold the oracle's value in every offsuit entry", () => {
    // Best of three board ranks with two hole ranks, by the oracle, for all 455 × 91; then the best of ten threes.
    const ofThree = new Map<number, number>();
    const key = (ranks: readonly number[], x: number, y: number): number =>
      ranks.reduce((sum, rank) => sum + 5 ** rank, 0) * 256 + x * 16 + y;
    let wrong = 0;
    for (let c = 0; c < 13; c++)
      for (let b = 0; b <= c; b++)
        for (let a = 0; a <= b; a++)
          for (let x = 0; x < 13; x++)
            for (let y = 0; y <= x; y++) ofThree.set(key([a, b, c], x, y), oracleValue([a, b, c, x, y], false));
    for (let e = 0; e < 13; e++)
      for (let d = 0; d <= e; d++)
        for (let c = 0; c <= d; c++)
          for (let b = 0; b <= c; b++)
            for (let a = 0; a <= b; a++) {
              const threes = [
                [a, b, c],
                [a, b, d],
                [a, b, e],
                [a, c, d],
                [a, c, e],
                [a, d, e],
                [b, c, d],
                [b, c, e],
                [b, d, e],
                [c, d, e],
              ];
              const row = multisetIndex(a, b, c, d, e) * 91;
              const distinct = new Set(threes.map((three) => key(three, 0, 0)));
              for (let x = 0; x < 13; x++)
                for (let y = 0; y <= x; y++) {
                  let best = 0;
                  for (const three of distinct) best = Math.max(best, ofThree.get(three + x * 16 + y) ?? 0);
                  if (tables.offsuit[row + y + ((x + 1) * x) / 2] !== best) wrong++;
                }
            }
    expect(wrong).toBe(0);
  });

  it("hold the oracle's value in every flush entry", () => {
    const rows = new Set<number>();
    let wrong = 0;
    for (let mask = 0; mask < 1 << 13; mask++) {
      const ranks = Array.from({ length: 13 }, (_, rank) => rank).filter((rank) => (mask >> rank) & 1);
      if (ranks.length < 3 || ranks.length > 5) continue;
      const row = tables.flushRow[mask] ?? 0;
      rows.add(row);
      for (let x = 0; x < 13; x++)
        for (let y = 0; y <= x; y++) {
          let best = 0;
          if (x !== y && !ranks.includes(x) && !ranks.includes(y))
            for (const [i, a] of ranks.entries())
              for (const [j, b] of ranks.entries())
                for (const [k, c] of ranks.entries())
                  if (i < j && j < k) best = Math.max(best, oracleValue([a, b, c, x, y], true));
          if (tables.flush[row + y + ((x + 1) * x) / 2] !== best) wrong++;
        }
    }
    expect(wrong).toBe(0);
    expect(rows.size).toBe(2288);
  });

  it("are shared memory under 4 MB that another thread can open", () => {
    expect(tables.memory.buffer.byteLength).toBeLessThan(4_000_000);
    const other = openTables(tables.memory);
    expect(other.offsuit[12345]).toBe(tables.offsuit[12345]);
    expect(() => openTables(createSharedMemory(8))).toThrow("have 3801088 bytes, not 65536");
  });
});
