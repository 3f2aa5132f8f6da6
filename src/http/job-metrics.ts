import { Counter, Histogram, type Registry } from "prom-client";
import type { TaskRequest } from "../celery/index.js";
import { onEnd, type TaskStatus } from "./task-ends.js";
import type { WorkerView } from "./worker-view.js";

/** A kind of job as metrics see it. */
export interface JobMetrics {
  /** Its name in the database. */
  readonly type: string;
  /** Name of the counter of those that ended. */
  readonly metric: string;
  /** The last part of the names of the tasks that it counts. */
  readonly task: string;
  /** Several of them, in a sentence. */
  readonly plural: string;
  /** A histogram over its answers. */
  readonly measure?: {
    readonly metric: string;
    readonly help: string;
    readonly label: string;
    readonly of: readonly string[];
    readonly buckets: readonly number[];
    read(answer: unknown): { readonly of: string; readonly value: number } | null;
  };
}

/** Where the metrics hear that a job's first attempt claimed its row. */
export type OnFirstClaim = (listener: (jobType: string, waitedSeconds: number) => void) => unknown;

const WAIT_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** Jobs that ended in this worker, and what a kind's answers are measured by. */
export function countJobs(registry: Registry, worker: WorkerView, jobs: readonly JobMetrics[]): void {
  for (const job of jobs) {
    const { metric: name, plural } = job;
    const help = `${plural.charAt(0).toUpperCase()}${plural.slice(1)} that ended`;
    const counter = new Counter({ name, help, labelNames: ["status"], registers: [registry] });
    for (const status of ["success", "failure", "cancelled"]) counter.inc({ status }, 0);
    const isOurs = ({ task }: TaskRequest) => task.endsWith(`.${job.task}`);
    onEnd(worker, (request, status, _runtimeSeconds, result) => {
      const outcome = isOurs(request) ? jobOutcome(status, result) : null;
      if (outcome !== null) counter.inc({ status: outcome });
    });
    measureAnswers(registry, worker, job.measure, isOurs);
  }
}

function measureAnswers(
  registry: Registry,
  worker: WorkerView,
  measure: JobMetrics["measure"],
  isOurs: (request: TaskRequest) => boolean,
): void {
  if (measure === undefined) return;
  const { metric: name, help, label, of, buckets } = measure;
  const labelNames = [label];
  const histogram = new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] });
  for (const value of of) histogram.zero({ [label]: value });
  worker.events.on("taskSucceeded", (request, { result }) => {
    const read = isOurs(request) ? measure.read(result) : null;
    if (read !== null) histogram.observe({ [label]: read.of }, read.value);
  });
}

/** Null while the job goes on elsewhere or later. */
function jobOutcome(status: TaskStatus, result: unknown): "success" | "failure" | "cancelled" | null {
  switch (status) {
    case "success":
      return isCancelled(result) ? "cancelled" : "success";
    case "failure":
      return "failure";
    case "revoked":
      return "cancelled";
    case "retry":
    case "rejected":
    case "ignored":
    case "abandoned":
      return null;
  }
}

function isCancelled(result: unknown): boolean {
  return typeof result === "object" && result !== null && "status" in result && result.status === "cancelled";
}

/** How long jobs wait for their first claim, from the creation of their rows. */
export function measureClaims(registry: Registry, jobs: readonly JobMetrics[], onFirstClaim: OnFirstClaim): void {
  const wait = new Histogram({
    name: "job_queue_wait_seconds",
    help: "From the creation of a job's row to the claim of its first attempt",
    labelNames: ["job_type"],
    buckets: WAIT_BUCKETS_SECONDS,
    registers: [registry],
  });
  for (const { type } of jobs) wait.zero({ job_type: type });
  onFirstClaim((jobType, waitedSeconds) => wait.observe({ job_type: jobType }, waitedSeconds));
}
