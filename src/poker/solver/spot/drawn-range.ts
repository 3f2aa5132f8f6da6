import { type Card, deckWithout } from "../../cards.js";
import { choose } from "../../combinatorics.js";
import { type Random, shuffleStart } from "../../random.js";
import { compileWeights } from "../../ranges/match-range.js";
import { parseRange } from "../../ranges/parse-range.js";
import { handKey } from "../game/hand-set.js";

/** A range by a sample of its hands. */
export interface DrawnRange {
  /** Each ascending, none twice. */
  readonly hands: number[][];
  readonly weights: number[];
  /** Hands of the whole range, about. */
  readonly size: number;
}

/** Hands of a sample, many more than are solved for unless a job asks. */
const DRAWN_HANDS = 20_000;
/** Ranges of more hands are drawn, by hand size: to list them takes seconds. */
const LISTED_AT_MOST: Readonly<Record<number, number>> = { 5: 200_000, 6: 25_000 };
/** Random hands that are looked at, and those after which a range that seems small is left to be listed. */
const MOST_TRIES = 1_000_000;
const FIRST_TRIES = 100_000;

/**
 * Draws hands of a wide range of five- or six-card hands; null for a range that can be listed.
 *
 * @throws PokerError when the notation cannot be read
 */
export function drawRange(text: string, handSize: number, dead: ReadonlySet<Card>, random: Random): DrawnRange | null {
  const listed = LISTED_AT_MOST[handSize];
  if (listed === undefined) return null;
  const weightOf = compileWeights(parseRange(text, handSize).root);
  const deck = Uint8Array.from(deckWithout(dead));
  const all = choose(deck.length, handSize);
  const drawn = new Map<number, { readonly hand: number[]; readonly weight: number }>();
  let tries = 0;
  let found = 0;
  while (tries < MOST_TRIES && drawn.size < DRAWN_HANDS) {
    tries++;
    shuffleStart(deck, handSize, random);
    const hand = deck.slice(0, handSize).sort();
    const weight = weightOf(hand);
    if (weight > 0) {
      found++;
      drawn.set(handKey(hand), { hand: [...hand], weight });
    }
    if (tries === FIRST_TRIES && (found / tries) * all < listed / 2) return null;
  }
  const size = Math.round((found / tries) * all);
  if (size <= listed) return null;
  const entries = [...drawn.values()];
  return { hands: entries.map(({ hand }) => hand), weights: entries.map(({ weight }) => weight), size };
}
