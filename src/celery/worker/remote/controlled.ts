import type { Logger } from "pino";
import type { BrokerConnection } from "../../amqp/connection.js";
import type { QueueDefinition } from "../../amqp/topology.js";
import type { LamportClock } from "../../clock.js";
import { describeInstallation, describeSettings } from "../../control/configuration.js";
import type {
  ControlledWorker,
  FoundRequest,
  RequestInfo,
  ScheduledInfo,
  TerminateOptions,
} from "../../control/controlled-worker.js";
import { type Cut, cutText, listing } from "../../control/listing.js";
import type { TaskDefinition } from "../../definition.js";
import { formatIso } from "../../protocol/time.js";
import type { Settings } from "../../settings.js";
import type { WorkerCore } from "../core.js";
import type { Request, RequestState } from "../request.js";
import { stampValues } from "../wait/revoked-stamps.js";
import type { Autoscaler } from "./autoscaler.js";
import type { Monitors } from "./monitors.js";
import { revoke, revokeRequest, storeRevoked } from "./revoke.js";
import type { StateFile } from "./state-file.js";
import { brokerStats, machineStats, poolStats, resourceUsage } from "./stats.js";

/** Priority of Celery's timer for tasks that wait for their time. */
const ETA_PRIORITY = 6;

/** What {@link Controlled} shows and commands. */
export interface ControlledOptions {
  readonly core: WorkerCore;
  /** What its worker does itself. */
  readonly host: Pick<ControlledWorker, "queues" | "addConsumer" | "cancelConsumer" | "resize">;
  readonly stop: () => Promise<void>;
  /** The broker that stats tell of. */
  readonly consuming: BrokerConnection;
  /** Messages the broker sends ahead for one queue. */
  readonly prefetch: () => number;
  /** Messages it sends ahead now, by queue: 0 for none, null without limit. */
  readonly taken: () => readonly (readonly [queue: string, count: number | null])[];
  readonly clock: LamportClock;
  readonly autoscaler: Autoscaler | null;
  readonly monitors: Monitors;
  readonly stateFile: StateFile | null;
}

/** The worker as control commands see it. */
export class Controlled implements ControlledWorker {
  readonly clock: LamportClock;
  readonly autoscaler: Autoscaler | null;
  readonly #core: WorkerCore;
  readonly #options: ControlledOptions;
  readonly #startedAtMs = Date.now();

  constructor(options: ControlledOptions) {
    this.clock = options.clock;
    this.autoscaler = options.autoscaler;
    this.#core = options.core;
    this.#options = options;
  }

  get nodename(): string {
    return this.#core.nodename;
  }
  get settings(): Settings {
    return this.#core.settings;
  }
  get tasks(): ReadonlyMap<string, TaskDefinition> {
    return this.#core.tasks;
  }
  get log(): Logger {
    return this.#core.log;
  }
  get concurrency(): number {
    return this.#core.slots.limit;
  }
  get queues(): readonly QueueDefinition[] {
    return this.#options.host.queues;
  }

