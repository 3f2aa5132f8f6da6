import { JobInputError } from "../../jobs/errors.js";
import type { JobDefinition } from "../job-definition.js";
import { spotKernel } from "./compute.js";
import { parseSpotInput } from "./parse-input.js";
import type { SpotResult } from "./result-schema.js";
import { simulateSpot } from "./simulate-spot.js";
import type { SpotInput } from "./spot-input.js";

/** The spot simulation: equities of hands on one or two boards. */
export const spotSimulationJob: JobDefinition<SpotInput, SpotResult[]> = {
  jobType: "SPOT_SIMULATION",
  parse: parseSpotInput,
  async work(run, input) {
    try {
      return await simulateSpot(input, {
        compute: (chunk) => run.compute(spotKernel, chunk),
        signal: run.signal,
        report: (percentage, message) => run.report(percentage, message),
      });
    } catch (error) {
      throw isSpotError(error) ? new JobInputError(error.message, { cause: error }) : error;
    }
  },
  answer: (result) => ({ result }),
};

/** Errors of src/poker, also those that crossed from a thread: no other attempt would mend them. */
function isSpotError(error: unknown): error is Error {
  const code = error instanceof Error ? (error as Error & { readonly code?: unknown }).code : undefined;
  return typeof code === "string" && code.startsWith("POKER_");
}
