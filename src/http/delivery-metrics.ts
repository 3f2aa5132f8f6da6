import { Counter, Histogram, type Registry } from "prom-client";
import type { TaskRequest } from "../celery/index.js";
import type { WorkerView } from "./worker-view.js";

const WAIT_BUCKETS_SECONDS = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];

/** What becomes of messages before and beside their tasks: how long they waited here, came again, or could not be used. */
export function countDeliveries(registry: Registry, worker: WorkerView): void {
  measureWaits(registry, worker);
  const registers = [registry];
  const redelivered = new Counter({
    name: "celery_redelivered_messages_total",
    help: "Messages that the broker delivered before",
    labelNames: ["queue_name"],
    registers,
  });
  const deadLetters = new Counter({
    name: "celery_dead_letters_total",
    help: "Messages that this worker made dead letters, by the queue that they came from",
    labelNames: ["queue_name"],
    registers,
  });
  const invalid = new Counter({
    name: "celery_invalid_messages_total",
    help: "Messages that could not be made a request: unreadable, too large, of an unknown task",
    labelNames: ["queue_name", "kind"],
    registers,
  });
  // A counter that begins with 1 would hide its first event from rate() and increase().
  const begin = (queue: string) => {
    for (const counter of [redelivered, deadLetters]) counter.inc({ queue_name: queue }, 0);
    for (const kind of ["undecodable", "unregistered"]) invalid.inc({ queue_name: queue, kind }, 0);
  };
  for (const { queue } of worker.consumers) begin(queue);
  const { events } = worker;
  events.on("consumerReady", begin);
  events.on("messageRedelivered", ({ queue }) => redelivered.inc({ queue_name: queue }));
  events.on("messageDeadLettered", ({ queue }) => deadLetters.inc({ queue_name: queue }));
  events.on("deliveryInvalid", ({ queue, kind }) => invalid.inc({ queue_name: queue, kind }));
}

function measureWaits(registry: Registry, { events }: WorkerView): void {
  const wait = new Histogram({
    name: "celery_task_wait_seconds",
    help: "From the receipt of a task, or its ETA, to its start: what it waited in the worker",
    labelNames: ["queue_name"],
    buckets: WAIT_BUCKETS_SECONDS,
    registers: [registry],
  });
  const dueMs = new WeakMap<TaskRequest, number>();
  events.on("taskReceived", (request) => {
    const nowMs = Date.now();
    dueMs.set(request, Math.max(nowMs, request.eta?.getTime() ?? nowMs));
  });
  events.on("taskStarted", (request) => {
    const sinceMs = dueMs.get(request);
    if (sinceMs !== undefined) wait.observe({ queue_name: request.queue }, Math.max(0, Date.now() - sinceMs) / 1000);
  });
}
