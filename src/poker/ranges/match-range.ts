import { type Card, rankOf, suitOf } from "../cards.js";
import { compileCategory } from "../categories/compile-category.js";
import { forEachSubset, subsetNumber } from "../combinatorics.js";
import { compileHolds } from "./hold-cards.js";
import { type HandShape, isWeighted, type RangeNode } from "./range-tree.js";
import { standingOf } from "./standing.js";

/** Whether a hand (distinct cards, ascending) is in a range. */
export type HandTest = (hand: Uint8Array) => boolean;

/** The boards that categories are told by: none, one or two. */
export type Boards = readonly (readonly Card[])[];

/**
 * Makes the test for a parsed range; a hand of weight 0 is not in it.
 * @throws SpotError for a category without a board
 */
export function compileRange(node: RangeNode, boards: Boards = []): HandTest {
  if (isWeighted(node)) {
    const weight = compileWeights(node, boards);
    return (hand) => weight(hand) > 0;
  }
  switch (node.kind) {
    case "any":
      return () => true;
    case "or":
      return compileAlternatives(node.parts, boards);
    case "and": {
      const tests = node.parts.map((part) => compileRange(part, boards));
      return (hand) => tests.every((test) => test(hand));
    }
    case "not": {
      const test = compileRange(node.part, boards);
      return (hand) => !test(hand);
    }
    case "holds":
      return compileHolds(node.slots, node.suits);
    case "shape":
      return SHAPE_TESTS[node.shape];
    case "percent":
      return compilePercent(node.from, node.to);
    case "category":
      return compileCategory(node, boards);
    case "weighted":
      return compileRange(node.part, boards);
  }
}

/** Of a hand of which a range says nothing. */
const UNSAID = -1;

/** The weight of a hand, 0 to 1; -1 where the range does not hold it. */
export type HandWeight = (hand: Uint8Array) => number;

/** Makes the weights of a parsed range: conditions multiply them, of alternatives the last that holds the hand counts. */
export function compileWeights(node: RangeNode, boards: Boards = []): HandWeight {
  if (!isWeighted(node)) {
    const test = compileRange(node, boards);
    return (hand) => (test(hand) ? 1 : UNSAID);
  }
  switch (node.kind) {
    case "weighted": {
      const part = compileWeights(node.part, boards);
      return (hand) => {
        const weight = part(hand);
        return weight === UNSAID ? UNSAID : weight * node.weight;
      };
    }
    case "and": {
      const parts = node.parts.map((part) => compileWeights(part, boards));
      return (hand) => {
        let product = 1;
        for (const part of parts) {
          const weight = part(hand);
          if (weight === UNSAID) return UNSAID;
          product *= weight;
        }
        return product;
      };
    }
    case "or":
      return compileWeightedParts(node.parts, boards);
    default:
      throw new RangeError(`a ${node.kind} has no weights`);
  }
}

interface Placed<T> {
  readonly place: number;
  readonly weight: T;
}

/** Of parts that hold a hand the last one counts. Lists of whole hands are looked up, other parts asked in turn. */
function compileWeightedParts(parts: readonly RangeNode[], boards: Boards): HandWeight {
  const bySize = new Map<number, Map<number, Placed<number>>>();
  const others: Placed<HandWeight>[] = [];
  parts.forEach((part, place) => {
    const cards = exactCards(part.kind === "weighted" ? part.part : part);
    if (cards === undefined) {
      others.unshift({ place, weight: compileWeights(part, boards) });
      return;
    }
    const listed = bySize.get(cards.length) ?? new Map<number, Placed<number>>();
    listed.set(subsetNumber(cards), { place, weight: part.kind === "weighted" ? part.weight : 1 });
    bySize.set(cards.length, listed);
  });
  return (hand) => {
    let last: Placed<number> | undefined;
    for (const [size, listed] of bySize) {
      forEachSubset(hand, size, (part) => {
        const found = listed.get(subsetNumber(part));
        if (found !== undefined && found.place > (last?.place ?? -1)) last = found;
      });
    }
    for (const { place, weight } of others) {
      if (place < (last?.place ?? -1)) break;
      const said = weight(hand);
      if (said !== UNSAID) return said;
    }
    return last?.weight ?? UNSAID;
  };
}

/** Alternatives that name every card become one set, so that a list of thousands of hands costs one look-up. */
function compileAlternatives(parts: readonly RangeNode[], boards: Boards): HandTest {
  const bySize = new Map<number, Set<number>>();
  const tests: HandTest[] = [];
  for (const part of parts) {
    const cards = exactCards(part);
    if (cards === undefined) {
      tests.push(compileRange(part, boards));
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

function compilePercent(from: number, to: number): HandTest {
  return (hand) => {
    const { hands, of } = standingOf(hand);
    return hands >= (from / 100) * of && hands < (to / 100) * of;
  };
}

const counts = new Uint8Array(13);

/** How many suits (or ranks) the hand holds at least two cards of, and the most cards of one. */
function repeated(hand: Uint8Array, keyOf: (card: Card) => number): { groups: number; largest: number } {
  counts.fill(0);
  let groups = 0;
  let largest = 0;
  for (let i = 0; i < hand.length; i++) {
    const count = ++counts[keyOf(hand[i])];
    if (count === 2) groups++;
    if (count > largest) largest = count;
  }
  return { groups, largest };
}
const suits = (hand: Uint8Array) => repeated(hand, suitOf);
const ranks = (hand: Uint8Array) => repeated(hand, rankOf);

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
  "no-trips": (hand) => ranks(hand).largest <= 2,
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
