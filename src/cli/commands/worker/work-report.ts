import type { Worker } from "../../../celery/index.js";

/** What a worker does at one moment: for the log. */
export interface WorkReport {
  /** Numbers of requests by state, and of slots and threads. */
  readonly summary: Readonly<Record<string, unknown>>;
  /** One record for each task that runs: the fields of its log lines, and for how many seconds it has run. */
  readonly tasks: readonly Readonly<Record<string, unknown>>[];
}

export function describeWork(worker: Worker): WorkReport {
  const requests = [...worker.requests];
  const count = (...states: string[]) => requests.filter(({ state }) => states.includes(state)).length;
  const { slots, threads } = worker;
  const running = requests.filter(({ state }) => state === "running" || state === "finishing");
  return {
    summary: {
      state: worker.state,
      connected: worker.isConnected,
      active: running.length,
      reserved: count("reserved", "rate-limited"),
      scheduled: count("scheduled"),
      slots: slots.limit,
      threads: threads.count,
      calls: { active: threads.active, waiting: threads.waiting },
      queues: Object.fromEntries(worker.consumers.map(({ queue, confirmed }) => [queue, confirmed])),
    },
    tasks: running.map((request) => ({ ...request.logFields, runtimeSeconds: request.runtimeSeconds })),
  };
}
