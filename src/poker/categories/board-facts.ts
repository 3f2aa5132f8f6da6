import { type Card, DECK_SIZE, deckWithout, rankOf, suitOf } from "../cards.js";
import { bitCount, forEachSubset } from "../combinatorics.js";
import { CATEGORY_OF_VALUE, CATEGORY_TOP } from "../evaluator/categories.js";
import { buildFiveCardValues, multisetIndex } from "../evaluator/five-card-values.js";

/** Numbers of the evaluator's categories. */
export const KIND = {
  highCard: 0,
  pair: 1,
  twoPair: 2,
  threeOfAKind: 3,
  straight: 4,
  flush: 5,
  fullHouse: 6,
  quads: 7,
  straightFlush: 8,
} as const;

/** What the categories ask of a board of three to five cards. */
export interface BoardFacts {
  readonly cards: readonly Card[];
  /** Distinct ranks, highest first. */
  readonly ranks: readonly number[];
  readonly rankCounts: Uint8Array;
  readonly suitCounts: Uint8Array;
  /** By suit: the highest rank that is not on the board. */
  readonly topMissing: readonly number[];
  /** By suit: the second highest. */
  readonly secondMissing: readonly number[];
  /** By `low * 52 + high`: strength of two cards with the best three of the board; 0 where a card is on the board. */
  readonly pairValues: Uint16Array;
  /** Strengths that two cards can make, strongest first. */
  readonly strengths: readonly number[];
}

let tables: { readonly values: ReturnType<typeof buildFiveCardValues>; readonly ranks: readonly Ranks[] } | undefined;

/** Ranks of five cards, by how often they occur. */
export interface Ranks {
  /** Of pairs, highest first. */
  readonly pairs: readonly number[];
  /** Of three of a kind, or -1. */
  readonly three: number;
}

function fiveCards(): NonNullable<typeof tables> {
  if (tables !== undefined) return tables;
  const values = buildFiveCardValues();
  const ranks: Ranks[] = [];
  forEachMultiset((five) => {
    const value = values.offsuit[multisetIndex(...five)];
    if (value > 0 && CATEGORY_OF_VALUE[value] <= KIND.threeOfAKind) ranks[value] = ranksOfFive(five);
  });
  tables = { values, ranks };
  return tables;
}

function forEachMultiset(visit: (five: [number, number, number, number, number]) => void): void {
  for (let e = 0; e < 13; e++)
    for (let d = 0; d <= e; d++)
      for (let c = 0; c <= d; c++)
        for (let b = 0; b <= c; b++) for (let a = 0; a <= b; a++) if (a !== e) visit([a, b, c, d, e]);
}

function ranksOfFive(five: readonly number[]): Ranks {
  const counts = new Uint8Array(13);
  for (const rank of five) counts[rank]++;
  const having = (count: number): number[] => [...counts.keys()].filter((rank) => counts[rank] === count).reverse();
  return { pairs: having(2), three: having(3)[0] ?? -1 };
}

/** Ranks of the pairs and of the three of a kind in a hand of at most three of a kind. */
export const ranksOfValue = (value: number): Ranks => fiveCards().ranks[value] ?? { pairs: [], three: -1 };

/** Weakest strength of a category. */
export const floorOf = (kind: number): number => (kind === 0 ? 1 : CATEGORY_TOP[kind - 1] + 1);

const known = new Map<string, BoardFacts>();
const MOST_KNOWN = 64;

/** The facts of a board; those of the last boards are kept. */
export function boardFacts(cards: readonly Card[]): BoardFacts {
  const key = cards.join();
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const facts = readBoard(cards);
  known.set(key, facts);
  return facts;
}

function readBoard(cards: readonly Card[]): BoardFacts {
  const rankCounts = new Uint8Array(13);
  const suitCounts = new Uint8Array(4);
  for (const card of cards) {
    rankCounts[rankOf(card)]++;
    suitCounts[suitOf(card)]++;
  }
  const missing = [0, 1, 2, 3].map((suit) =>
    Array.from({ length: 13 }, (_, i) => 12 - i).filter((rank) => !cards.includes(rank * 4 + suit)),
  );
  const pairValues = valuesOfPairs(cards);
  return {
    cards,
    ranks: [...rankCounts.keys()].filter((rank) => rankCounts[rank] > 0).reverse(),
    rankCounts,
    suitCounts,
    topMissing: missing.map(([top = -1]) => top),
    secondMissing: missing.map(([, second = -1]) => second),
    pairValues,
    strengths: [...new Set(pairValues)].filter((value) => value > 0).sort((a, b) => b - a),
  };
}

function valuesOfPairs(board: readonly Card[]): Uint16Array {
  const { values } = fiveCards();
  const pairValues = new Uint16Array(DECK_SIZE * DECK_SIZE);
  const triples: number[][] = [];
  forEachSubset(board, 3, (triple) => triples.push([...triple]));
  forEachSubset(deckWithout(board), 2, (pair) => {
    let best = 0;
    for (const triple of triples) best = Math.max(best, valueOfFive(values, [...pair, ...triple]));
    pairValues[pair[0] * DECK_SIZE + pair[1]] = best;
  });
  return pairValues;
}

function valueOfFive(values: ReturnType<typeof buildFiveCardValues>, cards: readonly Card[]): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = cards.map(rankOf).sort((one, other) => one - other);
  const suits = cards.reduce((mask, card) => mask | (1 << suitOf(card)), 0);
  if (bitCount(suits) > 1) return values.offsuit[multisetIndex(a, b, c, d, e)];
  return values.suited[(1 << a) | (1 << b) | (1 << c) | (1 << d) | (1 << e)];
}

/** Strength of a hand (ascending cards) on the board: its best pair with the best three cards. */
export function madeValue({ pairValues }: BoardFacts, hand: Uint8Array): number {
  let best = 0;
  for (let i = 0; i < hand.length; i++) {
    for (let j = i + 1; j < hand.length; j++) best = Math.max(best, pairValues[hand[i] * DECK_SIZE + hand[j]]);
  }
  return best;
}
