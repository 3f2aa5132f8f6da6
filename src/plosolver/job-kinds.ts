import type { JobType } from "../jobs/schema.js";
import type { JobKind } from "../tasks/job-kind.js";
import { solverAnalysis } from "../tasks/solver-analysis/kind.js";
import { spotSimulation } from "../tasks/spot-simulation/kind.js";

/** Every kind of job. Another one is a folder of `tasks/` and a word here, besides its type in the database. */
export const JOB_KINDS = [spotSimulation, solverAnalysis] as const satisfies readonly JobKind[];

/** Every module path under which backends of some age know the tasks; first the one that is sent. */
const MODULES = ["tasks", "main.tasks", "src.main.tasks", "celery_worker.tasks"] as const;

export function jobKind(type: JobType): JobKind {
  const found = JOB_KINDS.find((kind) => kind.type === type);
  if (found === undefined) throw new TypeError(`there are no jobs of type ${type}`);
  return found;
}

/** Undefined for tasks that are no job's. */
export function jobKindOfTask(task: string): JobKind | undefined {
  return JOB_KINDS.find((kind) => task.endsWith(`.${kind.task}`));
}

/** All names of a kind's task; the first is what the backend sends. */
export function taskNames({ task }: JobKind): readonly [string, ...string[]] {
  const [first, ...others] = MODULES;
  return [`${first}.${task}`, ...others.map((module) => `${module}.${task}`)];
}
