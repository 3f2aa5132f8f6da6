import type { JobKind } from "../job-kind.js";
import { exploitability } from "./exploitability.js";

export const solverAnalysis = {
  type: "SOLVER_ANALYSIS",
  word: "solver",
  plural: "solver analyses",
  task: "process_solver_analysis",
  queues: ["solver_analysis", "solver-processing"],
  metric: "solver_analyses_processed_total",
  measure: exploitability,
  slotGroup: "solver",
  answersWithActions: true,
  load: async () => (await import("./work.js")).solverAnalysisWork,
} as const satisfies JobKind;
