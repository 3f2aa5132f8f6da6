import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { QueueDefinition } from "./amqp/topology.js";
import { builtinTasks } from "./canvas/builtins.js";
import { readNode } from "./canvas/node.js";
import { type SendOptions, type SignatureLike, toNode, toOptions } from "./canvas/options.js";
import { AsyncResult } from "./client/async-result.js";
import { Client } from "./client/client.js";
import { GroupResult } from "./client/group-result.js";
import type { AnyResult } from "./client/result-reader.js";
import { resultFromTuple } from "./client/result-tuple.js";
import { type Signature, type SignatureSender, signature } from "./client/signature.js";
import { type Task, taskHandle } from "./client/task.js";
import type { ControlCommand } from "./control/command.js";
import { Control } from "./control/control.js";
import { ControlRegistry } from "./control/registry.js";
import { defaultLog } from "./default-log.js";
import { defineTask, type TaskDefinition } from "./definition.js";
import { ImproperlyConfigured } from "./errors.js";
import { moduleHandler } from "./executor/module-task.js";
import { isRecord } from "./protocol/json.js";
import { workerQueues } from "./queues.js";
import type { ResultTuple } from "./results/backend.js";
import { createBackend } from "./results/create.js";
import { compileSettings, type Settings, type SettingsInput } from "./settings.js";
import type { TaskHandler, TaskOptions, Typing } from "./task.js";
import type { Tracing } from "./tracing.js";
import type { RefusedHook } from "./worker/core.js";
import { expandNodename } from "./worker/remote/nodename.js";
import { Worker } from "./worker/worker.js";

/** Settings of an app; `broker` and `backend` are short for `brokerUrl` and `resultBackend`. */
export type AppOptions = SettingsInput & {
  readonly broker?: string;
  readonly backend?: string;
  /** Default: pino at level `info`. */
  readonly log?: Logger;
  /** Follows tasks from process to process, as `openTelemetry()` does. Default: trace headers are passed on, no more. */
  readonly tracing?: Tracing;
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
  /** Called before a message that never becomes a request is settled or becomes a dead letter, which waits for it. */
  readonly onRefused?: RefusedHook;
  /** Any other of the app's settings, for this worker only. */
  readonly settings?: SettingsInput;
}

/** A Celery app: tasks by name, settings, and where to send and consume them. */
export class Celery {
  readonly name: string;
  readonly settings: Settings;
  readonly log: Logger;
  /** Remote-control commands of its workers: Celery's own and those added by {@link controlCommand}. */
  readonly controlCommands = new ControlRegistry();
  /** Commands running workers and asks how they are. */
  readonly control: Control;
  /** Reply address of this process: the name of the queue that `rpc://` results come to. */
  readonly oid = randomUUID();
  readonly #tasks = new Map<string, TaskDefinition>();
  readonly #sender: SignatureSender;
  readonly #tracing: Tracing | null;
  #client: Client | null = null;

