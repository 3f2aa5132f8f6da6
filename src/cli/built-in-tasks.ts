import { SOLVER_QUEUES, SPOT_QUEUES } from "../config.js";

/** Where the backend sends the built-in tasks; undefined for others, which go to the default queue. */
export function queueOfBuiltInTask(task: string): string | undefined {
  if (task.endsWith(".process_spot_simulation")) return SPOT_QUEUES[0];
  if (task.endsWith(".process_solver_analysis")) return SOLVER_QUEUES[0];
  return undefined;
}
