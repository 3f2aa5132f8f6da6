import type { WorkerEventMap, WorkerEventName } from "../celery/event-map.js";

/** What health and metrics need to see of a worker. */
export interface WorkerView {
  readonly nodename: string;
  readonly state: "new" | "starting" | "running" | "draining" | "stopped";
  readonly isConnected: boolean;
  readonly consumers: readonly { readonly queue: string; readonly confirmed: boolean }[];
  readonly events: {
    on<Name extends WorkerEventName>(name: Name, listener: (...args: WorkerEventMap[Name]) => void): unknown;
  };
}
