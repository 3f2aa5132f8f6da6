import { JobRefusedError } from "../../jobs/errors.js";
import type { JobDefinition } from "../job-definition.js";

/** Refuses every job of this kind until its engine lands. */
export const solverAnalysisJob: JobDefinition<never, never> = {
  jobType: "SOLVER_ANALYSIS",
  parse() {
    throw new JobRefusedError("solver not available yet");
  },
  work() {
    throw new JobRefusedError("solver not available yet");
  },
  answer: () => ({}),
};
