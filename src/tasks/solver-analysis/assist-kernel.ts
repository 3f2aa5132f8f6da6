import { SolveCancelled } from "../../poker/errors.js";
import { SampledCrew } from "../../poker/solver/sampled/sampled-crew.js";
import { Crew } from "../../poker/solver/vector/crew.js";
import type { AssistJob } from "./kernels.js";

/** Kernel: helps a running solve for a slice of time, so that other jobs get their turn; true if more help is welcome. */
export function run({ plan, helper, milliseconds }: AssistJob): boolean {
  try {
    if ("kind" in plan) return new SampledCrew(plan).help(helper, milliseconds);
    // Only the leader says when to stop: a helper that left its task half done would spoil the iteration.
    return new Crew(plan, helper, () => false).help(milliseconds);
  } catch (error) {
    if (error instanceof SolveCancelled) return false;
    throw error;
  }
}