  /** @throws ImproperlyConfigured for a wrong or unknown setting */
  constructor(name: string, options: AppOptions = {}) {
    const { log, tracing = null, ...settings } = options;
    this.name = name;
    this.#tracing = tracing;
    this.settings = compileSettings(settings);
    this.log = log ?? defaultLog(name);
    this.#sender = {
      apply: (node, args, kwargs, applied) => this.#opened().apply(node, args, kwargs, applied),
      freeze: (node, frame) => this.#opened().freeze(node, frame),
      errbacksOnHeader: this.settings.taskAllowErrorCbOnChordHeader,
    };
    const queues = () => workerQueues(undefined, [], this.settings, "").map((queue) => queue.name);
    this.control = new Control({
      mailbox: () => this.#opened().mailbox(),
      purge: () => this.#opened().purge(queues()),
    });
    for (const { name: task, options: taskOptions, handler } of builtinTasks(this.settings))
      this.#tasks.set(task, defineTask(task, taskOptions, handler, this.settings));
  }

  /** Registered tasks by name. */
  get tasks(): ReadonlyMap<string, TaskDefinition> {
    return this.#tasks;
  }

  /**
   * Registers a task: a handler, with options before it or none, or with the option `module` a module that runs in a
   * worker thread. The option `typing` gives the handler's parameters their types.
   * @throws ImproperlyConfigured when the name is taken or an option is wrong
   */
  task<Args extends unknown[], Result, Sent extends unknown[] = Args>(
    name: string,
    options: TaskOptions & { readonly typing: Typing<Args, Sent> },
    handler: TaskHandler<NoInfer<Args>, Result>,
  ): Task<Sent, Result>;
  task<Args extends unknown[], Result>(name: string, handler: TaskHandler<Args, Result>): Task<Args, Result>;
  task<Args extends unknown[], Result>(
    name: string,
    options: TaskOptions & { readonly typing?: never },
    handler: TaskHandler<Args, Result>,
  ): Task<Args, Result>;
  task<Result>(name: string, options: TaskOptions, handler: TaskHandler<unknown[], Result>): Task<unknown[], Result>;
  task<Args extends unknown[]>(name: string, options: TaskOptions & { readonly module: URL }): Task<Args>;
  task<Args extends unknown[], Result>(
    name: string,
    first: TaskOptions | TaskHandler<Args, Result>,
    second?: TaskHandler<Args, Result>,
  ): Task<Args, Result> {
    const [options, given] = typeof first === "function" ? [{}, first] : [first, second];
    if ((given === undefined) === (options.module === undefined)) {
      throw new ImproperlyConfigured(`task ${name} needs either a handler or the option module`);
    }
    const handler = options.module === undefined ? given : moduleHandler(options.module);
    if (this.#tasks.has(name)) throw new ImproperlyConfigured(`task ${name} is registered already`);
    this.#tasks.set(name, defineTask(name, options, handler as TaskHandler, this.settings));
    return taskHandle(name, this.#sender);
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
   * @returns its result to be, once the broker has confirmed the message
   * @throws EncodeError; PublishError when the broker refuses the message, or is away longer than `retryPolicy` allows
   */
  async sendTask(
    name: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SendOptions = {},
  ): Promise<AsyncResult> {
    return await this.#opened().send(name, args, kwargs, toOptions(options));
  }

  /** Sends a signature of any kind, also one that came from another app. @throws InvalidSignature; as {@link sendTask} */
  async apply(signature: SignatureLike, args: readonly unknown[] = [], options: SendOptions = {}): Promise<AnyResult> {
    return await this.#opened().apply(toNode(signature), args, {}, toOptions(options));
  }

  /** A signature by task name, which need not be registered here. */
  signature(
    task: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SendOptions & { readonly immutable?: boolean } = {},
  ): Signature<AsyncResult> {
    return signature(task, args, kwargs, options, this.#sender);
  }

  /** The result of a task by its id. */
  asyncResult<Result = unknown>(taskId: string): AsyncResult<Result> {
    return new AsyncResult(taskId, this.#opened().reader);
  }

  /** Results from the form they have in messages: what a task returns that returns results. */
  resultFromTuple(tuple: ResultTuple): AnyResult {
    return resultFromTuple(tuple, this.#opened().reader);
  }

  /** A group that was saved in the result backend; null when there is none. */
  async restoreGroup(groupId: string): Promise<GroupResult | null> {
    const { reader } = this.#opened();
    const saved = await reader.restoreGroup(groupId);
    const group = saved === null ? null : resultFromTuple(saved, reader);
    return group instanceof GroupResult ? group : null;
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
      oid: this.oid,
      controlCommands: this.controlCommands,
      onRefused: options.onRefused ?? null,
      tracing: this.#tracing,
      onElected: (topic, action) => this.#onElected(topic, action),
    });
  }

  /**
   * Connects now, instead of with the first message, and waits for no broker that is away.
   * @throws BrokerError when none of the addresses of `brokerUrl` can be reached
   */
  async connect(): Promise<void> {
    await this.#opened().connect();
  }

  /** Closes the connections that sending and reading results opened. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.close();
  }

  /** Celery's only topic is `task`: the winner sends the task whose signature is the action. */
  async #onElected(topic: string, action: unknown): Promise<void> {
    if (topic !== "task" || !isRecord(action) || typeof action.task !== "string")
      throw new ImproperlyConfigured(
        `an election for ${topic} has nothing to do here: the topic task sends a signature`,
      );
    await this.#opened().apply(readNode(action));
  }

  #opened(): Client {
    const { name, settings, log, oid } = this;
    this.#client ??= new Client({ name, settings, log, oid, tasks: this.#tasks, tracing: this.#tracing });
    return this.#client;
  }
}
