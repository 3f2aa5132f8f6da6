import { HANDS_MODULE } from "./hands-module.js";
import { moduleBinder } from "./shared-memory.js";

/** The functions of hands.wat. Addresses are bytes in the memory they are bound to, which starts with evaluator tables. */
export interface Hands {
  evaluateDeals(deals: number, count: number, boards: number, players: number, size: number, out: number): void;
  /** Hands of four cards in whole eights. */
  evaluateOnBoard(table: number, hands: number, count: number, out: number): void;
  countHands(workspace: number, size: number, state: number, lanes: number): void;
  countSuited(
    workspace: number,
    size: number,
    state: number,
    suitMask: number,
    suited: number,
    against: number,
    highestFlush: number,
  ): void;
}

/** Supplies of cards that `countHands` counts at once. */
export const LANES = 4;

/** Where `countHands` finds and leaves things in its workspace: see hands.wat. */
export const HAND_COUNTS = { breakdowns: 0, others: 864, suited: 928, against: 944, ways: 960 } as const;

/** Where `countSuited` does. */
export const SUITED_COUNTS = { breakdown: 0, others: 432, ways: 1120, plainWays: 1216, binomials: 1280 } as const;

/** Binds the functions to a memory. */
export const createHands = moduleBinder<Hands>(HANDS_MODULE);
