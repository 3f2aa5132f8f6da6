import { type Card, DECK_SIZE, rankOf, suitOf } from "../cards.js";
import { bitCount } from "../combinatorics.js";
import { CATEGORY_OF_VALUE } from "../evaluator/categories.js";
import { type BoardFacts, KIND, madeValue } from "./board-facts.js";

const maskOf = (ranks: readonly number[]): number => ranks.reduce((mask, rank) => mask | (1 << rank), 0);

/** Five ranks of a straight as masks; the ace is also low. */
const STRAIGHTS = [0b1_0000_0000_1111, ...Array.from({ length: 9 }, (_, low) => 0b11111 << low)];

/** Cards of each suit in a hand, and the highest rank of each; -1 without one. */
function suitsOf(hand: Uint8Array): { readonly counts: Uint8Array; readonly tops: Int8Array } {
  const counts = new Uint8Array(4);
  const tops = new Int8Array(4).fill(-1);
  for (const card of hand) {
    counts[suitOf(card)]++;
    tops[suitOf(card)] = Math.max(tops[suitOf(card)], rankOf(card));
  }
  return { counts, tops };
}

/** Suits in which a hand draws to a flush, for each with the hand's highest rank of it. */
function someSuit(
  hand: Uint8Array,
  { suitCounts }: BoardFacts,
  onBoard: (count: number) => boolean,
  fits: (suit: number, held: number, top: number) => boolean,
): boolean {
  const { counts, tops } = suitsOf(hand);
  return [0, 1, 2, 3].some((suit) => onBoard(suitCounts[suit]) && fits(suit, counts[suit], tops[suit]));
}

const twoOnBoard = (count: number): boolean => count === 2;
const oneOnBoard = (count: number): boolean => count === 1;
const threeOnBoard = (count: number): boolean => count >= 3;

const isFlushDraw = (hand: Uint8Array, board: BoardFacts): boolean =>
  board.cards.length < 5 && someSuit(hand, board, twoOnBoard, (_, held) => held >= 2);

/** Whether a hand belongs to a draw or a blocker on a board. */
export type HandOnBoard = (hand: Uint8Array, board: BoardFacts) => boolean;

/** Next cards that make a straight: how many, and of how many ranks. None once there is a straight, or after the river. */
export interface StraightOuts {
  readonly cards: number;
  readonly ranks: number;
}

const NO_OUTS: StraightOuts = { cards: 0, ranks: 0 };
const pairsToCome = new WeakMap<BoardFacts, readonly Uint16Array[]>();

/** By rank of the next card and lower rank of two hole cards: the higher ranks that make a straight with it, as a mask. */
function straightPairs(board: BoardFacts): readonly Uint16Array[] {
  const found = pairsToCome.get(board);
  if (found !== undefined) return found;
  const onBoard = maskOf(board.ranks);
  const table = Array.from({ length: 13 }, (_, next) => {
    const pairs = new Uint16Array(13);
    for (const straight of STRAIGHTS) addPairs(pairs, straight, next, onBoard);
    return pairs;
  });
  pairsToCome.set(board, table);
  return table;
}

/** Two of the straight's ranks come from the hand, the next card is one of the others, the rest lies on the board. */
function addPairs(pairs: Uint16Array, straight: number, next: number, onBoard: number): void {
  if (((straight >> next) & 1) === 0) return;
  const others = straight & ~(1 << next);
  for (let low = 0; low < 13; low++) {
    for (let high = low + 1; high < 13; high++) {
      const hole = (1 << low) | (1 << high);
      if ((others & hole) !== hole || (others & ~hole & ~onBoard) !== 0) continue;
      pairs[low] |= 1 << high;
    }
  }
}

function hasStraight(hand: Uint8Array, board: BoardFacts): boolean {
  const onBoard = maskOf(board.ranks);
  const held = maskOf(Array.from(hand, rankOf));
  // Exactly two ranks come from the hand: those that the board lacks, and others of the straight in place of the board's.
  return STRAIGHTS.some(
    (straight) =>
      bitCount(straight & onBoard) >= 3 && (straight & ~onBoard & ~held) === 0 && bitCount(straight & held) >= 2,
  );
}

/** Counts the next cards that make a straight for a hand that has none. */
export function straightOuts(hand: Uint8Array, board: BoardFacts): StraightOuts {
  if (board.cards.length > 4 || hasStraight(hand, board)) return NO_OUTS;
  const held = new Uint8Array(13);
  let mask = 0;
  for (const card of hand) {
    held[rankOf(card)]++;
    mask |= 1 << rankOf(card);
  }
  const table = straightPairs(board);
  let cards = 0;
  let ranks = 0;
  for (let next = 0; next < 13; next++) {
    const left = 4 - held[next] - board.rankCounts[next];
    if (left === 0 || board.rankCounts[next] > 0 || !completes(table[next], mask)) continue;
    cards += left;
    ranks++;
  }
  return { cards, ranks };
}

