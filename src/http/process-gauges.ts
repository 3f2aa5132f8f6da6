import { Gauge, type Registry } from "prom-client";

/** Shorter spans tell nothing: several readers within one of them hear the same. */
const SHORTEST_SPAN_MS = 1000;

/**
 * Gauges of the process under the names that dashboards of the Python worker ask for. That one measured its whole machine;
 * these are the worker's own.
 */
export function measureProcess(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: "celery_worker_memory_usage_bytes",
    help: "Memory that the worker holds (resident set)",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  let at = performance.now();
  let used = process.cpuUsage();
  let percent = 0;
  new Gauge({
    name: "celery_worker_cpu_usage_percent",
    help: "CPU time of the worker since it was asked last; 100 is one CPU",
    registers,
    collect() {
      const spanMs = performance.now() - at;
      if (spanMs >= SHORTEST_SPAN_MS) {
        const { user, system } = process.cpuUsage(used);
        percent = (user + system) / 10 / spanMs;
        at += spanMs;
        used = process.cpuUsage();
      }
      this.set(percent);
    },
  });
}
