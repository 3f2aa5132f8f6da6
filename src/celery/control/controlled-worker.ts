import type { Logger } from "pino";
import type { QueueDefinition } from "../amqp/topology.js";
import type { LamportClock } from "../clock.js";
import type { TaskDefinition } from "../definition.js";
import type { Settings } from "../settings.js";
import type { Cut } from "./listing.js";

/** A request in memory as inspect commands show it: Celery's own keys. */
export interface RequestInfo {
  readonly id: string;
  /** Shown name: the shadow, else the task's. */
  readonly name: string;
  /** The values, or with `safe` their text as the sender wrote it. */
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly type: string;
  readonly hostname: string;
  /** Epoch seconds; null before the start. */
  readonly time_start: number | null;
  readonly acknowledged: boolean;
  readonly delivery_info: Readonly<Record<string, unknown>>;
  /** Process id while it runs. */
  readonly worker_pid: number | null;
  /** Only in the last entry of a list that is cut, which is no request: it says how much of the list is shown. */
  readonly cut?: Cut;
}

/** A request that waits for its time. */
export interface ScheduledInfo {
  readonly eta: string;
  readonly priority: number;
  readonly request: RequestInfo;
}

/** How {@link ControlledWorker.revoke} ends what runs. */
export interface TerminateOptions {
  readonly terminate: boolean;
  /** Signal number for the event; threads get no signal. */
  readonly signum: number;
}

/** Bounds of the pool's size, when it follows the load. */
export interface AutoscaleBounds {
  readonly max: number;
  readonly min: number;
}

/** The request of an id that is furthest. */
export interface QueriedRequest extends RequestInfo {
  /** Further messages of this id in the worker's memory; not there when there are none. */
  readonly others?: readonly (readonly [state: string, RequestInfo])[];
}

/** A request and where it is. */
export interface FoundRequest {
  readonly state: "active" | "reserved" | "ready";
  readonly info: RequestInfo;
}

/** What control commands may see and do: the worker's side is in worker/remote/. */
export interface ControlledWorker {
  readonly nodename: string;
  readonly settings: Settings;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly clock: LamportClock;
  readonly log: Logger;
  /** Those that it consumes. */
  readonly queues: readonly QueueDefinition[];

  /** Lists of requests are cut where they grow large: see `listing`. */
  active(safe: boolean): Promise<RequestInfo[]>;
  /** In memory and not started, without those that wait for their time. */
  reserved(): Promise<RequestInfo[]>;
  scheduled(): Promise<ScheduledInfo[]>;
  /** Requests of this id in memory, the furthest first, without those that wait for their time. */
  find(id: string): FoundRequest[];
  stats(): Record<string, unknown>;
  /** Settings under Celery's names, without secrets: those that differ from the default, or all. */
  configuration(withDefaults: boolean): Record<string, unknown>;
  /** Versions, platform and settings as text. */
  report(): string;

  /** Ids of revoked tasks with the time they were added, in epoch milliseconds; oldest first. */
  revoked(): [id: string, atMs: number][];
  /** Takes over what other workers have revoked. */
  learnRevoked(ids: ReadonlyMap<string, number>): void;
  /** @returns ids that were found in memory and are being terminated */
  revoke(ids: readonly string[], options: TerminateOptions): string[];
  /** @returns header → stamps by which running tasks are being terminated */
  revokeByStamps(headers: ReadonlyMap<string, readonly string[]>, options: TerminateOptions): Map<string, Set<string>>;

  /** @throws ImproperlyConfigured for a limit that cannot be read */
  setRateLimit(task: string, limit: string | number | null): void;
  addConsumer(queue: QueueDefinition): Promise<void> | void;
  cancelConsumer(queue: string): void;

  readonly concurrency: number;
  /** Changes the pool's size and the prefetch with it; at least 1. */
  resize(concurrency: number): void;
  /** Null unless the pool follows the load. */
  readonly autoscaler: { update(max: number | null, min: number | null): AutoscaleBounds } | null;
  /** Replaces every thread of the pool once it is idle. */
  restartPool(): void;
  shutdown(message: string): void;

  /** @returns false when they are on already */
  enableTaskEvents(): boolean;
  disableTaskEvents(): boolean;
  sendHeartbeat(): void;
  holdElection(id: string, topic: string, action: unknown): void;
}
