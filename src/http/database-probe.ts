import { Gauge, type Registry } from "prom-client";
import { DATABASE_PROBLEMS } from "../postgres/errors.js";
import type { Trouble } from "../postgres/outage.js";
import { Probe } from "./probe.js";

/** What health and metrics need to see of the database. */
export interface DatabaseView {
  /** Whether jobs can be read and written now, null when they can; may be slow, may hang. */
  look(): Promise<Trouble | null>;
  /** What is known without asking. */
  readonly trouble: Trouble | null;
  /** Operations that wait for it. */
  readonly waiting: number;
}

/** What keeps jobs from the database, as probes see it. */
export type SeenTrouble = Omit<Trouble, "problem"> & { readonly problem: Trouble["problem"] | "no answer" };

const PROBLEMS: readonly SeenTrouble["problem"][] = [...DATABASE_PROBLEMS, "no answer"];
/** How long a probe waits for the database: less than any orchestrator waits for the probe. */
const TIMEOUT_MS = 1000;

/** Looks at the database without being slow itself. */
export class DatabaseProbe {
  readonly #probe: Probe<Trouble | null>;

  constructor(private readonly database: DatabaseView) {
    this.#probe = new Probe(() => database.look(), TIMEOUT_MS);
  }

  async look(): Promise<SeenTrouble | null> {
    const seen = await this.#probe.look();
    if (seen.ok) return seen.answer;
    return this.database.trouble ?? { problem: "no answer", reason: seen.reason };
  }
}

/** Gauges of the database, looked at when the metrics are read. */
export function measureDatabase(
  registry: Registry,
  workerName: string,
  database: Pick<DatabaseView, "waiting">,
  probe: DatabaseProbe,
): void {
  const registers = [registry];
  const labels = { worker_name: workerName };
  new Gauge({
    name: "celery_database_problem",
    help: "1 for what keeps jobs from the database now",
    labelNames: ["worker_name", "problem"],
    registers,
    async collect() {
      const trouble = await probe.look();
      for (const problem of PROBLEMS) this.set({ ...labels, problem }, problem === trouble?.problem ? 1 : 0);
    },
  });
  new Gauge({
    name: "celery_database_usable",
    help: "Whether jobs can be read and written now",
    labelNames: ["worker_name"],
    registers,
    async collect() {
      this.set(labels, (await probe.look()) === null ? 1 : 0);
    },
  });
  new Gauge({
    name: "celery_database_waiting",
    help: "Operations that wait for the database",
    labelNames: ["worker_name"],
    registers,
    collect() {
      this.set(labels, database.waiting);
    },
  });
}

/** Gauge of the result backend. */
export function measureResults(registry: Registry, workerName: string, trouble: () => Trouble | null): void {
  new Gauge({
    name: "celery_results_storable",
    help: "Whether results can be stored, as far as the worker has met it",
    labelNames: ["worker_name"],
    registers: [registry],
    collect() {
      this.set({ worker_name: workerName }, trouble() === null ? 1 : 0);
    },
  });
}
