/** Filled by scripts/generate-hand-order.ts. */
export const HAND_ORDER = "";