  active(safe: boolean): Promise<RequestInfo[]> {
    return list(this.#inStates("running", "finishing"), safe);
  }

  reserved(): Promise<RequestInfo[]> {
    return list(this.#inStates("reserved", "rate-limited"));
  }

  scheduled(): Promise<ScheduledInfo[]> {
    const waiting = this.#inStates("scheduled").flatMap((request) =>
      request.eta === null ? [] : [{ request, eta: request.eta }],
    );
    waiting.sort((a, b) => Number(a.eta) - Number(b.eta));
    const scheduledInfo = (eta: Date, request: RequestInfo): ScheduledInfo => ({
      eta: formatIso(eta),
      priority: ETA_PRIORITY,
      request,
    });
    return listing(waiting, {
      show: ({ request, eta }) => scheduledInfo(eta, requestInfo(request)),
      bytes: ({ request }) => infoBytes(request),
      cutAt: ({ eta }, cut) => scheduledInfo(eta, cutInfo(cut)),
    });
  }

  find(id: string): FoundRequest[] {
    const found = this.#core.requests.withId(id).filter(({ state }) => state !== "scheduled");
    return found
      .map((request): FoundRequest => ({ state: placeOf(request), info: requestInfo(request) }))
      .sort((a, b) => PLACES.indexOf(a.state) - PLACES.indexOf(b.state));
  }

  stats(): Record<string, unknown> {
    const { consuming, monitors, prefetch, taken } = this.#options;
    return {
      total: Object.fromEntries(monitors.total),
      pid: process.pid,
      clock: String(this.clock.value),
      uptime: Math.floor((Date.now() - this.#startedAtMs) / 1000),
      pool: poolStats(this.#core),
      broker: brokerStats(this.settings, consuming),
      prefetch_count: prefetch() + this.#inStates("scheduled").length,
      prefetch_counts: Object.fromEntries(taken()),
      rusage: resourceUsage(),
      machine: machineStats(),
      ...(this.autoscaler === null ? {} : { autoscaler: this.autoscaler.stats }),
      dropped_events: monitors.dropped,
    };
  }

  configuration(withDefaults: boolean): Record<string, unknown> {
    return describeSettings(this.settings, withDefaults);
  }

  report(): string {
    return describeInstallation(this.settings);
  }

  revoked(): [id: string, atMs: number][] {
    return this.#core.revoked.entries();
  }

  learnRevoked(ids: ReadonlyMap<string, number>): void {
    const fresh = [...ids].filter(([id]) => !this.#core.revoked.has(id));
    if (fresh.length === 0) return;
    revoke(
      this.#core,
      fresh.map(([id]) => id),
      { terminate: false, signum: 0 },
    );
    for (const [id, atMs] of fresh) this.#core.revoked.add(id, atMs);
    this.#options.stateFile?.touch();
  }

  revoke(ids: readonly string[], options: TerminateOptions): string[] {
    const found = ids.filter((id) => this.#core.requests.has(id));
    revoke(this.#core, ids, options);
    this.#options.stateFile?.touch();
    void storeRevoked(
      this.#core,
      ids.filter((id) => !found.includes(id)),
    );
    return found;
  }

  revokeByStamps(headers: ReadonlyMap<string, readonly string[]>, options: TerminateOptions): Map<string, Set<string>> {
    for (const [name, values] of headers) this.#core.revokedStamps.add(name, values);
    const found = new Map<string, Set<string>>();
    for (const request of [...this.#core.requests]) {
      const matches = [...headers].flatMap(([name, values]) => {
        const stamps = stampValues(request, name).filter((value) => values.includes(value));
        return stamps.length === 0 ? [] : [[name, stamps] as const];
      });
      if (matches.length === 0 || !revokeRequest(this.#core, request, options)) continue;
      for (const [name, stamps] of matches) found.set(name, new Set([...(found.get(name) ?? []), ...stamps]));
    }
    this.#options.stateFile?.touch();
    return found;
  }

  setRateLimit(task: string, limit: string | number | null): void {
    this.#core.rateLimits.set(task, limit);
    const definition = this.#core.tasks.get(task);
    if (definition !== undefined) definition.rateLimit = limit;
  }

  addConsumer(queue: QueueDefinition): Promise<void> | void {
    return this.#options.host.addConsumer(queue);
  }

  cancelConsumer(queue: string): void {
    this.#options.host.cancelConsumer(queue);
  }

  resize(concurrency: number): void {
    this.#options.host.resize(concurrency);
  }

  restartPool(): void {
    this.#core.pool.recycle();
  }

  shutdown(message: string): void {
    this.log.warn(message);
    void this.#options.stop();
  }

  enableTaskEvents(): boolean {
    return this.#options.monitors.enableTaskEvents();
  }

  disableTaskEvents(): boolean {
    return this.#options.monitors.disableTaskEvents();
  }

  sendHeartbeat(): void {
    this.#options.monitors.heartbeat();
  }

  holdElection(id: string, topic: string, action: unknown): void {
    this.#options.monitors.holdElection(id, topic, action);
  }

  #inStates(...states: readonly RequestState[]): Request[] {
    return [...this.#core.requests].filter(({ state }) => states.includes(state));
  }
}

/** Furthest first. */
const PLACES = ["active", "reserved", "ready"] as const;

function placeOf(request: Request): FoundRequest["state"] {
  return request.isActive ? "active" : request.isWaiting ? "reserved" : "ready";
}

function list(requests: readonly Request[], asText = false): Promise<RequestInfo[]> {
  return listing(requests, {
    show: (request) => requestInfo(request, asText),
    bytes: (request) => infoBytes(request, asText),
    cutAt: (_next, cut) => cutInfo(cut),
  });
}

/** Arguments that came in a large body are shown as text: a reply must not be as large as all bodies together. */
function isShownAsText(request: Request, asText: boolean): boolean {
  return asText || !request.isRead || request.bodyMemory > 0;
}

function requestInfo(request: Request, asText = false): RequestInfo {
  const safe = isShownAsText(request, asText);
  const { exchange, routingKey, priority, redelivered } = request.deliveryInfo;
  return {
    id: request.id,
    name: request.name,
    args: safe ? request.argsrepr : request.args,
    kwargs: safe ? request.kwargsrepr : request.kwargs,
    type: request.task,
    hostname: request.hostname,
    time_start: request.startedAtMs === null ? null : request.startedAtMs / 1000,
    acknowledged: request.acknowledged,
    delivery_info: { exchange, routing_key: routingKey, priority, redelivered },
    worker_pid: request.isActive ? process.pid : null,
  };
}

/** What {@link requestInfo} takes in a reply, roughly. */
function infoBytes(request: Request, asText = false): number {
  const { argsrepr, kwargsrepr, id, name, delivery } = request;
  const args = isShownAsText(request, asText) ? argsrepr.length + kwargsrepr.length : delivery.message.content.length;
  return 300 + id.length + name.length + args;
}

/** Stands for the requests that a reply has no room for. Its id is of no task. */
function cutInfo(cut: Cut): RequestInfo {
  return {
    id: "",
    name: cutText(cut),
    args: [],
    kwargs: {},
    type: "",
    hostname: "",
    time_start: null,
    acknowledged: false,
    delivery_info: { exchange: "", routing_key: "", priority: 0, redelivered: false },
    worker_pid: null,
    cut,
  };
}
