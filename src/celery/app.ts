import { type Logger, pino } from "pino";
import { BrokerConnection } from "./amqp/connection.js";
import { Publisher } from "./amqp/publisher.js";
import type { QueueDefinition } from "./amqp/topology.js";
import { parseBrokerUrl } from "./amqp/url.js";
import { Producer, type SendOptions } from "./client/producer.js";
import { defineTask, type TaskDefinition } from "./definition.js";
import { ImproperlyConfigured } from "./errors.js";
import { moduleHandler } from "./executor/module-task.js";
import { workerQueues } from "./queues.js";
import { createBackend } from "./results/create.js";
import { compileSettings, type Settings, type SettingsInput } from "./settings.js";
import type { TaskHandler, TaskOptions } from "./task.js";
import { expandNodename, Worker } from "./worker/worker.js";

/** Settings of an app; `broker` and `backend` are short for `brokerUrl` and `resultBackend`. */
export type AppOptions = SettingsInput & {
  readonly broker?: string;
  readonly backend?: string;
  /** Default: pino at level `info`. */
  readonly log?: Logger;
};

/** Options of {@link Celery.worker}; each overrides the app's setting. */
export interface WorkerOptions {
  /** Names, or definitions with arguments. Default: `taskQueues`, else `taskDefaultQueue`. */
  readonly queues?: readonly (string | QueueDefinition)[];
  /** Names left out: Celery's `-X`. */
  readonly excludeQueues?: readonly string[];
  /** Tasks that run at once, and threads in the pool. Default: `workerConcurrency`. */
  readonly concurrency?: number;
  /** Messages taken ahead, for each queue and unit of concurrency. Default: `workerPrefetchMultiplier`. */
  readonly prefetchMultiplier?: number;
  /** Node name; `%h`, `%n`, `%d` are expanded. Default `celery@<host>`. */
  readonly hostname?: string;
  /** Seconds that `stop` waits for running tasks. Default: `workerShutdownTimeout`. */
  readonly shutdownTimeout?: number;
}

/** A handle of a registered task. */
export interface Task<Args extends unknown[]> {
  readonly name: string;
  /** Sends the task with these arguments. @returns its id */
  delay(...args: Args): Promise<string>;
}

/** A Celery app: tasks by name, settings, and where to send and consume them. */
export class Celery {
  readonly name: string;
  readonly settings: Settings;
  readonly log: Logger;
  readonly #tasks = new Map<string, TaskDefinition>();
  #client: { connection: BrokerConnection; producer: Producer } | null = null;

  /** @throws ImproperlyConfigured for a wrong or unknown setting */
  constructor(name: string, options: AppOptions = {}) {
    const { log, ...settings } = options;
    this.name = name;
    this.settings = compileSettings(settings);
    this.log = log ?? pino({ name });
  }

  /** Registered tasks by name. */
  get tasks(): ReadonlyMap<string, TaskDefinition> {
    return this.#tasks;
  }

  /**
   * Registers a task: a handler, with options before it or none, or with the option `module` a module that runs in a
   * worker thread.
   * @throws ImproperlyConfigured when the name is taken or an option is wrong
   */
  task<Args extends unknown[], Result>(name: string, handler: TaskHandler<Args, Result>): Task<Args>;
  task<Args extends unknown[], Result>(
    name: string,
    options: TaskOptions,
    handler: TaskHandler<Args, Result>,
  ): Task<Args>;
  task<Args extends unknown[]>(name: string, options: TaskOptions & { readonly module: URL }): Task<Args>;
  task<Args extends unknown[], Result>(
    name: string,
    first: TaskOptions | TaskHandler<Args, Result>,
    second?: TaskHandler<Args, Result>,
  ): Task<Args> {
    const [options, given] = typeof first === "function" ? [{}, first] : [first, second];
    if ((given === undefined) === (options.module === undefined)) {
      throw new ImproperlyConfigured(`task ${name} needs either a handler or the option module`);
    }
    const handler = options.module === undefined ? given : moduleHandler(options.module);
    if (this.#tasks.has(name)) throw new ImproperlyConfigured(`task ${name} is registered already`);
    this.#tasks.set(name, defineTask(name, options, handler as TaskHandler, this.settings));
    return { name, delay: (...args) => this.sendTask(name, args) };
  }

  /**
   * Sends a task by name, as `send_task` does.
   * @returns the task id, once the broker has confirmed the message
   */
  async sendTask(
    name: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SendOptions = {},
  ): Promise<string> {
    return await this.#producer().send(name, args, kwargs, options);
  }

  /** Makes a worker of this app; it shares nothing with others but the tasks. */
  worker(options: WorkerOptions = {}): Worker {
    const settings = compileSettings({
      ...this.settings,
      workerConcurrency: options.concurrency,
      workerPrefetchMultiplier: options.prefetchMultiplier ?? this.settings.workerPrefetchMultiplier,
      workerShutdownTimeout: options.shutdownTimeout ?? this.settings.workerShutdownTimeout,
      ...(options.concurrency === undefined ? { workerConcurrency: this.settings.workerConcurrency } : {}),
    });
    const nodename = expandNodename(options.hostname);
    return new Worker({
      nodename,
      queues: workerQueues(options.queues, options.excludeQueues ?? [], settings, nodename),
      settings,
      tasks: this.#tasks,
      log: this.log,
      createResults: (publisher) => createBackend(settings, publisher, this.log),
    });
  }

  /** Closes the connection that `sendTask` opened. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    client?.producer.publisher.close();
    await client?.connection.close();
  }

  #producer(): Producer {
    if (this.#client === null) {
      const connection = new BrokerConnection({
        addresses: parseBrokerUrl(this.settings.brokerUrl),
        name: `${this.name} client`,
        log: this.log,
        connectTimeoutMs: this.settings.brokerConnectionTimeout * 1000,
      });
      const producer = new Producer(connection, new Publisher(connection, this.log), this.settings, this.log);
      connection.start();
      this.#client = { connection, producer };
    }
    return this.#client.producer;
  }
}
