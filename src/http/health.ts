import type { Trouble } from "../postgres/outage.js";
import type { DatabaseProbe, SeenTrouble } from "./database-probe.js";
import type { WorkerView } from "./worker-view.js";

/** Why a worker takes no work now; empty when it does. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly databaseTrouble: SeenTrouble | null;
}

/** Tells whether a worker can do its job: broker, consumers, database. Liveness is not asked here: it asks nobody. */
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
    const { state, isConnected, consumers } = this.worker;
    if (state !== "running") return [`worker: ${state}`];
    if (!isConnected) return ["broker: not connected"];
    return consumers.filter(({ confirmed }) => !confirmed).map(({ queue }) => `queue ${queue}: no consumer`);
  }
}
