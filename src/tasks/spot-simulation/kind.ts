import type { JobKind } from "../job-kind.js";
import { spotTable } from "./result-table.js";

export const spotSimulation = {
  type: "SPOT_SIMULATION",
  word: "spot",
  plural: "spot simulations",
  task: "process_spot_simulation",
  queues: ["spot_simulation", "spot-processing"],
  metric: "spot_simulations_processed_total",
  resultTable: spotTable,
  load: async () => (await import("./job.js")).spotSimulationWork,
} as const satisfies JobKind;
