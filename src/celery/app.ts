import { type Logger, pino } from "pino";
import { BrokerConnection } from "./amqp/connection.js";
import { Publisher } from "./amqp/publisher.js";
import type { QueueDefinition } from "./amqp/topology.js";
import { parseBrokerUrl } from "./amqp/url.js";
import { Producer, type SendOptions } from "./client/producer.js";
import type { ControlCommand } from "./control/command.js";
import { isRecord } from "./control/message.js";
import { ControlRegistry } from "./control/registry.js";
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
  /** Any other of the app's settings, for this worker only. */
  readonly settings?: SettingsInput;
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
  /** Remote-control commands of its workers: Celery's own and those added by {@link controlCommand}. */
  readonly controlCommands = new ControlRegistry();
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
   * Adds a remote-control command that this app's workers answer, and `celery inspect` or `celery control` lists.
   * @throws ImproperlyConfigured when its name is taken
   */
  controlCommand(command: ControlCommand): void {
    this.controlCommands.register(command);
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
    const named = {
      workerConcurrency: options.concurrency,
      workerPrefetchMultiplier: options.prefetchMultiplier,
      workerShutdownTimeout: options.shutdownTimeout,
    };
    const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
    const settings = compileSettings({ ...this.settings, ...options.settings, ...given });
    const nodename = expandNodename(options.hostname);
    return new Worker({
      nodename,
      queues: workerQueues(options.queues, options.excludeQueues ?? [], settings, nodename),
      settings,
      tasks: this.#tasks,
      log: this.log,
      createResults: (publisher) => createBackend(settings, publisher, this.log),
      controlCommands: this.controlCommands,
      onElected: (topic, action) => this.#onElected(topic, action),
    });
  }

  /** Closes the connection that `sendTask` opened. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    client?.producer.publisher.close();
    await client?.connection.close();
  }

  /** Celery's only topic is `task`: the winner sends the task whose signature is the action. */
  async #onElected(topic: string, action: unknown): Promise<void> {
    if (topic !== "task" || !isRecord(action) || typeof action.task !== "string")
      throw new ImproperlyConfigured(
        `an election for ${topic} has nothing to do here: the topic task sends a signature`,
      );
    const { task, args, kwargs } = action;
    await this.sendTask(task, Array.isArray(args) ? args : [], isRecord(kwargs) ? kwargs : {});
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
