import type { JobType } from "../jobs/schema.js";
import { SOLVER_QUEUES, SPOT_QUEUES } from "../plosolver/config/config.js";

/** What the backend sends for each kind of job. */
export const TASK_OF_TYPE: Readonly<Record<JobType, string>> = {
  SPOT_SIMULATION: "tasks.process_spot_simulation",
  SOLVER_ANALYSIS: "tasks.process_solver_analysis",
};

/** Where the backend sends the built-in tasks; undefined for others, which go to the default queue. */
export function queueOfBuiltInTask(task: string): string | undefined {
  if (task.endsWith(".process_spot_simulation")) return SPOT_QUEUES[0];
  if (task.endsWith(".process_solver_analysis")) return SOLVER_QUEUES[0];
  return undefined;
}
