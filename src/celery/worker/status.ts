import type { TaskRequest } from "../task.js";
import type { RequestState } from "./request.js";

/** State of one consumer, for health probes. */
export interface ConsumerStatus {
  readonly queue: string;
  /** The broker has confirmed the consumer. */
  readonly confirmed: boolean;
  /** Messages that it takes ahead now: 0 for none, null without limit. */
  readonly taken: number | null;
}

export type WorkerPhase = "new" | "starting" | "running" | "draining" | "stopped";

/** A request in memory. */
export interface WorkerRequest extends TaskRequest {
  readonly state: RequestState;
  /** For how long its handler has run; 0 before it starts. */
  readonly runtimeSeconds: number;
  /** What log lines about it carry. */
  readonly logFields: Readonly<Record<string, unknown>>;
}

/** How many tasks may run at once, and how many of each group of `workerSlotGroups` among them. */
export interface WorkerSlots {
  readonly limit: number;
  readonly groups: ReadonlyMap<string, { readonly limit: number }>;
}

/** What the pool of threads does. */
export interface WorkerThreads {
  readonly count: number;
  /** Calls of kernels that run, and that wait for a thread. */
  readonly active: number;
  readonly waiting: number;
}