function completes(pairs: Uint16Array, mask: number): boolean {
  for (let low = 0; low < 13; low++) if ((mask >> low) & 1 && (pairs[low] & mask) !== 0) return true;
  return false;
}

const isStrongStraightDraw = (hand: Uint8Array, board: BoardFacts): boolean => straightOuts(hand, board).ranks >= 2;

/** Draws, by name. */
export const DRAWS: Readonly<Record<string, HandOnBoard>> = {
  fd: isFlushDraw,
  nfd: (hand, board) =>
    board.cards.length < 5 &&
    someSuit(hand, board, twoOnBoard, (suit, held, top) => held >= 2 && top === board.topMissing[suit]),
  secondfd: (hand, board) =>
    board.cards.length < 5 &&
    someSuit(hand, board, twoOnBoard, (suit, held, top) => held >= 2 && top === board.secondMissing[suit]),
  bdfd: (hand, board) => board.cards.length === 3 && someSuit(hand, board, oneOnBoard, (_, held) => held >= 2),
  nbdfd: (hand, board) =>
    board.cards.length === 3 &&
    someSuit(hand, board, oneOnBoard, (suit, held, top) => held >= 2 && top === board.topMissing[suit]),
  straightdraw: (hand, board) => straightOuts(hand, board).ranks >= 1,
  gutshot: (hand, board) => straightOuts(hand, board).ranks === 1,
  oesd: (hand, board) => straightOuts(hand, board).ranks === 2,
  wrap: (hand, board) => straightOuts(hand, board).ranks >= 3,
  combodraw: (hand, board) => isFlushDraw(hand, board) && isStrongStraightDraw(hand, board),
  draw: (hand, board) => isFlushDraw(hand, board) || isStrongStraightDraw(hand, board),
};

/** Cards and ranks of the pairs of cards that make a strength. */
function makersOf(board: BoardFacts, value: number): { readonly cards: Uint8Array; readonly ranks: Uint8Array } {
  const cards = new Uint8Array(DECK_SIZE);
  const ranks = new Uint8Array(13);
  board.pairValues.forEach((made, pair) => {
    if (made !== value) return;
    for (const card of [Math.floor(pair / DECK_SIZE), pair % DECK_SIZE] satisfies Card[]) {
      cards[card] = 1;
      ranks[rankOf(card)] = 1;
    }
  });
  return { cards, ranks };
}

const remembered = <T>(make: (board: BoardFacts) => T): ((board: BoardFacts) => T) => {
  const known = new WeakMap<BoardFacts, { readonly value: T }>();
  return (board) => {
    const found = known.get(board) ?? { value: make(board) };
    known.set(board, found);
    return found.value;
  };
};

const nutStraight = remembered((board) => {
  const value = board.strengths.find((strength) => CATEGORY_OF_VALUE[strength] === KIND.straight);
  return value === undefined ? undefined : { value, ...makersOf(board, value) };
});
const nuts = remembered((board) => makersOf(board, board.strengths[0]));

/** Blockers, by name. */
export const BLOCKERS: Readonly<Record<string, HandOnBoard>> = {
  nfb: (hand, board) =>
    someSuit(hand, board, threeOnBoard, (suit, held, top) => held === 1 && top === board.topMissing[suit]),
  nfdb: (hand, board) =>
    board.cards.length < 5 &&
    someSuit(hand, board, twoOnBoard, (suit, held, top) => held === 1 && top === board.topMissing[suit]),
  nsb: (hand, board) => {
    const nut = nutStraight(board);
    if (nut === undefined || !hand.some((card) => nut.ranks[rankOf(card)] === 1)) return false;
    return !holdsPair(hand, board, nut.value);
  },
  topsetblocker: (hand, { ranks: [top = -1], rankCounts }) =>
    rankCounts[top] === 1 && hand.filter((card) => rankOf(card) === top).length === 1,
  nutsblocker: (hand, board) =>
    madeValue(board, hand) !== board.strengths[0] && hand.some((card) => nuts(board).cards[card] === 1),
};

/** Whether two cards of the hand make just this strength. */
function holdsPair(hand: Uint8Array, { pairValues }: BoardFacts, value: number): boolean {
  return hand.some((low, i) => hand.subarray(i + 1).some((high) => pairValues[low * DECK_SIZE + high] === value));
}
