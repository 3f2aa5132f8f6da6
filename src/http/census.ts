import { Gauge, type Registry } from "prom-client";
import { Probe } from "./probe.js";

/** Jobs of one kind in one state, as the table `jobs` has them. */
interface JobCount {
  readonly jobType: string;
  readonly status: string;
  readonly count: number;
  readonly oldestSeconds: number | null;
}

/** Counts the rows of jobs in these states. */
export type JobCensus = (statuses: readonly Status[]) => Promise<readonly JobCount[]>;

/** Few rows, found by an index. */
const OPEN = ["QUEUED", "PROCESSING"] as const;
/** All the others: a scan of the table. */
const ENDED = ["COMPLETED", "FAILED", "CANCELLED"] as const;
type Status = (typeof OPEN)[number] | (typeof ENDED)[number];

const TIMEOUT_MS = 1000;
const PAUSE_MS = 15_000;
/** After a question that took long, a pause of so many times its length: it takes the database a hundredth of its time. */
const PAUSE_FACTOR = 100;

/**
 * Jobs by kind and state, and how old the oldest that waits is: of the whole table, the same from every worker. What is
 * not known within a second is left out.
 */
export function takeCensus(registry: Registry, types: readonly string[], census: JobCensus): void {
  const open = new Probe(
    spaced(() => census(OPEN)),
    TIMEOUT_MS,
  );
  const ended = new Probe(
    spaced(() => census(ENDED)),
    TIMEOUT_MS,
  );
  const registers = [registry];
  new Gauge({
    name: "jobs",
    help: "Rows of the table jobs; the same from every worker: take max, not sum",
    labelNames: ["job_type", "status"],
    registers,
    async collect() {
      const seen = [
        { statuses: OPEN, counted: await open.look() },
        { statuses: ENDED, counted: await ended.look() },
      ];
      this.reset();
      for (const { statuses, counted } of seen) {
        if (!counted.ok) continue;
        for (const type of types) for (const status of statuses) this.set({ job_type: type, status }, 0);
        for (const { jobType, status, count } of counted.answer) this.set({ job_type: jobType, status }, count);
      }
    },
  });
  new Gauge({
    name: "jobs_oldest_queued_age_seconds",
    help: "Age of the oldest QUEUED job, 0 without one; the same from every worker: take max",
    labelNames: ["job_type"],
    registers,
    async collect() {
      const counted = await open.look();
      this.reset();
      if (!counted.ok) return;
      for (const type of types) this.set({ job_type: type }, 0);
      for (const { jobType, status, oldestSeconds } of counted.answer)
        if (status === "QUEUED") this.set({ job_type: jobType }, oldestSeconds ?? 0);
    },
  });
}

/** The answer before, or its error, until the pause after it is over. */
function spaced<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: Promise<T> | null = null;
  let nextAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    const beganMs = performance.now();
    if (last !== null && beganMs < nextAtMs) return last;
    nextAtMs = Number.POSITIVE_INFINITY;
    last = ask().finally(() => {
      const endedMs = performance.now();
      nextAtMs = endedMs + Math.max(PAUSE_MS, PAUSE_FACTOR * (endedMs - beganMs));
    });
    return last;
  };
}
