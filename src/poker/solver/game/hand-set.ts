import { SolverInputError } from "../../errors.js";

const CARD_BASE = 64;

/** The hands a player may hold. Cards are numbers below the deck's size; hand `h` holds `cards[h * k … h * k + k - 1]`, ascending. */
export interface HandSet {
  /** Cards in a hand: 1 to 6. */
  readonly k: number;
  readonly count: number;
  readonly cards: Uint8Array;
  /** Relative frequency of each hand before card removal, at least 0. */
  readonly weights: Float64Array;
}

/**
 * Builds a hand set from card lists.
 *
 * @throws SolverInputError when the list is empty, sizes differ, a card repeats in a hand, or no weight is positive.
 */
export function createHandSet(hands: readonly (readonly number[])[], weights?: readonly number[]): HandSet {
  const k = hands[0]?.length ?? 0;
  if (k < 1 || k > 6) throw new SolverInputError(`a range needs hands of 1 to 6 cards, got ${k}`);
  const cards = new Uint8Array(hands.length * k);
  hands.forEach((hand, index) => {
    if (hand.length !== k) throw new SolverInputError(`hands of ${k} and of ${hand.length} cards in one range`);
    if (new Set(hand).size !== k) throw new SolverInputError(`a card repeats in hand [${hand.join(" ")}]`);
    cards.set(
      [...hand].sort((a, b) => a - b),
      index * k,
    );
  });
  const weightList = Float64Array.from(weights ?? new Array<number>(hands.length).fill(1));
  if (weightList.length !== hands.length || weightList.some((weight) => !(weight >= 0) || weight === Infinity)) {
    throw new SolverInputError("every hand needs a weight that is finite and not negative");
  }
  if (!weightList.some((weight) => weight > 0))
    throw new SolverInputError("no hand of the range has a positive weight");
  return { k, count: hands.length, cards, weights: weightList };
}

/** The chosen hands of a range, in the order given. */
export function selectHands(hands: HandSet, indexes: ArrayLike<number>, weights?: readonly number[]): HandSet {
  const { k } = hands;
  const count = indexes.length;
  const cards = new Uint8Array(count * k);
  const kept = new Float64Array(count);
  for (let place = 0; place < count; place++) {
    const hand = indexes[place];
    for (let card = 0; card < k; card++) cards[place * k + card] = hands.cards[hand * k + card];
    kept[place] = weights?.[place] ?? hands.weights[hand];
  }
  return { k, count, cards, weights: kept };
}

/** The cards of hand `index`. */
export function handCards(hands: HandSet, index: number): number[] {
  return [...hands.cards.subarray(index * hands.k, (index + 1) * hands.k)];
}

/** A number that tells hands of the same size apart: cards `from … from + k - 1`, in this order. */
export function handKey(cards: ArrayLike<number>, from = 0, k = cards.length): number {
  let key = 0;
  for (let place = 0; place < k; place++) key = key * CARD_BASE + cards[from + place];
  return key;
}

/** Place of a hand in a set, or -1. */
export function findHand(hands: HandSet, cards: readonly number[]): number {
  const wanted = [...cards].sort((a, b) => a - b);
  const { k, count } = hands;
  for (let hand = 0; hand < count; hand++) {
    let place = 0;
    while (place < k && hands.cards[hand * k + place] === wanted[place]) place++;
    if (place === k) return hand;
  }
  return -1;
}

/** True when two hands share a card. */
export function sharesCard(a: HandSet, indexA: number, b: HandSet, indexB: number): boolean {
  for (let i = indexA * a.k; i < (indexA + 1) * a.k; i++) {
    for (let j = indexB * b.k; j < (indexB + 1) * b.k; j++) {
      if (a.cards[i] === b.cards[j]) return true;
    }
  }
  return false;
}

/** Cards of each hand as a bit set in two words: cards 0–31 and 32–63. */
export interface CardMasks {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/** Bit sets of all hands. */
export function cardMasks(hands: HandSet): CardMasks {
  const low = new Uint32Array(hands.count);
  const high = new Uint32Array(hands.count);
  for (let hand = 0; hand < hands.count; hand++) {
    for (const card of hands.cards.subarray(hand * hands.k, (hand + 1) * hands.k)) {
      if (card < 32) low[hand] |= 1 << card;
      else high[hand] |= 1 << (card - 32);
    }
  }
  return { low, high };
}
