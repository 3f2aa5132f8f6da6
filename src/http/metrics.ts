import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { TaskRequest } from "../celery/index.js";
import { countDeliveries } from "./delivery-metrics.js";
import { Probe } from "./probe.js";
import { onEnd } from "./task-ends.js";
import type { WorkerView } from "./worker-view.js";

const DURATION_BUCKETS_SECONDS = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800];
const QUEUE_SIZE_TIMEOUT_MS = 1000;

/** Messages ready in each queue that is consumed. */
export type QueueSizes = () => Promise<ReadonlyMap<string, number>>;

/**
 * Prometheus metrics of one worker, fed by its events, in a registry of its own. Queue sizes are asked for when the
 * metrics are read; a queue whose size is not known then is left out.
 */
export function createMetrics(worker: WorkerView, queueSizes?: QueueSizes): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  countTasks(registry, worker);
  countDeliveries(registry, worker);
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

function measureQueues(registry: Registry, queueSizes: QueueSizes): void {
  const probe = new Probe(queueSizes, QUEUE_SIZE_TIMEOUT_MS);
  new Gauge({
    name: "celery_queue_size",
    help: "Messages ready in a queue; the same from every worker: take max, not sum",
    labelNames: ["queue_name"],
    registers: [registry],
    async collect() {
      const sizes = await probe.look();
      this.reset();
      if (sizes.ok) for (const [queue, size] of sizes.answer) this.set({ queue_name: queue }, size);
    },
  });
}
