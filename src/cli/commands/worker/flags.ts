import type { AutoscaleBounds } from "../../../celery/index.js";
import type { GlobalFlags } from "../../globals.js";

/** Values of `celery worker`'s options. */
export interface WorkerFlags extends GlobalFlags {
  readonly queues?: string[];
  readonly excludeQueues?: string[];
  readonly concurrency?: number;
  readonly hostname?: string;
  readonly loglevel?: string;
  readonly logfile?: string;
  readonly pidfile?: string;
  readonly statedb?: string;
  readonly taskEvents?: boolean;
  readonly pool?: string;
  readonly prefetchMultiplier?: number;
  readonly maxTasksPerChild?: number;
  readonly maxMemoryPerChild?: number;
  readonly timeLimit?: number;
  readonly softTimeLimit?: number;
  readonly purge?: boolean;
  /** False with `--without-…`. */
  readonly withoutGossip?: boolean;
  readonly withoutMingle?: boolean;
  readonly withoutHeartbeat?: boolean;
  readonly heartbeatInterval?: number;
  readonly autoscale?: AutoscaleBounds;
}
