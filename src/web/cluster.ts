import type { Logger } from "pino";
import { BrokerError, type ByNode, type Celery, type Inspect } from "../celery/index.js";
import { BrokerConnection, EventReceiver, LamportClock, queueSizes, type WorkerState } from "../celery/tooling.js";
import { asError, displayUrl, isRecord, parseBrokerUrl, pythonRepr, redactText } from "../celery/values.js";
import type { ClusterView, QueueView, RunningView, WorkerView } from "./api.js";
import { TaskLog } from "./task-log.js";

export interface ClusterOptions {
  readonly app: Celery;
  readonly log: Logger;
  readonly queues: readonly string[];
  readonly deadLetterQueues: readonly string[];
  /** Ask workers to send events: what they do is not seen otherwise. */
  readonly enableEvents: boolean;
}

const DEPTH_EVERY_MS = 2000;
/** Twenty minutes. */
const KEPT_DEPTHS = 600;
/** Answers of workers are asked for at most so often, and only while somebody looks. */
const ASK_EVERY_MS = 3000;
const ASK_TIMEOUT_SECONDS = 1;
const LONGEST_ARGS = 200;
/** So long a worker that died or left is still shown: an hour. */
const GONE_SHOWN_SECONDS = 3600;

interface Answers {
  readonly stats: ByNode<Readonly<Record<string, unknown>>>;
  readonly active: ByNode<unknown[]>;
  readonly reserved: ByNode<unknown[]>;
  readonly scheduled: ByNode<unknown[]>;
  readonly queues: ByNode<Readonly<Record<string, unknown>>[]>;
}

