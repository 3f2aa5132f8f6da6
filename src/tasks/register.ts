import type { Celery, TaskOptions } from "../celery/index.js";
import type { JobTask } from "./job-task.js";

/** Every module path under which backends of some age know the tasks. */
const MODULES = ["tasks", "main.tasks", "src.main.tasks", "celery_worker.tasks"] as const;

/** The two jobs of PLOSolver, ready to run. */
export interface PloSolverTasks {
  readonly spotSimulation: JobTask;
  readonly solverAnalysis: JobTask;
}

/** Registers both jobs under all their names. `options` are defaults for each task. */
export function registerPloSolverTasks(app: Celery, tasks: PloSolverTasks, options: TaskOptions = {}): void {
  for (const module of MODULES) {
    register(app, `${module}.process_spot_simulation`, tasks.spotSimulation, options);
    register(app, `${module}.process_solver_analysis`, tasks.solverAnalysis, options);
  }
}

function register(app: Celery, name: string, task: JobTask, options: TaskOptions): void {
  app.task(name, { ...options, ...task.options }, task.handler);
}
