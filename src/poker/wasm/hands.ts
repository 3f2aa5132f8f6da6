import { HANDS_MODULE } from "./hands-module.js";
import { moduleBinder } from "./shared-memory.js";

/** The functions of hands.wat. Addresses are bytes in the memory they are bound to, which starts with evaluator tables. */
export interface Hands {
  evaluateDeals(deals: number, count: number, boards: number, players: number, size: number, out: number): void;
  /** Hands of four cards in whole eights. */
  evaluateOnBoard(table: number, hands: number, count: number, out: number): void;
  countHands(workspace: number, size: number, state: number, suited: number, against: number): void;
  /** After `countHands`. */
  countSuited(workspace: number, size: number, suitMask: number, highestFlush: number): void;
}

/** Where `countHands` and `countSuited` find and leave things in their workspace: see hands.wat. */
export const HAND_COUNTS = { breakdown: 0, others: 432, ways: 1120, plainWays: 1216, binomials: 1280 } as const;

/** Binds the functions to a memory. */
export const createHands = moduleBinder<Hands>(HANDS_MODULE);
