import { JobInputError } from "../../jobs/errors.js";
import { isPokerError } from "../../poker/errors.js";
import type { JobDefinition } from "../job-definition.js";
import type { JobWork } from "../job-kind.js";
import { jobTask } from "../job-task.js";
import { spotKernel } from "./compute.js";
import { spotInputSchema } from "./input-schema.js";
import { parseSpotInput } from "./parse-input.js";
import type { SpotResult } from "./result-schema.js";
import { simulateSpot } from "./simulate-spot.js";
import type { SpotInput } from "./spot-input.js";
import { warmUp } from "./warm-up.js";

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
      // No other attempt would mend it.
      throw isPokerError(error) ? new JobInputError(error.message, { cause: error }) : error;
    }
  },
  answer: (result) => ({ result }),
};

export const spotSimulationWork: JobWork = {
  schema: spotInputSchema,
  parse: parseSpotInput,
  task: (settings) => jobTask(spotSimulationJob, settings),
  warmUp: ({ compute, signal }) => warmUp({ compute: (chunk) => compute(spotKernel, chunk), signal }),
};
