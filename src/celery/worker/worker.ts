import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Trouble } from "../../postgres/outage.js";
import { BrokerConnection } from "../amqp/connection.js";
import { declareDelayedDelivery } from "../amqp/delayed-delivery.js";
import { Publisher } from "../amqp/publisher.js";
import { type QueueDefinition, queueProblem } from "../amqp/topology.js";
import { parseBrokerUrl } from "../amqp/url.js";
import { Changes } from "../changes.js";
import { asError, BrokerError, ImproperlyConfigured } from "../errors.js";
import type { Kernel } from "../kernel.js";
import { MAX_CONSUMED_QUEUES } from "../limits.js";
import { inMode, isQuorum } from "../queues.js";
import type { Settings } from "../settings.js";
import type { ComputeOptions } from "../task.js";
import { Consumer } from "./broker/consumer.js";
import { QueueLook } from "./broker/queue-look.js";
import type { WorkerCore, WorkerParts } from "./core.js";
import { buildCore } from "./core.js";
import { forget, receive } from "./intake.js";
import { giveBackOrphans } from "./orphans.js";
import { Remote } from "./remote/remote.js";
import type { Request } from "./request.js";
import { abandon } from "./run.js";
import type { ConsumerStatus, WorkerPhase, WorkerRequest, WorkerSlots, WorkerThreads } from "./status.js";
import type { UnsettledGroup } from "./wait/unsettled.js";
import { logTaskEvents, WorkerEvents } from "./worker-events.js";

/** How long an added consumer is waited for, so that whoever asked hears in time. */
const ADD_CONSUMER_MS = 700;

/** After running tasks were given up, how long their settlement may take. */
const SETTLE_DEADLINE_MS = 2_000;

