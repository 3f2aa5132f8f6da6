import { type ExpandInput, expandFlops, type PlannedFlop } from "./expand-flops.js";

/** Kernel: see {@link expandFlops}. */
export function run(input: ExpandInput): PlannedFlop[] {
  return expandFlops(input);
}