/** The workers and queues as they are now: out of events, of what the broker counts, and of what workers answer. */
export class Cluster {
  readonly tasks = new TaskLog();
  readonly #options: ClusterOptions;
  readonly #connection: BrokerConnection;
  readonly #receiver: EventReceiver;
  readonly #depths = new Map<string, [number, number][]>();
  readonly #gone = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #trouble: string | null = "connecting to the broker";
  #answers: Answers | null = null;
  #asking: Promise<void> | null = null;
  #askedAtMs = 0;
  #counting = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { settings } = options.app;
    const { log } = options;
    const connection = new BrokerConnection({
      addresses: parseBrokerUrl(settings.brokerUrl),
      name: "celery web",
      log,
      connectTimeoutMs: settings.brokerConnectionTimeout * 1000,
    });
    connection.on("failed", (error) => {
      const why = redactText(error.message || "no answer");
      this.#trouble = `no connection to ${displayUrl(connection.address)}: ${why}`;
    });
    connection.on("disconnected", () => {
      this.#trouble = "the connection to the broker was lost";
    });
    connection.on("connected", () => {
      this.#trouble = null;
      void this.#greet();
    });
    this.#connection = connection;
    this.#receiver = new EventReceiver({
      connection,
      settings,
      clock: new LamportClock(),
      log,
      onEvent: (event) => {
        const isNew = event.type === "worker-online";
        this.tasks.apply(event);
        if (event.type === "worker-offline") this.#gone.set(event.hostname, event.timestamp);
        else this.#gone.delete(event.hostname);
        if (isNew) void this.#enableEvents();
      },
    });
  }

  start(): void {
    this.#connection.start();
    this.#timer = setInterval(() => void this.#count(), DEPTH_EVERY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#receiver.close();
    await this.#connection.close();
  }

  /** The connection, for messages that are looked at. @throws BrokerError when there is none now */
  get connection(): BrokerConnection {
    if (!this.#connection.isReady) throw new BrokerError(this.#trouble ?? "there is no connection to the broker");
    return this.#connection;
  }

  async look(): Promise<ClusterView> {
    // The first who looks waits for the answers, everybody else sees the last ones.
    const asked = this.#ask();
    if (this.#answers === null) await asked;
    return {
      connected: this.#connection.isReady,
      trouble: this.#connection.isReady ? this.#connection.blockedReason : this.#trouble,
      broker: displayUrl(this.#connection.address),
      workers: this.#workers(),
      queues: this.#queues(),
      kinds: this.tasks.kinds(),
    };
  }

  async #greet(): Promise<void> {
    try {
      if (this.#options.enableEvents) await this.#enableEvents();
      await this.#options.app.control.heartbeat();
    } catch (error) {
      this.#options.log.debug({ err: asError(error) }, "the workers could not be asked for a sign of life");
    }
    await this.#count();
  }

  async #enableEvents(): Promise<void> {
    if (!this.#options.enableEvents) return;
    await this.#options.app.control.enableEvents().catch(() => undefined);
  }

  async #count(): Promise<void> {
    if (this.#counting || !this.#connection.isReady) return;
    this.#counting = true;
    try {
      const sizes = await queueSizes(this.#connection, this.#names());
      const now = Math.round(Date.now() / 1000);
      for (const name of this.#names()) {
        const depth = sizes.get(name);
        if (depth === undefined) this.#depths.delete(name);
        else
          this.#depths.set(
            name,
            [...(this.#depths.get(name) ?? []), [now, depth] as [number, number]].slice(-KEPT_DEPTHS),
          );
      }
    } catch (error) {
      this.#options.log.debug({ err: asError(error) }, "queues could not be counted");
    } finally {
      this.#counting = false;
    }
  }

  #names(): string[] {
    return [...new Set([...this.#options.queues, ...this.#options.deadLetterQueues])];
  }

  async #ask(): Promise<void> {
    if (!this.#connection.isReady) return;
    if (this.#asking === null && Date.now() - this.#askedAtMs >= ASK_EVERY_MS) {
      this.#askedAtMs = Date.now();
      this.#asking = this.#askNow().finally(() => {
        this.#asking = null;
      });
    }
    await this.#asking;
  }

  async #askNow(): Promise<void> {
    const inspect: Inspect = this.#options.app.control.inspect({ timeout: ASK_TIMEOUT_SECONDS });
    try {
      const [stats, active, reserved, scheduled, queues] = await Promise.all([
        inspect.stats(),
        inspect.active(),
        inspect.reserved(),
        inspect.scheduled(),
        inspect.activeQueues(),
      ]);
      this.#answers = { stats, active, reserved, scheduled, queues };
    } catch (error) {
      this.#options.log.debug({ err: asError(error) }, "the workers could not be asked");
    }
  }

  #workers(): WorkerView[] {
    this.#forgetGone();
    const { state } = this.tasks;
    const names = new Set([...state.workers.keys(), ...this.#gone.keys(), ...Object.keys(this.#answers?.stats ?? {})]);
    return [...names].sort().map((name) => this.#worker(name, state.workers.get(name)));
  }

  /** Names of workers change with every deployment: those of long ago say nothing. */
  #forgetGone(): void {
    const { workers } = this.tasks.state;
    const since = Date.now() / 1000 - GONE_SHOWN_SECONDS;
    for (const [name, { lastHeartbeat }] of workers) if ((lastHeartbeat ?? 0) < since) workers.delete(name);
    for (const [name, time] of this.#gone) if (time < since) this.#gone.delete(name);
  }

  #worker(name: string, heard: WorkerState | undefined): WorkerView {
    const stats = this.#answers?.stats?.[name];
    const pool = isRecord(stats?.pool) ? stats.pool : {};
    // Whoever sends no heartbeats is known by its answers alone; whoever said that it goes may have answered just before.
    const answers = stats !== undefined && !this.#gone.has(name);
    const alive = heard === undefined ? answers : this.tasks.state.isAlive(heard);
    return {
      name,
      alive,
      lastSeen: heard?.lastHeartbeat ?? this.#gone.get(name) ?? null,
      software: [heard?.swIdent, heard?.swVer, heard?.swSys].filter((part) => part != null).join(" "),
      load: heard?.loadavg ?? [],
      processed: heard?.processed ?? null,
      concurrency: numberOf(pool["max-concurrency"]),
      pool: textOf(pool.implementation),
      uptime: numberOf(stats?.uptime),
      prefetch: numberOf(stats?.prefetch_count),
      queues: (this.#answers?.queues?.[name] ?? []).flatMap(({ name: queue }) => textOf(queue) ?? []),
      active: (this.#answers?.active?.[name] ?? []).map((info) => running(info, "time_start")),
      reserved: (this.#answers?.reserved?.[name] ?? []).map((info) => running(info, null)),
      scheduled: (this.#answers?.scheduled?.[name] ?? []).map((info) =>
        isRecord(info) ? { ...running(info.request, null), time: secondsOf(info.eta) } : running(null, null),
      ),
    };
  }

  #queues(): QueueView[] {
    const dead = new Set(this.#options.deadLetterQueues);
    return this.#names().map((name) => {
      const history = this.#depths.get(name) ?? [];
      return { name, isDeadLetterQueue: dead.has(name), depth: history.at(-1)?.[1] ?? null, history };
    });
  }
}

function running(info: unknown, timeField: string | null): RunningView {
  const request = isRecord(info) ? info : {};
  const { args } = request;
  return {
    id: textOf(request.id) ?? "",
    name: textOf(request.name) ?? "",
    args: typeof args === "string" ? args.slice(0, LONGEST_ARGS) : pythonRepr(args, { maxLength: LONGEST_ARGS }),
    time: timeField === null ? null : numberOf(request[timeField]),
    of: isRecord(request.cut) ? numberOf(request.cut.of) : null,
  };
}

function secondsOf(value: unknown): number | null {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : ms / 1000;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
