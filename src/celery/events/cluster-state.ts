import type { ReceivedEvent } from "./receiver.js";

/** A worker as its events show it. */
export interface WorkerState {
  readonly hostname: string;
  pid: number | null;
  /** Seconds between heartbeats. */
  freq: number;
  clock: number;
  active: number | null;
  processed: number | null;
  loadavg: readonly number[] | null;
  swIdent: string | null;
  swVer: string | null;
  swSys: string | null;
  /** When the last heartbeat was received, in epoch seconds; null once the worker said it goes. */
  lastHeartbeat: number | null;
}

/** A task as its events show it; names are Celery's. */
export interface TaskState {
  readonly uuid: string;
  state: string;
  clock: number;
  /** Time of the state, in epoch seconds. */
  timestamp: number;
  worker: string | null;
  /** Node that sent it, when it said so. */
  client: string | null;
  /** Event type → epoch seconds: `received`, `started`, … */
  readonly times: Map<string, number>;
  /** Other fields of its events: name, args, kwargs, result, exception, … */
  readonly fields: Map<string, unknown>;
}

const STATE_OF_EVENT = new Map([
  ["sent", "PENDING"],
  ["received", "RECEIVED"],
  ["started", "STARTED"],
  ["failed", "FAILURE"],
  ["retried", "RETRY"],
  ["succeeded", "SUCCESS"],
  ["revoked", "REVOKED"],
  ["rejected", "REJECTED"],
]);

/** Of two states the later in this list happened first; one that is not listed ranks below REVOKED, as in Celery. */
const PRECEDENCE = ["SUCCESS", "FAILURE", "", "REVOKED", "STARTED", "RECEIVED", "REJECTED", "RETRY", "PENDING"];

/** What a task-received that comes late may still tell. */
const RECEIVED_FIELDS = new Set(["name", "args", "kwargs", "parent_id", "root_id", "retries", "eta", "expires"]);

/** Fields of every event, which are kept elsewhere or nowhere. */
const COMMON = new Set(["type", "timestamp", "hostname", "utcoffset", "pid", "clock", "local_received", "uuid"]);

/** A worker whose last heartbeat is older than this many of its intervals is gone. */
const EXPIRY_INTERVALS = 2;

/** Options of {@link ClusterState}. */
export interface ClusterStateOptions {
  /** The tasks heard of longest ago make room. Default 10,000. */
  readonly maxTasks?: number;
  readonly onNodeJoin?: (worker: WorkerState) => void;
  readonly onNodeLeave?: (worker: WorkerState) => void;
}

/** What a cluster's events add up to: which workers live, and where each task stands. */
export class ClusterState {
  readonly workers = new Map<string, WorkerState>();
  /** In the order in which they were last heard of. */
  readonly tasks = new Map<string, TaskState>();
  /** Events taken in. */
  eventCount = 0;
  readonly #options: ClusterStateOptions;

  constructor(options: ClusterStateOptions = {}) {
    this.#options = options;
  }

  /** Takes in one event. Events of groups other than `worker` and `task` are counted only. */
  apply(event: ReceivedEvent): void {
    this.eventCount += 1;
    const [group, ...rest] = event.type.split("-");
    const subject = rest.join("-");
    if (group === "worker") this.#applyToWorker(event, subject);
    else if (group === "task" && typeof event.uuid === "string") this.#applyToTask(event, subject, event.uuid);
  }

  isAlive(worker: WorkerState, nowSeconds = Date.now() / 1000): boolean {
    return worker.lastHeartbeat !== null && nowSeconds < worker.lastHeartbeat + worker.freq * EXPIRY_INTERVALS;
  }

  aliveWorkers(nowSeconds = Date.now() / 1000): WorkerState[] {
    return [...this.workers.values()].filter((worker) => this.isAlive(worker, nowSeconds));
  }

