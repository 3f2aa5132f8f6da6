import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { ClaimedJob } from "../../jobs/repository.js";
import type { JobUnderWay } from "../../jobs/under-way.js";
import type { JobRun } from "../job-definition.js";
import { parseSolverInput } from "./parse-input.js";
import type { SolverInput } from "./solver-input.js";

/** Jobs that were taken before this one and are being worked on. */
export type FindUnderWay = (job: ClaimedJob, signal: AbortSignal) => Promise<readonly JobUnderWay[]>;

/** As often as runs show signs of life. */
const LOOK_MS = 500;

/**
 * Waits while an equal job is being solved that was taken earlier: its answer will be there to look up. Should that run
 * die, fail or be cancelled, the next one solves. Runs wait for earlier ones alone, so never for each other.
 * @returns whether there was one
 */
export async function awaitEqualJob(run: JobRun, input: SolverInput, find: FindUnderWay): Promise<boolean> {
  /** Whether a job asks for the same, by its id. */
  const known = new Map<string, boolean>();
  const isEqual = ({ id, inputData }: JobUnderWay): boolean => {
    const equal = known.get(id) ?? asksForTheSame(input, inputData);
    known.set(id, equal);
    return equal;
  };
  for (let waited = false; ; waited = true) {
    const equal = (await find(run.job, run.signal)).find(isEqual);
    if (equal === undefined) return waited;
    if (!waited) run.context.log.info({ equalJob: equal.id }, "an equal job is being solved: waiting for its answer");
    run.report(equal.percentage, `Solved with job ${equal.id}: ${equal.message ?? "under way"}`);
    await delay(LOOK_MS, undefined, { signal: run.signal });
  }
}

/** Both forms of an input, and whatever is read alike, are the same. */
function asksForTheSame(input: SolverInput, inputData: unknown): boolean {
  try {
    // Whether a run looks for an earlier answer does not change its own, which is stored in any case.
    return isDeepStrictEqual({ ...parseSolverInput(inputData), useCache: true }, { ...input, useCache: true });
  } catch {
    // A report, or what its own run will refuse.
    return false;
  }
}
