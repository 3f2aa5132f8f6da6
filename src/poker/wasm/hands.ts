import { HANDS_MODULE } from "./hands-module.js";
import { type SharedMemory, wasm } from "./shared-memory.js";

/** The functions of hands.wat. Addresses are bytes in the memory they are bound to, which starts with evaluator tables. */
export interface Hands {
  evaluateDeals(deals: number, count: number, boards: number, players: number, size: number, out: number): void;
  /** Hands of four cards in whole eights. */
  evaluateOnBoard(table: number, hands: number, count: number, out: number): void;
  countHands(workspace: number, size: number, state: number, suited: number, against: number): void;
}

/** Where `countHands` finds and leaves things in its workspace: see hands.wat. */
export const HAND_COUNTS = { breakdown: 0, others: 432, ways: 1120 } as const;

let compiled: object | undefined;

/** Binds the functions to a memory. The module is compiled once a thread. */
export function createHands(memory: SharedMemory): Hands {
  compiled ??= new wasm.Module(Uint8Array.from(Buffer.from(HANDS_MODULE, "base64")));
  const { exports } = new wasm.Instance(compiled, { env: { memory } });
  return exports as unknown as Hands;
}
