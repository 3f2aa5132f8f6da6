import { DECISION_WORDS, HANDS_AT_ONCE, LEAF_WORDS, STREET_BYTES } from "../wasm/street-passes.js";
import type { StreetBlock } from "./street-block.js";

/** Bytes of a vector: one number for each of four hands. */
export const VECTOR_BYTES = HANDS_AT_ONCE * 4;
/** No card has this bit of the high mask; it marks what only fills a vector up. */
export const NO_HAND = 1 << 31;

/** Hands rounded up to whole vectors. */
export const paddedHands = (count: number): number => Math.ceil(count / HANDS_AT_ONCE) * HANDS_AT_ONCE;

/** Bytes of a street's description. */
export function streetBytes({ decisionNode, leafNode }: Pick<StreetBlock, "decisionNode" | "leafNode">): number {
  return STREET_BYTES + (decisionNode.length * DECISION_WORDS + leafNode.length * LEAF_WORDS) * 4;
}
