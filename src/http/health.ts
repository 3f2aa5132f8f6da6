import { Gauge, type Registry } from "prom-client";
import type { UnsettledGroup } from "../celery/index.js";
import type { Trouble } from "../postgres/outage.js";
import type { DatabaseProbe, SeenTrouble } from "./database-probe.js";
import type { WorkerView } from "./worker-view.js";

/** Whether a worker does all of its job now, and why not. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly databaseTrouble: SeenTrouble | null;
}

/** Tells whether a worker can do its job: broker, consumers, settlements, database. Liveness is not asked here: it asks nobody. */
export class Health {
  constructor(
    private readonly worker: WorkerView,
    private readonly database: DatabaseProbe,
    private readonly resultTrouble: () => Trouble | null,
  ) {}

  async readiness(): Promise<Readiness> {
    const trouble = await this.database.look();
    const reasons = this.#workerReasons();
    if (trouble !== null) reasons.push(`database: ${trouble.problem}: ${trouble.reason}`);
    const results = this.resultTrouble();
    if (results !== null) reasons.push(`results: ${results.problem}: ${results.reason}`);
    return { ready: reasons.length === 0, reasons, databaseTrouble: trouble };
  }

  #workerReasons(): string[] {
    const { state, isConnected, blockedReason, consumers, unsettled } = this.worker;
    const reasons = state === "running" ? [] : [`worker: ${state}`];
    if (state === "starting" || state === "running") {
      if (!isConnected) reasons.push("broker: not connected");
      else for (const { queue, confirmed } of consumers) if (!confirmed) reasons.push(`queue ${queue}: no consumer`);
    }
    if (blockedReason !== null) reasons.push(`broker: takes no messages now: ${blockedReason}`);
    return [...reasons, ...unsettled.map(describeUnsettled)];
  }
}

/** The gauge that says what `/ready` says. */
export function measureReadiness(registry: Registry, workerName: string, health: Health): void {
  new Gauge({
    name: "celery_worker_ready",
    help: "Whether the worker does all of its job now, as /ready says",
    labelNames: ["worker_name"],
    registers: [registry],
    async collect() {
      this.set({ worker_name: workerName }, (await health.readiness()).ready ? 1 : 0);
    },
  });
}

function describeUnsettled({ queue, step, count, sinceMs, reason }: UnsettledGroup): string {
  const messages = count === 1 ? "1 message cannot" : `${count} messages cannot`;
  return `queue ${queue}: ${messages} be settled (${step}) since ${new Date(sinceMs).toISOString()}: ${reason}`;
}
