import { type PreparedSpot, prepareSpot } from "./prepare-spot.js";
import type { SolverInput } from "./solver-input.js";

/** Kernel: see {@link prepareSpot}. */
export function run(input: SolverInput): PreparedSpot {
  return prepareSpot(input);
}
