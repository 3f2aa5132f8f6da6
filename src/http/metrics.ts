import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { TaskRequest } from "../celery/index.js";
import { Probe } from "./probe.js";
import type { WorkerView } from "./worker-view.js";

/** How a task ended, as the label `status` says it. */
type Status = "success" | "failure" | "retry" | "revoked" | "rejected" | "ignored" | "abandoned";

/** A kind of job with a counter of its own. */
export interface JobCounter {
  /** Name of the counter. */
  readonly metric: string;
  /** The last part of the names of the tasks that it counts. */
  readonly task: string;
  /** Several of them, in a sentence. */
  readonly plural: string;
}

const DURATION_BUCKETS_SECONDS = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800];
const QUEUE_SIZE_TIMEOUT_MS = 1000;

/** Messages ready in each queue that is consumed. */
export type QueueSizes = () => Promise<ReadonlyMap<string, number>>;

/**
 * Prometheus metrics of one worker, fed by its events, in a registry of its own. Queue sizes are asked for when the
 * metrics are read; a queue whose size is not known then is left out.
 */
export function createMetrics(worker: WorkerView, jobs: readonly JobCounter[], queueSizes?: QueueSizes): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  countTasks(registry, worker);
  countJobs(registry, worker, jobs);
  if (queueSizes !== undefined) measureQueues(registry, queueSizes);
  return registry;
}

function countTasks(registry: Registry, worker: WorkerView): void {
  const registers = [registry];
  const tasks = new Counter({
    name: "celery_tasks_total",
    help: "Tasks by how their attempt ended",
    labelNames: ["task_name", "status"],
    registers,
  });
  const duration = new Histogram({
    name: "celery_task_duration_seconds",
    help: "How long attempts ran",
    labelNames: ["task_name"],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const active = new Gauge({
    name: "celery_worker_active_tasks",
    help: "Tasks that run now",
    labelNames: ["worker_name"],
    registers,
  });
  const processed = new Counter({
    name: "celery_worker_processed_tasks_total",
    help: "Attempts that ended",
    labelNames: ["worker_name"],
    registers,
  });
  const labels = { worker_name: worker.nodename };
  active.set(labels, 0);
  processed.inc(labels, 0);
  const running = new Set<TaskRequest>();
  worker.events.on("taskStarted", (request) => active.set(labels, running.add(request).size));
  onEnd(worker, (request, status, runtimeSeconds) => {
    tasks.inc({ task_name: request.task, status });
    if (running.delete(request)) processed.inc(labels);
    active.set(labels, running.size);
    if (runtimeSeconds !== null) duration.observe({ task_name: request.task }, runtimeSeconds);
  });
}

function countJobs(registry: Registry, worker: WorkerView, jobs: readonly JobCounter[]): void {
  const counters = jobs.map(({ metric: name, task, plural }) => {
    const help = `${plural.charAt(0).toUpperCase()}${plural.slice(1)} that ended`;
    const counter = new Counter({ name, help, labelNames: ["status"], registers: [registry] });
    for (const status of ["success", "failure", "cancelled"]) counter.inc({ status }, 0);
    return { task, counter };
  });
  onEnd(worker, (request, status, _runtimeSeconds, result) => {
    const outcome = jobOutcome(status, result);
    if (outcome === null) return;
    for (const { task, counter } of counters) if (request.task.endsWith(`.${task}`)) counter.inc({ status: outcome });
  });
}

/** Null while the job goes on elsewhere or later. */
function jobOutcome(status: Status, result: unknown): "success" | "failure" | "cancelled" | null {
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

function measureQueues(registry: Registry, queueSizes: QueueSizes): void {
  const probe = new Probe(queueSizes, QUEUE_SIZE_TIMEOUT_MS);
  new Gauge({
    name: "celery_queue_size",
    help: "Messages ready in a queue",
    labelNames: ["queue_name"],
    registers: [registry],
    async collect() {
      const sizes = await probe.look();
      this.reset();
      if (sizes.ok) for (const [queue, size] of sizes.answer) this.set({ queue_name: queue }, size);
    },
  });
}

type EndListener = (request: TaskRequest, status: Status, runtimeSeconds: number | null, result: unknown) => void;

function onEnd({ events }: WorkerView, listener: EndListener): void {
  events.on("taskSucceeded", (request, { runtimeSeconds, result }) =>
    listener(request, "success", runtimeSeconds, result),
  );
  events.on("taskFailed", (request, { runtimeSeconds }) => listener(request, "failure", runtimeSeconds, null));
  events.on("taskRetried", (request, { runtimeSeconds }) => listener(request, "retry", runtimeSeconds, null));
  events.on("taskRevoked", (request) => listener(request, "revoked", null, null));
  events.on("taskRejected", (request) => listener(request, "rejected", null, null));
  events.on("taskIgnored", (request) => listener(request, "ignored", null, null));
  events.on("taskAbandoned", (request) => listener(request, "abandoned", null, null));
}