  /** Forgets workers that are not alive. @returns them */
  dropLost(nowSeconds = Date.now() / 1000): WorkerState[] {
    const lost = [...this.workers.values()].filter((worker) => !this.isAlive(worker, nowSeconds));
    for (const { hostname } of lost) this.workers.delete(hostname);
    return lost;
  }

  #applyToWorker(event: ReceivedEvent, subject: string): void {
    if (subject === "offline") {
      const gone = this.workers.get(event.hostname);
      if (gone === undefined) return;
      gone.lastHeartbeat = null;
      this.workers.delete(event.hostname);
      this.#options.onNodeLeave?.(gone);
      return;
    }
    const known = this.workers.get(event.hostname);
    const worker = known ?? newWorker(event.hostname);
    worker.pid = numberOr(event.pid, worker.pid);
    worker.freq = numberOr(event.freq, worker.freq);
    worker.clock = numberOr(event.clock, worker.clock);
    worker.active = numberOr(event.active, worker.active);
    worker.processed = numberOr(event.processed, worker.processed);
    if (Array.isArray(event.loadavg)) worker.loadavg = event.loadavg.map(Number);
    worker.swIdent = textOr(event.sw_ident, worker.swIdent);
    worker.swVer = textOr(event.sw_ver, worker.swVer);
    worker.swSys = textOr(event.sw_sys, worker.swSys);
    worker.lastHeartbeat = Math.max(worker.lastHeartbeat ?? 0, event.local_received);
    if (known !== undefined) return;
    this.workers.set(event.hostname, worker);
    this.#options.onNodeJoin?.(worker);
  }

  #applyToTask(event: ReceivedEvent, subject: string, uuid: string): void {
    const task = this.tasks.get(uuid) ?? newTask(uuid);
    this.tasks.delete(uuid);
    this.tasks.set(uuid, task);
    this.#dropOldestTasks();
    if (subject === "sent") task.client = event.hostname;
    else task.worker = event.hostname;
    const known = STATE_OF_EVENT.get(subject);
    if (known !== undefined) task.times.set(subject, event.timestamp);
    const state = known ?? subject.toUpperCase();
    const late = happenedBefore(state, task.state);
    for (const [name, value] of Object.entries(event)) {
      if (COMMON.has(name) || value === null || (late && !(state === "RECEIVED" && RECEIVED_FIELDS.has(name))))
        continue;
      task.fields.set(name, value);
    }
    if (late) return;
    task.state = state;
    task.timestamp = event.timestamp;
    task.clock = Math.max(task.clock, event.clock ?? 0);
  }

  #dropOldestTasks(): void {
    const { maxTasks = 10_000 } = this.#options;
    for (const uuid of this.tasks.keys()) {
      if (this.tasks.size <= maxTasks) return;
      this.tasks.delete(uuid);
    }
  }
}

/** Whether `state` must have come before `present`, whatever the order of arrival. */
function happenedBefore(state: string, present: string): boolean {
  if (state === "RETRY" || present === "RETRY") return false;
  return rank(state) > rank(present);
}

function rank(state: string): number {
  const index = PRECEDENCE.indexOf(state);
  return index < 0 ? PRECEDENCE.indexOf("") : index;
}

function newWorker(hostname: string): WorkerState {
  return {
    hostname,
    pid: null,
    freq: 60,
    clock: 0,
    active: null,
    processed: null,
    loadavg: null,
    swIdent: null,
    swVer: null,
    swSys: null,
    lastHeartbeat: null,
  };
}

function newTask(uuid: string): TaskState {
  return {
    uuid,
    state: "PENDING",
    clock: 0,
    timestamp: 0,
    worker: null,
    client: null,
    times: new Map(),
    fields: new Map(),
  };
}

function numberOr<Default extends number | null>(value: unknown, otherwise: Default): number | Default {
  return typeof value === "number" ? value : otherwise;
}

function textOr(value: unknown, otherwise: string | null): string | null {
  return typeof value === "string" ? value : otherwise;
}
