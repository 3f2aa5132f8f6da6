import { type Card, DECK_SIZE } from "../cards.js";
import { choose } from "../combinatorics.js";

/** Hole cards of the hands this counts. */
const HAND_SIZE = 4;

/**
 * A growing list of four-card hands that tells how many of them share no card with a given hand, by inclusion–exclusion
 * over the cards they may share: 16 look-ups, however many hands there are.
 */
export class DisjointHands {
  private total = 0;
  private readonly singles = new Int32Array(DECK_SIZE);
  private readonly pairs = new Int32Array(choose(DECK_SIZE, 2));
  private readonly triples = new Int32Array(choose(DECK_SIZE, 3));
  private readonly hands = new Uint16Array(choose(DECK_SIZE, HAND_SIZE));

  clear(): void {
    this.total = 0;
    this.singles.fill(0);
    this.pairs.fill(0);
    this.triples.fill(0);
    this.hands.fill(0);
  }

  /** Adds the hand of ascending cards at `cards[at]`. */
  add(cards: Uint8Array, at: number): void {
    const a = cards[at];
    const b = cards[at + 1];
    const c = cards[at + 2];
    const d = cards[at + 3];
    this.total++;
    bump(this.singles, a);
    bump(this.singles, b);
    bump(this.singles, c);
    bump(this.singles, d);
    bump(this.pairs, pair(a, b));
    bump(this.pairs, pair(a, c));
    bump(this.pairs, pair(a, d));
    bump(this.pairs, pair(b, c));
    bump(this.pairs, pair(b, d));
    bump(this.pairs, pair(c, d));
    bump(this.triples, triple(a, b, c));
    bump(this.triples, triple(a, b, d));
    bump(this.triples, triple(a, c, d));
    bump(this.triples, triple(b, c, d));
    bump(this.hands, triple(a, b, c) + QUAD[d]);
  }

  /** How many hands of the set share no card with the hand of ascending cards at `cards[at]`. */
  count(cards: Uint8Array, at: number): number {
    const a = cards[at];
    const b = cards[at + 1];
    const c = cards[at + 2];
    const d = cards[at + 3];
    const { singles, pairs, triples } = this;
    const one = singles[a] + singles[b] + singles[c] + singles[d];
    const two =
      pairs[pair(a, b)] +
      pairs[pair(a, c)] +
      pairs[pair(a, d)] +
      pairs[pair(b, c)] +
      pairs[pair(b, d)] +
      pairs[pair(c, d)];
    const three =
      triples[triple(a, b, c)] + triples[triple(a, b, d)] + triples[triple(a, c, d)] + triples[triple(b, c, d)];
    const four = this.hands[triple(a, b, c) + QUAD[d]];
    return this.total - one + two - three + four;
  }
}

/** n choose 2, 3 and 4 by n: the parts of colexicographic numbers. */
const PAIR = Int32Array.from({ length: DECK_SIZE }, (_, n) => choose(n, 2));
const TRIPLE = Int32Array.from({ length: DECK_SIZE }, (_, n) => choose(n, 3));
const QUAD = Int32Array.from({ length: DECK_SIZE }, (_, n) => choose(n, 4));

const pair = (low: Card, high: Card): number => PAIR[high] + low;
const triple = (low: Card, middle: Card, high: Card): number => TRIPLE[high] + PAIR[middle] + low;

function bump(counts: Int32Array | Uint16Array, at: number): void {
  counts[at]++;
}
