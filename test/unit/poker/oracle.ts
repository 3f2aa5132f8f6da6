import type { Card } from "../../../src/poker/cards.js";

/**
 * A second evaluator that shares no code and no table with `src/poker`: it counts ranks and suits of five cards and
 * reads the category off the counts. Slow and plain on purpose.
 *
 * @returns a number that orders five-card hands: category × 2^20 + the deciding ranks, four bits each
 */
export function orderOfFive(a: Card, b: Card, c: Card, d: Card, e: Card): number {
  const mask = (1 << (a >> 2)) | (1 << (b >> 2)) | (1 << (c >> 2)) | (1 << (d >> 2)) | (1 << (e >> 2));
  const flush = (a & 3) === (b & 3) && (b & 3) === (c & 3) && (c & 3) === (d & 3) && (d & 3) === (e & 3);
  let distinct = 0;
  for (let bits = mask; bits !== 0; bits &= bits - 1) distinct++;
  if (distinct === 5) {
    const top = 31 - Math.clz32(mask);
    const straightTop = mask === 0x100f ? 3 : mask === 0x1f << (top - 4) ? top : -1;
    if (straightTop >= 0) return (flush ? 8 : 4) * 2 ** 20 + straightTop;
    return (flush ? 5 : 0) * 2 ** 20 + ranksDown(mask);
  }
  // Ranks seen at least twice, three times, four times.
  let once = 0;
  let twice = 0;
  let thrice = 0;
  let four = 0;
  for (const card of [a, b, c, d, e]) {
    const bit = 1 << (card >> 2);
    four |= thrice & bit;
    thrice |= twice & bit;
    twice |= once & bit;
    once |= bit;
  }
  if (four !== 0) return 7 * 2 ** 20 + ranksDown(four) * 16 + ranksDown(mask & ~four);
  if (thrice !== 0) {
    const rest = mask & ~thrice;
    if (distinct === 2) return 6 * 2 ** 20 + ranksDown(thrice) * 16 + ranksDown(rest);
    return 3 * 2 ** 20 + ranksDown(thrice) * 256 + ranksDown(rest);
  }
  const kickers = mask & ~twice;
  if (distinct === 3) return 2 * 2 ** 20 + ranksDown(twice) * 16 + ranksDown(kickers);
  return 1 * 2 ** 20 + ranksDown(twice) * 4096 + ranksDown(kickers);
}

/** Ranks of a mask from the highest down, four bits each. */
function ranksDown(mask: number): number {
  let digits = 0;
  for (let bits = mask; bits !== 0; ) {
    const top = 31 - Math.clz32(bits);
    digits = digits * 16 + top;
    bits &= ~(1 << top);
  }
  return digits;
}

/** Best order over every two of `hole` with every three of `board`. */
export function orderOfOmaha(hole: ArrayLike<Card>, board: ArrayLike<Card>): number {
  let best = 0;
  for (let i = 1; i < hole.length; i++)
    for (let j = 0; j < i; j++)
      for (let p = 2; p < board.length; p++)
        for (let q = 1; q < p; q++)
          for (let r = 0; r < q; r++) {
            const order = orderOfFive(
              hole[i] as number,
              hole[j] as number,
              board[p] as number,
              board[q] as number,
              board[r] as number,
            );
            if (order > best) best = order;
          }
  return best;
}

/** Every order that some five cards have, ascending: 7462 of them. Position + 1 is the value `src/poker` shall give. */
export function allOrders(visit: (order: number) => void = () => {}): number[] {
  const orders = new Set<number>();
  for (let e = 4; e < 52; e++)
    for (let d = 3; d < e; d++)
      for (let c = 2; c < d; c++)
        for (let b = 1; b < c; b++)
          for (let a = 0; a < b; a++) {
            const order = orderOfFive(a, b, c, d, e);
            orders.add(order);
            visit(order);
          }
  return [...orders].sort((one, other) => one - other);
}

/** A small seeded generator (mulberry32) for test spots; returns a float in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fills `into` with the first cards of a random permutation of `deck`, which is reordered in place. */
export function drawInto(into: Uint8Array, deck: Uint8Array, random: () => number): void {
  for (let i = 0; i < into.length; i++) {
    const j = i + Math.floor(random() * (deck.length - i));
    const card = deck[j] as number;
    deck[j] = deck[i] as number;
    deck[i] = card;
    into[i] = card;
  }
}

/** A deck of 52 as bytes, without the given cards. */
export function deckBytes(dead: Iterable<Card> = []): Uint8Array {
  const gone = new Set(dead);
  return Uint8Array.from(Array.from({ length: 52 }, (_, card) => card).filter((card) => !gone.has(card)));
}
