import type { Logger } from "pino";
import type { QueueDefinition } from "../../amqp/topology.js";
import type { LamportClock } from "../../clock.js";
import { mapInSlices } from "../../codec/slices.js";
import { describeInstallation, describeSettings } from "../../control/configuration.js";
import type {
  AutoscaleBounds,
  ControlledWorker,
  FoundRequest,
  RequestInfo,
  ScheduledInfo,
  TerminateOptions,
} from "../../control/controlled-worker.js";
import type { TaskDefinition } from "../../definition.js";
import { formatIso } from "../../protocol/time.js";
import type { Settings } from "../../settings.js";
import type { WorkerCore } from "../core.js";
import type { Request, RequestState } from "../request.js";
import { stampValues } from "../wait/revoked-stamps.js";
import type { Autoscaler } from "./autoscaler.js";
import { revoke, revokeRequest, storeRevoked } from "./revoke.js";

/** Priority of Celery's timer for tasks that wait for their time. */
const ETA_PRIORITY = 6;

/** What a worker lets remote control do to it: {@link Worker}. */
export interface RemoteHost {
  readonly queues: readonly QueueDefinition[];
  addConsumer(queue: QueueDefinition): Promise<void>;
  cancelConsumer(queue: string): void;
  resize(concurrency: number): void;
  stop(): Promise<void>;
}

/** The parts of remote control that commands reach through the worker. */
export interface RemoteParts {
  readonly clock: LamportClock;
  readonly autoscaler: Autoscaler | null;
  stats(): Record<string, unknown>;
  /** What is saved has changed. */
  touch(): void;
  enableTaskEvents(): boolean;
  disableTaskEvents(): boolean;
  sendHeartbeat(): void;
  holdElection(id: string, topic: string, action: unknown): void;
}

/** The worker as control commands see it. */
export class Controlled implements ControlledWorker {
  readonly #core: WorkerCore;
  readonly #host: RemoteHost;
  readonly #parts: RemoteParts;

  constructor(core: WorkerCore, host: RemoteHost, parts: RemoteParts) {
    this.#core = core;
    this.#host = host;
    this.#parts = parts;
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
  get clock(): LamportClock {
    return this.#parts.clock;
  }
  get log(): Logger {
    return this.#core.log;
  }
  get concurrency(): number {
    return this.#core.slots.limit;
  }
  get autoscaler(): { update(max: number | null, min: number | null): AutoscaleBounds } | null {
    return this.#parts.autoscaler;
  }

  active(safe: boolean): Promise<RequestInfo[]> {
    return mapInSlices(this.#inStates("running", "finishing"), (request) => requestInfo(request, safe));
  }

  reserved(): Promise<RequestInfo[]> {
    return mapInSlices(this.#inStates("reserved", "rate-limited"), (request) => requestInfo(request));
  }

  scheduled(): Promise<ScheduledInfo[]> {
    const waiting = this.#inStates("scheduled").flatMap((request) =>
      request.eta === null ? [] : [{ request, eta: request.eta }],
    );
    waiting.sort((a, b) => Number(a.eta) - Number(b.eta));
    return mapInSlices(waiting, ({ request, eta }) => ({
      eta: formatIso(eta),
      priority: ETA_PRIORITY,
      request: requestInfo(request),
    }));
  }

  /** Tasks that run now. */
  get activeCount(): number {
    return this.#inStates("running", "finishing").length;
  }

  find(id: string): FoundRequest[] {
    const found = this.#core.requests.withId(id).filter(({ state }) => state !== "scheduled");
    return found
      .map((request): FoundRequest => ({ state: placeOf(request), info: requestInfo(request) }))
      .sort((a, b) => PLACES.indexOf(a.state) - PLACES.indexOf(b.state));
  }

  stats(): Record<string, unknown> {
    return this.#parts.stats();
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
    this.#parts.touch();
  }

  revoke(ids: readonly string[], options: TerminateOptions): string[] {
    const found = ids.filter((id) => this.#core.requests.has(id));
    revoke(this.#core, ids, options);
    this.#parts.touch();
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
    this.#parts.touch();
    return found;
  }

  setRateLimit(task: string, limit: string | number | null): void {
    this.#core.rateLimits.set(task, limit);
    const definition = this.#core.tasks.get(task);
    if (definition !== undefined) definition.rateLimit = limit;
  }

  queues(): readonly QueueDefinition[] {
    return this.#host.queues;
  }

  addConsumer(queue: QueueDefinition): Promise<void> {
    return this.#host.addConsumer(queue);
  }

  cancelConsumer(queue: string): void {
    this.#host.cancelConsumer(queue);
  }

  resize(concurrency: number): void {
    this.#host.resize(concurrency);
  }

  restartPool(): void {
    this.#core.pool.recycle();
  }

  shutdown(message: string): void {
    this.log.warn(message);
    void this.#host.stop();
  }

  enableTaskEvents(): boolean {
    return this.#parts.enableTaskEvents();
  }

  disableTaskEvents(): boolean {
    return this.#parts.disableTaskEvents();
  }

  sendHeartbeat(): void {
    this.#parts.sendHeartbeat();
  }

  holdElection(id: string, topic: string, action: unknown): void {
    this.#parts.holdElection(id, topic, action);
  }

  #inStates(...states: readonly RequestState[]): Request[] {
    return [...this.#core.requests].filter(({ state }) => states.includes(state));
  }
}

/** Furthest first. */
const PLACES = ["active", "reserved", "ready"] as const;

function placeOf(request: Request): FoundRequest["state"] {
  return isActive(request) ? "active" : request.isWaiting ? "reserved" : "ready";
}

function isActive({ state }: Request): boolean {
  return state === "running" || state === "finishing";
}

/** Arguments that came in a large body are shown as text: a reply must not be as large as all bodies together. */
function requestInfo(request: Request, asText = false): RequestInfo {
  const safe = asText || !request.isRead || request.bodyMemory > 0;
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
    worker_pid: isActive(request) ? process.pid : null,
  };
}
