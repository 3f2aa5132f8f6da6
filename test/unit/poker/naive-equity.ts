import type { Card } from "../../../src/poker/cards.js";
import { CATEGORY_COUNT } from "../../../src/poker/evaluator/categories.js";
import { deckBytes, orderOfOmaha } from "./oracle.js";

/** Results of brute force: what `ShowdownCounts` shall hold. */
export interface NaiveCounts {
  /** `[board][player][category * 3 + (win, tie, loss)]` */
  readonly breakdown: number[][][];
  /** `[board][player][share class]` */
  readonly shares: number[][][];
  /** `[board][card][player][share class]` */
  readonly next: number[][][][];
  /** `[player][top class][bottom class]` */
  readonly joint: number[][][];
}

const zeros = (length: number): number[] => new Array<number>(length).fill(0);
const cells = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
const bump = (row: number[] | undefined, at: number): void => {
  if (row !== undefined) row[at] = (row[at] ?? 0) + 1;
};

export function emptyCounts(players: number, boards: number): NaiveCounts {
  return {
    breakdown: cells(boards, () => cells(players, () => zeros(CATEGORY_COUNT * 3))),
    shares: cells(boards, () => cells(players, () => zeros(players + 1))),
    next: cells(boards, () => cells(52, () => cells(players, () => zeros(players + 1)))),
    joint: cells(players, () => cells(players + 1, () => zeros(players + 1))),
  };
}

/** All `size`-subsets of `items`. */
export function subsets(items: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}

interface Completion {
  readonly cards: readonly Card[];
  readonly orders: readonly number[];
  readonly classes: readonly number[];
}

function complete(hands: readonly (readonly Card[])[], known: readonly Card[], live: readonly Card[]): Completion[] {
  return subsets(live, 5 - known.length).map((cards) => {
    const orders = hands.map((hand) => orderOfOmaha(hand, [...known, ...cards]));
    const best = Math.max(...orders);
    const sharers = orders.filter((order) => order === best).length;
    return { cards, orders, classes: orders.map((order) => (order === best ? sharers : 0)) };
  });
}

/** Deals every completion of every board, pairs them card by card, and counts. Adds to `into`. */
export function countNaively(
  hands: readonly (readonly Card[])[],
  boards: readonly (readonly Card[])[],
  dead: readonly Card[],
  into = emptyCounts(hands.length, boards.length),
): NaiveCounts {
  const live = [...deckBytes([...hands.flat(), ...boards.flat(), ...dead])];
  const completions = boards.map((known) => complete(hands, known, live));
  completions.forEach((ofBoard, board) => {
    for (const { cards, orders, classes } of ofBoard) {
      classes.forEach((share, player) => {
        const category = Math.floor((orders[player] ?? 0) / 2 ** 20);
        bump(into.breakdown[board]?.[player], category * 3 + (share === 0 ? 2 : share === 1 ? 0 : 1));
        bump(into.shares[board]?.[player], share);
        for (const card of cards) bump(into.next[board]?.[card]?.[player], share);
      });
    }
  });
  const [top = [], bottom = []] = completions;
  if (boards.length === 2) countPairs(top, bottom, into);
  return into;
}

function countPairs(top: readonly Completion[], bottom: readonly Completion[], into: NaiveCounts): void {
  for (const one of top) {
    for (const other of bottom) {
      if (other.cards.some((card) => one.cards.includes(card))) continue;
      one.classes.forEach((share, player) => {
        bump(into.joint[player]?.[share], other.classes[player] ?? 0);
      });
    }
  }
}
