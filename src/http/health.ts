import { Probe } from "./probe.js";
import type { WorkerView } from "./worker-view.js";

/** How long a probe waits for the database: less than any orchestrator waits for the probe. */
const DATABASE_TIMEOUT_MS = 1000;

/** Why a worker takes no work now; empty when it does. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly databaseAnswers: boolean;
}

/** Tells whether a worker can do its job: broker, consumers, database. Liveness is not asked here: it asks nobody. */
export class Health {
  readonly #database: Probe<void>;

  constructor(
    private readonly worker: WorkerView,
    pingDatabase: () => Promise<void>,
  ) {
    this.#database = new Probe(pingDatabase, DATABASE_TIMEOUT_MS);
  }

  async readiness(): Promise<Readiness> {
    const database = await this.#database.look();
    const reasons = [...this.#workerReasons(), ...(database.ok ? [] : [`database: ${database.reason}`])];
    return { ready: reasons.length === 0, reasons, databaseAnswers: database.ok };
  }

  #workerReasons(): string[] {
    const { state, isConnected, consumers } = this.worker;
    if (state !== "running") return [`worker: ${state}`];
    if (!isConnected) return ["broker: not connected"];
    return consumers.filter(({ confirmed }) => !confirmed).map(({ queue }) => `queue ${queue}: no consumer`);
  }
}
