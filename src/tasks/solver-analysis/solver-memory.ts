import type { Machine } from "../../celery/values.js";

/** What the process takes beside solves: heaps, code, the answer as it is written. */
const WORKER_MEBIBYTES = 256;
/** Part of the rest that solves plan with: sorting ranges and describing the answer take their share beside the tables. */
const TABLE_SHARE = 0.6;
const LEAST_MEBIBYTES = 32;
/** A wider game is not a better answer in the time that a job has. */
const MOST_MEBIBYTES = 2048;

/** Memory that one of several solves plans with on a machine, in mebibytes: none is killed for what it takes. */
export function solverMebibytes(solvesAtOnce: number, { memoryBytes }: Pick<Machine, "memoryBytes">): number {
  const free = memoryBytes / 2 ** 20 - WORKER_MEBIBYTES;
  return Math.floor(Math.min(MOST_MEBIBYTES, Math.max(LEAST_MEBIBYTES, (free * TABLE_SHARE) / solvesAtOnce)));
}
