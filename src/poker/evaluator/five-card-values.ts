import { type HandValue, STRENGTHS_IN_CATEGORY } from "./categories.js";

/** Number of multisets of 5 ranks out of 13, five of a rank included: 17 choose 5. */
export const RANK_MULTISETS = 6188;
const WHEEL = 0b1_0000_0000_1111;

/** Strengths of all five-card hands, by what decides them. */
export interface FiveCardValues {
  /** Not all of one suit: by {@link multisetIndex}; 0 for the 13 impossible five of a rank. */
  readonly offsuit: Uint16Array;
  /** All of one suit: by 13-bit rank mask; 0 for masks without exactly five bits. */
  readonly suited: Uint16Array;
}

/** Colexicographic number of five ranks sorted ascending: the sum of (rank_i + i) choose (i + 1). */
export function multisetIndex(a: number, b: number, c: number, d: number, e: number): number {
  return (
    a +
    ((b + 1) * b) / 2 +
    ((c + 2) * (c + 1) * c) / 6 +
    ((d + 3) * (d + 2) * (d + 1) * d) / 24 +
    ((e + 4) * (e + 3) * (e + 2) * (e + 1) * e) / 120
  );
}

/** Rank of the highest card of a straight (3 for the wheel), or -1. */
function straightTop(mask: number): number {
  if (mask === WHEEL) return 3;
  for (let top = 12; top >= 4; top--) if (mask === 0b11111 << (top - 4)) return top;
  return -1;
}

/** By how many ranks occur twice, three times and four times: `pairs + 4 * threes + 16 * fours`. */
const CATEGORY_OF_COUNTS: Readonly<Record<number, number>> = { 0: 0, 1: 1, 2: 2, 4: 3, 5: 6, 16: 7 };

/**
 * Orders hands by the rules: a number whose first base-16 digit is the category and whose others are the ranks that
 * decide, most frequent rank first, then the highest.
 */
function orderOf(a: number, b: number, c: number, d: number, e: number): number {
  const counts = new Uint8Array(13);
  for (const rank of [a, b, c, d, e]) counts[rank]++;
  const repeats = [0, 0, 0, 0, 0];
  let digits = 0;
  let places = 0;
  for (let count = 4; count >= 1; count--) {
    for (let rank = 12; rank >= 0; rank--) {
      if (counts[rank] !== count) continue;
      digits = digits * 16 + rank;
      repeats[count]++;
      places++;
    }
  }
  const [, , pairs = 0, threes = 0, fours = 0] = repeats;
  const top = places === 5 ? straightTop((1 << a) | (1 << b) | (1 << c) | (1 << d) | (1 << e)) : -1;
  if (top >= 0) return 4 * 16 ** 5 + top;
  return (CATEGORY_OF_COUNTS[pairs + 4 * threes + 16 * fours] ?? 0) * 16 ** 5 + digits * 16 ** (5 - places);
}

/** Values of the offsuit categories leave room for flushes and straight flushes. */
function offsuitValues(): { values: Uint16Array; straights: number; flushBase: number; straightFlushBase: number } {
  const hands: { index: number; order: number }[] = [];
  for (let e = 0; e < 13; e++)
    for (let d = 0; d <= e; d++)
      for (let c = 0; c <= d; c++)
        for (let b = 0; b <= c; b++)
          for (let a = 0; a <= b; a++) {
            if (a !== e) hands.push({ index: multisetIndex(a, b, c, d, e), order: orderOf(a, b, c, d, e) });
          }
  hands.sort((one, other) => one.order - other.order);
  const below = (category: number): number => STRENGTHS_IN_CATEGORY.slice(0, category).reduce((sum, n) => sum + n, 0);
  const values = new Uint16Array(RANK_MULTISETS);
  const belowFlush = below(5);
  hands.forEach(({ index }, position) => {
    values[index] = position + 1 + (position >= belowFlush ? STRENGTHS_IN_CATEGORY[5] : 0);
  });
  return { values, straights: below(4), flushBase: belowFlush, straightFlushBase: below(8) };
}

/** Builds both tables from the rules of poker; about 10 ms. */
export function buildFiveCardValues(): FiveCardValues {
  const { values, straights, flushBase, straightFlushBase } = offsuitValues();
  const suited = new Uint16Array(1 << 13);
  for (let e = 4; e < 13; e++)
    for (let d = 3; d < e; d++)
      for (let c = 2; c < d; c++)
        for (let b = 1; b < c; b++)
          for (let a = 0; a < b; a++) {
            const value: HandValue = values[multisetIndex(a, b, c, d, e)];
            const mask = (1 << a) | (1 << b) | (1 << c) | (1 << d) | (1 << e);
            // A flush is ordered as the same ranks offsuit are; a straight becomes a straight flush.
            suited[mask] = value > straights ? straightFlushBase + value - straights : flushBase + value;
          }
  return { offsuit: values, suited };
}
