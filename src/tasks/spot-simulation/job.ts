import { JobRefusedError } from "../../jobs/errors.js";
import type { JobDefinition } from "../job-definition.js";

/** Refuses every job of this kind until its engine lands. */
export const spotSimulationJob: JobDefinition<never, never> = {
  jobType: "SPOT_SIMULATION",
  parse() {
    throw new JobRefusedError("simulation not available yet");
  },
  work() {
    throw new JobRefusedError("simulation not available yet");
  },
  answer: () => ({}),
};
