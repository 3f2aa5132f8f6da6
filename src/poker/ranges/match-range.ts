import type { Card } from "../cards.js";
import { subsetNumber } from "../combinatorics.js";
import { handRanking } from "./hand-ranking.js";
import type { CardSlot, HandShape, RangeNode } from "./range-tree.js";

/** Whether a hand (distinct cards, ascending) is in a range. */
export type HandTest = (hand: Uint8Array) => boolean;

/** Makes the test for a parsed range. */
export function compileRange(node: RangeNode): HandTest {
  switch (node.kind) {
    case "any":
      return () => true;
    case "or":
      return compileAlternatives(node.parts);
    case "and": {
      const tests = node.parts.map(compileRange);
      return (hand) => tests.every((test) => test(hand));
    }
    case "not": {
      const test = compileRange(node.part);
      return (hand) => !test(hand);
    }
    case "holds":
      return compileHolds(node.slots, node.suits);
    case "shape":
      return SHAPE_TESTS[node.shape];
    case "percent":
      return compilePercent(node.from, node.to);
  }
}

/** Alternatives that name every card become one set, so that a list of thousands of hands costs one look-up. */
function compileAlternatives(parts: readonly RangeNode[]): HandTest {
  const bySize = new Map<number, Set<number>>();
  const tests: HandTest[] = [];
  for (const part of parts) {
    const cards = exactCards(part);
    if (cards === undefined) {
      tests.push(compileRange(part));
      continue;
    }
    const set = bySize.get(cards.length) ?? new Set<number>();
    bySize.set(cards.length, set.add(subsetNumber(cards)));
  }
  // A list of four cards asks for exactly these in a four-card game, but only for a part of a five-card hand.
  const listed = (hand: Uint8Array): boolean => {
    for (const [size, numbers] of bySize) {
      if (size === hand.length ? numbers.has(subsetNumber(hand)) : hasPart(hand, size, numbers)) return true;
    }
    return false;
  };
  return (hand) => (bySize.size > 0 && listed(hand)) || tests.some((test) => test(hand));
}

function exactCards(node: RangeNode): Card[] | undefined {
  if (node.kind !== "holds" || node.suits !== "any") return undefined;
  if (node.slots.some(({ ranks, suit }) => suit < 0 || (ranks & (ranks - 1)) !== 0)) return undefined;
  return node.slots.map(({ ranks, suit }) => (31 - Math.clz32(ranks)) * 4 + suit).sort((one, other) => one - other);
}

function hasPart(hand: Uint8Array, size: number, numbers: ReadonlySet<number>): boolean {
  const part = new Uint8Array(size);
  const fill = (slot: number, limit: number): boolean => {
    if (slot < 0) return numbers.has(subsetNumber(part));
    for (let i = slot; i < limit; i++) {
      part[slot] = hand[i];
      if (fill(slot - 1, i)) return true;
    }
    return false;
  };
  return fill(size - 1, hand.length);
}

function compileHolds(slots: readonly CardSlot[], suits: "any" | "suited" | "offsuit"): HandTest {
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

function compilePercent(from: number, to: number): HandTest {
  const ranking = handRanking();
  const first = (from / 100) * ranking.hands;
  const end = (to / 100) * ranking.hands;
  return (hand) => {
    const better = ranking.betterHands[subsetNumber(hand)];
    return better >= first && better < end;
  };
}

/** How many suits (or ranks) the hand holds at least two cards of. */
function repeated(hand: Uint8Array, keyOf: (card: Card) => number): { groups: number; largest: number } {
  const counts = new Uint8Array(16);
  for (const card of hand) counts[keyOf(card)]++;
  return { groups: counts.filter((count) => count >= 2).length, largest: Math.max(...counts) };
}
const suits = (hand: Uint8Array) => repeated(hand, (card) => card & 3);
const ranks = (hand: Uint8Array) => repeated(hand, (card) => card >> 2);

const SHAPE_TESTS: Readonly<Record<HandShape, HandTest>> = {
  rainbow: (hand) => suits(hand).groups === 0,
  "single-suited": (hand) => suits(hand).groups === 1,
  "double-suited": (hand) => suits(hand).groups === 2,
  "triple-suited": (hand) => suits(hand).groups === 3,
  monotone: (hand) => suits(hand).largest === hand.length,
  unpaired: (hand) => ranks(hand).groups === 0,
  "one-pair": (hand) => ranks(hand).groups === 1 && ranks(hand).largest === 2,
  "two-pair": (hand) => ranks(hand).groups === 2 && ranks(hand).largest === 2,
  trips: (hand) => ranks(hand).largest === 3,
  quads: (hand) => ranks(hand).largest === 4,
  rundown: isRundown,
};

/** All ranks different and next to each other; the ace may be low. */
function isRundown(hand: Uint8Array): boolean {
  let mask = 0;
  for (const card of hand) mask |= 1 << (card >> 2);
  const run = (1 << hand.length) - 1;
  for (let low = 0; low + hand.length <= 13; low++) if (mask === run << low) return true;
  return mask === ((run >> 1) | (1 << 12));
}
