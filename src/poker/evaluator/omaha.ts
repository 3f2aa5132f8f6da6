import type { Card } from "../cards.js";
import type { HandValue } from "./categories.js";
import type { EvaluatorTables } from "./tables.js";

/**
 * Suits as four-bit fields of one word: adding 5 to each sets its top bit from a count of three on. Not exported, since an
 * exported constant is loaded at each use, which costs the evaluator eight percent.
 */
const THREE_OR_MORE = 0x5555;
const TOP_BITS = 0x8888;

/** Evaluates Omaha hands: exactly two hole cards and three board cards, whatever the number of hole cards. */
export class OmahaEvaluator {
  private readonly offsuit: Uint16Array;
  private readonly flush: Uint16Array;
  private readonly flushRow: Uint32Array;
  private readonly pair: Uint8Array;
  private readonly joinPairs: Uint16Array;
  private readonly addFifth: Uint16Array;
  private rowStart = 0;
  private suit = -1;
  private suitRow = 0;

  constructor(readonly tables: EvaluatorTables) {
    this.offsuit = tables.offsuit;
    this.flush = tables.flush;
    this.flushRow = tables.flushRow;
    this.pair = tables.pair;
    this.joinPairs = tables.joinPairs;
    this.addFifth = tables.addFifth;
  }

  /** Sets the board that the other methods evaluate on: five distinct cards. */
  setBoard(a: Card, b: Card, c: Card, d: Card, e: Card): void {
    const ab = this.pair[((a & 60) << 2) | (b >> 2)];
    const cd = this.pair[((c & 60) << 2) | (d >> 2)];
    const four = this.joinPairs[ab * 91 + cd];
    this.rowStart = this.addFifth[four * 13 + (e >> 2)] * 91;
    const counts =
      (1 << ((a & 3) << 2)) +
      (1 << ((b & 3) << 2)) +
      (1 << ((c & 3) << 2)) +
      (1 << ((d & 3) << 2)) +
      (1 << ((e & 3) << 2));
    const full = (counts + THREE_OR_MORE) & TOP_BITS;
    if (full === 0) {
      this.suit = -1;
      return;
    }
    const suit = (31 - Math.clz32(full)) >> 2;
    this.suit = suit;
    let mask = 0;
    if ((a & 3) === suit) mask |= 1 << (a >> 2);
    if ((b & 3) === suit) mask |= 1 << (b >> 2);
    if ((c & 3) === suit) mask |= 1 << (c >> 2);
    if ((d & 3) === suit) mask |= 1 << (d >> 2);
    if ((e & 3) === suit) mask |= 1 << (e >> 2);
    this.suitRow = this.flushRow[mask];
  }

  /** Value of two hole cards on the board. */
  pairValue(a: Card, b: Card): HandValue {
    const pair = this.pair[((a & 60) << 2) | (b >> 2)];
    const value = this.offsuit[this.rowStart + pair];
    if (this.suit !== (a & 3) || this.suit !== (b & 3)) return value;
    return Math.max(value, this.flush[this.suitRow + pair]);
  }

  /** Value of four hole cards on the board. */
  evaluate4(a: Card, b: Card, c: Card, d: Card): HandValue {
    const { pair, offsuit, rowStart: row } = this;
    const ra = (a & 60) << 2;
    const rb = (b & 60) << 2;
    const c2 = c >> 2;
    const d2 = d >> 2;
    const ab = pair[ra | (b >> 2)];
    const ac = pair[ra | c2];
    const ad = pair[ra | d2];
    const bc = pair[rb | c2];
    const bd = pair[rb | d2];
    const cd = pair[((c & 60) << 2) | d2];
    let best = offsuit[row + ab];
    let value = offsuit[row + ac];
    if (value > best) best = value;
    value = offsuit[row + ad];
    if (value > best) best = value;
    value = offsuit[row + bc];
    if (value > best) best = value;
    value = offsuit[row + bd];
    if (value > best) best = value;
    value = offsuit[row + cd];
    if (value > best) best = value;
    if (this.suit < 0) return best;
    value = this.flush4(a, b, c, d);
    return value > best ? value : best;
  }

  /** Best flush of four hole cards on a board with three or more cards of one suit; 0 without one. */
  private flush4(a: Card, b: Card, c: Card, d: Card): HandValue {
    const { suit } = this;
    let best = 0;
    if ((a & 3) === suit) {
      if ((b & 3) === suit) best = this.flushValue(a, b);
      if ((c & 3) === suit) best = Math.max(best, this.flushValue(a, c));
      if ((d & 3) === suit) best = Math.max(best, this.flushValue(a, d));
    }
    if ((b & 3) === suit) {
      if ((c & 3) === suit) best = Math.max(best, this.flushValue(b, c));
      if ((d & 3) === suit) best = Math.max(best, this.flushValue(b, d));
    }
    if ((c & 3) === suit && (d & 3) === suit) best = Math.max(best, this.flushValue(c, d));
    return best;
  }

  private flushValue(a: Card, b: Card): HandValue {
    return this.flush[this.suitRow + this.pair[((a & 60) << 2) | (b >> 2)]];
  }

  /** Value of `size` hole cards that start at `cards[from]`. */
  evaluate(cards: ArrayLike<Card>, from = 0, size = cards.length - from): HandValue {
    if (size === 4) {
      return this.evaluate4(cards[from], cards[from + 1], cards[from + 2], cards[from + 3]);
    }
    let best = 0;
    for (let i = from + 1; i < from + size; i++) {
      for (let j = from; j < i; j++) {
        const value = this.pairValue(cards[j], cards[i]);
        if (value > best) best = value;
      }
    }
    return best;
  }
}
