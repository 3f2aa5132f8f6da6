import { Gauge, type Registry } from "prom-client";
import { UNSETTLED_STEPS } from "../celery/index.js";
import type { WorkerView } from "./worker-view.js";

/** Gauges of the broker as the worker sees it, read when the metrics are. */
export function measureBroker(registry: Registry, worker: WorkerView): void {
  const registers = [registry];
  const labels = { worker_name: worker.nodename };
  new Gauge({
    name: "celery_broker_connected",
    help: "Whether both connections to the broker stand",
    labelNames: ["worker_name"],
    registers,
    collect() {
      this.set(labels, worker.isConnected ? 1 : 0);
    },
  });
  new Gauge({
    name: "celery_broker_blocked",
    help: "Whether the broker takes no messages now: a memory or disk alarm",
    labelNames: ["worker_name"],
    registers,
    collect() {
      this.set(labels, worker.blockedReason === null ? 0 : 1);
    },
  });
  new Gauge({
    name: "celery_unsettled_messages",
    help: "Messages that wait, unacknowledged, because what ends them is refused",
    labelNames: ["queue_name", "reason"],
    registers,
    collect() {
      this.reset();
      for (const { queue } of worker.consumers)
        for (const reason of UNSETTLED_STEPS) this.set({ queue_name: queue, reason }, 0);
      for (const { queue, step, count } of worker.unsettled) this.set({ queue_name: queue, reason: step }, count);
    },
  });
}
