import type { DecisionNode } from "../betting/betting-tree.js";
import { type DealModel, dealCount, remainingCards } from "../game/deal-model.js";
import type { HandSet } from "../game/hand-set.js";

/** Cards of each board. */
export type Boards = readonly (readonly number[])[];

/** A decision at which some hands' play is given. */
export interface LockedNode {
  /** Where it stands in the input, for messages. */
  readonly lock: { readonly place: string };
  readonly node: DecisionNode;
  readonly seat: number;
  /** Cards dealt since the root, deal by deal, one for each board; null: any. */
  readonly deals: readonly (readonly number[] | null)[];
  /** Frequency of each action. */
  readonly strategy: readonly number[];
  /** 1 for each hand of the seat that is locked, on the boards as they lie there. */
  readonly holds: (hands: HandSet, boards: Boards) => Uint8Array;
}

/** A heads-up game with exact hands: seat 0 acts first on the root street. */
export interface HeadsUpGame {
  readonly tree: DecisionNode;
  readonly hands: readonly [HandSet, HandSet];
  readonly deal: DealModel;
  /** Play that is given; a later one counts where two are about the same hand at the same decision. */
  readonly locks?: readonly LockedNode[];
}

/** How many ways of dealing a solve looks at: the first deal after the root street, and the second after each. */
export interface DealCounts {
  readonly first: number;
  readonly later: number;
}

/** All ways to deal the streets of a game. */
export function allDeals(deal: DealModel, levels: number): DealCounts {
  const cards = remainingCards(deal).length;
  const boards = deal.boards.length;
  return {
    first: levels > 0 ? dealCount(cards, boards) : 0,
    later: levels > 1 ? dealCount(cards - boards, boards) : 0,
  };
}

/** Final boards that one board can become when `levels` more cards are dealt from `cards`. */
export function finalKeyCount(levels: number, cards: number): number {
  return levels === 0 ? 1 : levels === 1 ? cards : (cards * (cards - 1)) / 2;
}

/** Positions (among `cards` remaining ones) dealt for each final board of one board, in the order of their keys. */
export function finalKeys(levels: number, cards: number): number[][] {
  if (levels === 0) return [[]];
  if (levels === 1) return Array.from({ length: cards }, (_, position) => [position]);
  const keys: number[][] = [];
  for (let high = 1; high < cards; high++) for (let low = 0; low < high; low++) keys.push([low, high]);
  return keys;
}
