import { type Card, rankOf, suitOf } from "../cards.js";
import { ALL_RANKS, type CardSlot } from "./range-tree.js";

type SuitCondition = "any" | "suited" | "offsuit";

/** Makes the test whether a hand holds a card for each slot, a different one for each. `suits` binds the first two. */
export function compileHolds(slots: readonly CardSlot[], suits: SuitCondition): (hand: Uint8Array) => boolean {
  if (slots.some(({ rankName, suitName }) => rankName !== undefined || suitName !== undefined)) {
    const search = new NamedSearch(slots, suits);
    return remembered(slots, suits, (hand) => search.fits(hand));
  }
  const fits = ({ ranks, suit }: CardSlot, card: Card): boolean =>
    ((ranks >> (card >> 2)) & 1) === 1 && (suit < 0 || suit === (card & 3));
  const assign = (hand: Uint8Array, slot: number, used: number, firstCard: Card): boolean => {
    const wanted = slots[slot];
    if (wanted === undefined) return true;
    for (let i = 0; i < hand.length; i++) {
      const card = hand[i];
      if ((used >> i) & 1 || !fits(wanted, card)) continue;
      if (slot === 1 && suits !== "any" && (((card ^ firstCard) & 3) === 0) !== (suits === "suited")) continue;
      if (assign(hand, slot + 1, used | (1 << i), slot === 0 ? card : firstCard)) return true;
    }
    return false;
  };
  return (hand) => assign(hand, 0, 0, 0);
}

/** A search that goes by suits alone, or by ranks alone, is made once for each row of suits or of ranks. */
function remembered(
  slots: readonly CardSlot[],
  suits: SuitCondition,
  search: (hand: Uint8Array) => boolean,
): (hand: Uint8Array) => boolean {
  const byRanks = suits === "any" && slots.every(({ suit, suitName }) => suit < 0 && suitName === undefined);
  const bySuits = slots.every(({ ranks, rankName }) => ranks === ALL_RANKS && rankName === undefined);
  if (!byRanks && !bySuits) return search;
  const known = new Map<number, boolean>();
  return (hand) => {
    let key = 1;
    for (let i = 0; i < hand.length; i++) key = key * 13 + (bySuits ? suitOf(hand[i]) : rankOf(hand[i]));
    const answer = known.get(key) ?? search(hand);
    known.set(key, answer);
    return answer;
  };
}

const FREE = -1;

/**
 * Slots with variables. Different variables stand for different ranks (or suits), and for none that the pattern itself
 * names: AARR is not four aces, ssxx not four spades.
 */
class NamedSearch {
  private readonly rankOfName = new Int8Array(8).fill(FREE);
  private readonly suitOfName = new Int8Array(4).fill(FREE);
  private readonly namedRanks: number;
  private readonly namedSuits: number;

  constructor(
    private readonly slots: readonly CardSlot[],
    private readonly suits: SuitCondition,
  ) {
    const plain = slots.filter(({ ranks, rankName }) => rankName === undefined && (ranks & (ranks - 1)) === 0);
    this.namedRanks = plain.reduce((mask, { ranks }) => mask | ranks, 0);
    this.namedSuits = slots.reduce((mask, { suit }) => (suit < 0 ? mask : mask | (1 << suit)), 0);
  }

  fits(hand: Uint8Array): boolean {
    this.rankOfName.fill(FREE);
    this.suitOfName.fill(FREE);
    return this.assign(hand, 0, 0, 0);
  }

  private assign(hand: Uint8Array, slot: number, used: number, firstCard: Card): boolean {
    const wanted = this.slots[slot];
    if (wanted === undefined) return true;
    for (let i = 0; i < hand.length; i++) {
      const card = hand[i];
      if ((used >> i) & 1) continue;
      if (slot === 1 && this.suits !== "any" && (((card ^ firstCard) & 3) === 0) !== (this.suits === "suited"))
        continue;
      if (((wanted.ranks >> rankOf(card)) & 1) === 0 || (wanted.suit >= 0 && wanted.suit !== suitOf(card))) continue;
      const rankWas = wanted.rankName === undefined ? FREE : this.rankOfName[wanted.rankName];
      const suitWas = wanted.suitName === undefined ? FREE : this.suitOfName[wanted.suitName];
      if (!bind(this.rankOfName, wanted.rankName, rankOf(card), this.namedRanks)) continue;
      const bound = bind(this.suitOfName, wanted.suitName, suitOf(card), this.namedSuits);
      if (bound && this.assign(hand, slot + 1, used | (1 << i), slot === 0 ? card : firstCard)) return true;
      if (bound && wanted.suitName !== undefined) this.suitOfName[wanted.suitName] = suitWas;
      if (wanted.rankName !== undefined) this.rankOfName[wanted.rankName] = rankWas;
    }
    return false;
  }
}

/** Gives a variable its value; false where it has another, or the value is another's or excluded. */
function bind(values: Int8Array, name: number | undefined, value: number, excluded: number): boolean {
  if (name === undefined) return true;
  if (values[name] !== FREE) return values[name] === value;
  if (values.includes(value) || (excluded >> value) & 1) return false;
  values[name] = value;
  return true;
}
