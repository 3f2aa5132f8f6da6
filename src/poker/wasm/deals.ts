import { DEALS_MODULE } from "./deals-module.js";
import { moduleBinder } from "./shared-memory.js";

/** The functions of deals.wat. Addresses are bytes in the memory they are bound to, which starts with evaluator tables. */
export interface Deals {
  dealRuns(block: number, deals: number, count: number): void;
  countDeals(block: number, deals: number, values: number, count: number): void;
}

/** Where the block of both functions has what: see deals.wat. */
export const DEALS = {
  random: 0,
  sizes: 24,
  live: 64,
  blanks: 128,
  words: 256,
  refused: 2304,
  completions: 2816,
  shape: 5120,
  counts: 5248,
} as const;

/** Binds the functions to a memory. */
export const createDeals = moduleBinder<Deals>(DEALS_MODULE);
