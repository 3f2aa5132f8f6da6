import type { UnsettledGroup, WorkerEventMap, WorkerEventName } from "../celery/index.js";

/** What health and metrics need to see of a worker. */
export interface WorkerView {
  readonly nodename: string;
  readonly state: "new" | "starting" | "running" | "draining" | "stopped";
  readonly isConnected: boolean;
  /** Why the broker takes no messages now, a memory or disk alarm; null when it does. */
  readonly blockedReason: string | null;
  readonly consumers: readonly { readonly queue: string; readonly confirmed: boolean }[];
  /** Messages that cannot be settled as planned. */
  readonly unsettled: readonly UnsettledGroup[];
  readonly events: {
    on<Name extends WorkerEventName>(name: Name, listener: (...args: WorkerEventMap[Name]) => void): unknown;
  };
}
