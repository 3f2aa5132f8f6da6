import type { Readiness } from "./health.js";
import type { WorkerView } from "./worker-view.js";

/**
 * What `/health` answers: for people, and for probes that read the Python worker's page. From it are `status`,
 * `celery_connected`, `workers`, `services`, `checks` and `timestamp`, seconds since 1970.
 */
export function healthPage(worker: WorkerView, { ready, reasons, databaseTrouble }: Readiness) {
  const parts = {
    celery_worker: worker.state === "running",
    broker: worker.isConnected,
    database: databaseTrouble === null,
    // It answers on this very server.
    metrics_server: true,
  };
  const inWords = (good: string, bad: string) =>
    Object.fromEntries(Object.entries(parts).map(([name, works]) => [name, works ? good : bad]));
  return {
    status: ready ? "healthy" : "unhealthy",
    celery_connected: worker.isConnected,
    workers: worker.state === "running" ? 1 : 0,
    worker_name: worker.nodename,
    state: worker.state,
    database_connected: databaseTrouble === null,
    database_problem: databaseTrouble?.problem ?? null,
    queues: worker.consumers.map(({ queue, confirmed }) => ({ name: queue, consumed: confirmed })),
    reasons,
    services: inWords("healthy", "unhealthy"),
    checks: inWords("ready", "not_ready"),
    uptime_seconds: Math.round(process.uptime()),
    timestamp: Date.now() / 1000,
  };
}