/** A Celery worker: consumes queues and runs tasks until it is stopped. */
export class Worker {
  readonly events: WorkerEvents;
  /** A private name of TypeScript: tests look inside. */
  private readonly core: WorkerCore;
  readonly #parts: WorkerParts;
  readonly #consuming: BrokerConnection;
  readonly #publishing: BrokerConnection;
  readonly #queueLook: QueueLook;
  readonly #consumers: Consumer[];
  /** Consumers cancelled by remote control: what they delivered may still run. */
  readonly #cancelled = new Set<Consumer>();
  readonly #remote: Remote;
  #state: WorkerPhase = "new";
  /** Consumers that are ready or gone, and the state. */
  readonly #changes = new Changes();
  #stopping: Promise<void> | null = null;
  /** When running tasks are given up, in epoch milliseconds. */
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(parts: WorkerParts) {
    const { settings, log, nodename } = parts;
    this.#parts = parts;
    this.events = new WorkerEvents(log);
    parts.tracing?.watch(this.events);
    logTaskEvents(this.events, log, parts.tasks, (request) => (request as Request).logFields);
    const addresses = parseBrokerUrl(settings.brokerUrl);
    const connection = (role: string) =>
      new BrokerConnection({
        addresses,
        name: `${nodename} ${role}`,
        log,
        heartbeatSeconds: settings.brokerHeartbeat,
        connectTimeoutMs: settings.brokerConnectionTimeout * 1000,
      });
    // Two connections: a broker that blocks publishers (memory alarm) must still hear our acknowledgements.
    this.#consuming = connection("consumer");
    this.#publishing = connection("publisher");
    this.#queueLook = new QueueLook(this.#consuming);
    const publisher = new Publisher(this.#publishing, log);
    this.core = buildCore({
      parts,
      events: this.events,
      publisher,
      publishing: this.#publishing,
      consumers: () => this.#consumers,
      mayGrow: () => this.#remote.mayGrow,
      isStopping: () => this.#state === "draining" || this.#state === "stopped",
    });
    this.#consumers = parts.queues.map((queue) => this.#createConsumer(queue));
    this.#remote = new Remote({
      core: this.core,
      host: this,
      stop: () => this.stop(),
      registry: parts.controlCommands,
      consuming: this.#consuming,
      publishing: this.#publishing,
      prefetch: () => this.#prefetch,
      taken: () => this.consumers.map(({ queue, taken }) => [queue, taken]),
      onElected: parts.onElected,
    });
    this.#consuming.onConnect(async () => {
      await Promise.all(this.#consumers.map((consumer) => consumer.tryOpen()));
      await this.#declareDelayedDelivery();
    });
    this.#publishing.on("connected", () => this.core.unsettled.retryNow());
    this.#consuming.on("connected", () => this.events.emit("brokerConnected"));
    this.#consuming.on("disconnected", (error) => this.events.emit("brokerDisconnected", error));
  }

  get nodename(): string {
    return this.#parts.nodename;
  }

  get settings(): Settings {
    return this.#parts.settings;
  }

  get log(): Logger {
    return this.#parts.log;
  }

  get slots(): WorkerSlots {
    return this.core.slots;
  }

  get threads(): WorkerThreads {
    const { threads, active, waiting } = this.core.pool.stats;
    return { count: threads.length, active, waiting };
  }

  /** Why results wait to be stored; null when none does, or nobody knows. */
  get resultTrouble(): Trouble | null {
    return this.core.results.trouble ?? null;
  }

  /** Runs a kernel in the worker's threads for no task of its own. @throws as {@link TaskContext.compute} */
  async compute<Input, Output, Progress = unknown>(
    kernel: Kernel<Input, Output, Progress>,
    input: Input,
    options: ComputeOptions<Progress> = {},
  ): Promise<Output> {
    return await this.core.pool.run(this.nodename, kernel, input, options as ComputeOptions);
  }

  get state(): WorkerPhase {
    return this.#state;
  }

  /** True while both broker connections stand. */
  get isConnected(): boolean {
    return this.#consuming.isReady && this.#publishing.isReady;
  }

  get consumers(): readonly ConsumerStatus[] {
    return this.#consumers.map(({ queue, isReady, taken }) => ({ queue: queue.name, confirmed: isReady, taken }));
  }

  /** Definitions of the queues that are consumed. */
  get queues(): readonly QueueDefinition[] {
    return this.#consumers.map(({ queue }) => queue);
  }

  /**
   * Consumes another queue, which is declared first; one that is consumed already stays as it is. Resolves once it is
   * consumed, or will be when the broker can be asked.
   * @throws ImproperlyConfigured for a queue that no broker takes; BrokerError for one that this broker refuses
   */
  async addConsumer(queue: QueueDefinition): Promise<void> {
    if (this.#consumers.some((consumer) => consumer.queue.name === queue.name)) return;
    const problem = queueProblem(queue);
    if (problem !== null) throw new ImproperlyConfigured(`the queue cannot be consumed: ${problem}`);
    const consumed = this.#consumers.length + this.#cancelled.size;
    if (consumed >= MAX_CONSUMED_QUEUES)
      throw new ImproperlyConfigured(`${consumed} queues are consumed: the most is ${MAX_CONSUMED_QUEUES}`);
    const consumer = this.#createConsumer(inMode(queue, this.#parts.settings.topologyMode));
    this.#consumers.push(consumer);
    const refusal = await Promise.race([refusalOf(consumer.open()), sleep(ADD_CONSUMER_MS, null, { ref: false })]);
    if (refusal === null || !this.#consuming.isUp) return;
    this.cancelConsumer(queue.name);
    throw new BrokerError(`queue ${queue.name} cannot be consumed: ${refusal.message}`);
  }

  /** Takes nothing more from a queue; what it delivered runs and is settled. */
  cancelConsumer(name: string): void {
    const index = this.#consumers.findIndex((consumer) => consumer.queue.name === name);
    if (index < 0) return;
    for (const consumer of this.#consumers.splice(index, 1)) {
      this.#cancelled.add(consumer);
      void consumer.retire().then(() => this.#cancelled.delete(consumer));
    }
    this.#changes.notify();
  }

  /** Changes how many tasks run at once, and the prefetch with it. */
  resize(concurrency: number): void {
    this.core.slots.resize(concurrency);
    this.core.pool.resize(concurrency);
    for (const consumer of this.#consumers) {
      consumer.prefetch = this.#prefetch;
      void consumer.renew();
    }
  }

  /** Messages ready in each queue and its dead-letter queue; one that is missing is left out. @throws BrokerError when not connected */
  async queueSizes(): Promise<ReadonlyMap<string, number>> {
    const { deadLetter, deadLetterQueue } = this.settings;
    const queues = this.consumers.map(({ queue }) => queue);
    const deadLetterQueues = deadLetter === "off" ? [] : queues.map((queue) => deadLetterQueue(queue));
    return await this.#queueLook.sizes(queues, deadLetterQueues);
  }

  /** Deliveries that cannot be settled as planned and wait, by queue. */
  get unsettled(): readonly UnsettledGroup[] {
    return this.core.unsettled.groups();
  }

  /** Why the broker takes no messages from this worker now (a memory or disk alarm); null when it does. */
  get blockedReason(): string | null {
    return this.#publishing.blockedReason ?? this.#consuming.blockedReason;
  }

  /** Requests in memory: running, reserved, waiting for their time. */
  get requests(): Iterable<WorkerRequest> {
    return this.core.requests;
  }

  /**
   * Connects and consumes; resolves once every consumer is confirmed. A broker that is away is waited for.
   * @throws BrokerError when the worker is stopped meanwhile
   */
  async start(): Promise<void> {
    if (this.#state !== "new") throw new Error(`a worker starts once; this one is ${this.#state}`);
    this.#state = "starting";
    this.#publishing.start();
    await this.#publishing.whenReady();
    await this.core.results.start();
    this.#consuming.start();
    await this.#consuming.whenReady();
    await this.#changes.until(() => this.#state !== "starting" || this.#consumers.every(({ isReady }) => isReady));
    if (this.#state !== "starting") return;
    this.#state = "running";
    this.core.log.info(`${this.nodename} ready.`);
    this.events.emit("ready");
  }

  /**
   * Warm shutdown: takes nothing new, lets running tasks end, returns the rest to the queue, closes. Tasks that run
   * longer than the deadline are given up and their messages go back too.
   *
   * @param deadlineSeconds default: the setting `workerShutdownTimeout`; null waits for ever. A second call may shorten it.
   */
  stop(deadlineSeconds: number | null = this.#parts.settings.workerShutdownTimeout): Promise<void> {
    const deadlineMs = deadlineSeconds === null ? Number.POSITIVE_INFINITY : Date.now() + deadlineSeconds * 1000;
    this.#deadlineMs = Math.min(this.#deadlineMs, deadlineMs);
    this.core.progress.notify();
    if (this.#stopping === null) {
      this.#state = "draining";
      this.#changes.notify();
      // Later than this call: those who are told that the worker stops may call it too.
      this.#stopping = Promise.resolve().then(() => this.#stop());
    }
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.core.log.info("worker: Warm shutdown");
    this.events.emit("draining");
    this.#remote.draining();
    this.core.schedule.clear();
    this.core.rateLimits.clear();
    this.core.windows.close();
    await Promise.all(this.#consumers.map((consumer) => consumer.cancel()));
    if (!(await this.#drained(() => this.#deadlineMs))) {
      for (const request of this.core.requests) abandon(request);
      const settledByMs = Date.now() + SETTLE_DEADLINE_MS;
      await this.#drained(() => settledByMs);
    }
    this.core.unsettled.close();
    this.core.requeues.close();
    await giveBackOrphans(this.core, [...this.#consumers, ...this.#cancelled]);
    await this.core.publisher.flush(SETTLE_DEADLINE_MS);
    await this.#remote.close();
    await Promise.all([...this.#consumers, ...this.#cancelled].map((consumer) => consumer.close()));
    this.core.publisher.close();
    this.core.deadLetters.close();
    await Promise.all([
      this.core.pool.close(),
      this.core.results.close(),
      this.#consuming.close(),
      this.#publishing.close(),
    ]);
    this.#state = "stopped";
    this.events.emit("stopped");
  }

  /** @returns true once nothing runs or is being settled; false when the time is over */
  async #drained(deadlineMs: () => number): Promise<boolean> {
    const { unsettled, requeues } = this.core;
    // Those that wait to be settled go back: nobody knows when they could be.
    const isBusy = (request: Request) =>
      request.state === "running" ||
      (request.state === "finishing" && !unsettled.has(request) && !requeues.has(request));
    const isDrained = () => {
      for (const request of this.core.requests) if (isBusy(request)) return false;
      return true;
    };
    return await this.core.progress.until(isDrained, { msLeft: () => deadlineMs() - Date.now() });
  }

  /** As Celery 5.5: only when a queue is known to be a quorum queue, and never in the way of consuming. */
  async #declareDelayedDelivery(): Promise<void> {
    const { queues, settings, log } = this.#parts;
    if (settings.topologyMode === "passive") return;
    if (!settings.workerDetectQuorumQueues || !queues.some(isQuorum)) return;
    try {
      await declareDelayedDelivery(this.#consuming, queues, settings.brokerNativeDelayedDeliveryQueueType, log);
    } catch (error) {
      log.warn(
        { err: asError(error).message },
        "cannot set up native delayed delivery: tasks for later wait in the worker",
      );
    }
  }

  #createConsumer(queue: QueueDefinition): Consumer {
    return new Consumer(
      this.#consuming,
      queue,
      this.#prefetch,
      {
        onDelivery: (delivery) => receive(this.core, delivery),
        onReady: (name) => {
          this.events.emit("consumerReady", name);
          this.#changes.notify();
        },
        onLost: (name, unsettled) => {
          forget(this.core, unsettled);
          this.core.windows.lost(name);
          this.events.emit("consumerLost", name);
        },
      },
      this.#parts.log,
    );
  }

  /** Messages that the broker sends ahead for one queue; 0 is without limit. */
  get #prefetch(): number {
    const { workerInlineConcurrency, workerPrefetchMultiplier } = this.#parts.settings;
    return (this.core.slots.limit + (workerInlineConcurrency ?? 0)) * workerPrefetchMultiplier;
  }
}

/** Null when the promise is kept. */
async function refusalOf(promise: Promise<void>): Promise<Error | null> {
  return promise.then(() => null, asError);
}
