import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { BrokerConnection } from "../amqp/connection.js";
import type { OutgoingMessage, Publisher } from "../amqp/publisher.js";
import { NO_ROUTE } from "../amqp/refusals.js";
import { declareQueue, type QueueDefinition } from "../amqp/topology.js";
import type { Caller } from "../canvas/apply.js";
import { listOption, type SignatureNode, type SignatureOptions } from "../canvas/node.js";
import type { RetryPolicy } from "../canvas/options.js";
import { encodeTask } from "../codec/body-encoder.js";
import type { TaskDefinition } from "../definition.js";
import { asError, ImproperlyConfigured, PublishError } from "../errors.js";
import type { EventDispatcher } from "../events/dispatcher.js";
import type { OutgoingTask } from "../protocol/message-encode.js";
import { argsRepr, kwargsRepr } from "../protocol/repr.js";
import type { Serializer } from "../protocol/serializers.js";
import { formatIso, parseIso } from "../protocol/time.js";
import type { Settings } from "../settings.js";
import type { Tracing } from "../tracing.js";
import { type Destination, Router } from "./routing.js";

/** Pause before a declaration is tried again whose connection was lost. */
const DECLARE_PAUSE_MS = 50;
const DECLARE_ATTEMPTS = 50;

/** What a {@link Producer} is made from. */
export interface ProducerParts {
  readonly connection: BrokerConnection;
  readonly publisher: Publisher;
  readonly settings: Settings;
  readonly log: Logger;
  /** Address that results come back to, sent with every task. */
  readonly replyTo: string;
  /** Registered tasks give their options to what is sent under their name. */
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** Sends `task-sent`; null when the setting is off. */
  readonly events: EventDispatcher | null;
  /** Follows tasks that are sent; null when nobody does. */
  readonly tracing: Tracing | null;
  /** Called before a task whose result somebody may want: a reply queue must be there before its first result. */
  readonly beforeSend?: (taskId: string) => Promise<void>;
  /** Give up on a broker that is away after the retry policy, as clients do. A worker waits: it must not lose anything. */
  readonly isImpatient: boolean;
}

/** Publishes task messages as Celery's producer does: route, declare the queue once, confirm. */
export class Producer {
  readonly router: Router;
  readonly #parts: ProducerParts;
  readonly #declared = new Map<QueueDefinition, Promise<void>>();

  constructor(parts: ProducerParts) {
    this.#parts = parts;
    this.router = new Router(parts.settings);
    parts.connection.on("disconnected", () => this.#declared.clear());
  }

  /**
   * Sends a task by name, with Celery's own options.
   *
   * @returns the task id, once the broker has confirmed the message
   * @throws EncodeError when arguments cannot be serialized; PublishError when the broker refuses or stays away
   */
  async send(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    given: SignatureOptions,
    caller: Caller | null = null,
  ): Promise<string> {
    const { settings, events, beforeSend, tasks } = this.#parts;
    const options = withTaskOptions(name, given, tasks.get(name)?.sending ?? null);
    const task = this.#outgoing(name, args, kwargs, options, caller);
    const delaySeconds = task.eta ? (task.eta.getTime() - Date.now()) / 1000 : null;
    const destination = this.router.destination(routeName(name, kwargs), args, kwargs, options, delaySeconds);
    const priority = destination.priority ?? caller?.priority ?? 0;
    const compression = typeof options.compression === "string" ? options.compression : settings.taskCompression;
    const { body, headers, properties } = await encodeTask(
      { ...task, priority },
      {
        protocol: settings.taskProtocol,
        serializer: (options.serializer as Serializer | undefined) ?? settings.taskSerializer,
        ...(compression === null ? {} : { compression }),
      },
    );
    await this.#ready(options);
    if (beforeSend !== undefined && task.ignoreResult !== true) await beforeSend(task.id);
    if (destination.queue !== null) await this.#declareOnce(destination.queue);
    const { exchange, routingKey } = destination;
    const published = this.#publish({ exchange, routingKey, body, headers, ...properties }, destination.queue);
    if (events !== null) events.send("task-sent", sentFields(task, destination));
    await published;
    return task.id;
  }

  /** A queue that was deleted since it was declared is declared again: the broker would drop the message. */
  async #publish(message: OutgoingMessage, queue: QueueDefinition | null): Promise<void> {
    const { publisher } = this.#parts;
    if (queue === null) return await publisher.publish(message);
    const mandatory = { ...message, mandatory: true };
    try {
      await publisher.publish(mandatory);
    } catch (error) {
      if (!(error instanceof PublishError) || error.replyCode !== NO_ROUTE) throw error;
      this.#declared.delete(queue);
      await this.#declareOnce(queue);
      await publisher.publish(mandatory);
    }
  }

  /** The queue of a task of this name when nothing else is said. */
  queueOf(task: string): string {
    const own = this.#parts.tasks.get(task)?.sending?.queue;
    return own ?? this.router.queueOf(task);
  }

  #traced(name: string, id: string, headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const { tracing } = this.#parts;
    return { ...(tracing === null ? headers : tracing.inject(name, id, headers)) };
  }

  #outgoing(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SignatureOptions,
    caller: Caller | null,
  ): OutgoingTask {
    const id = options.task_id ?? randomUUID();
    const stamped = options.stamped_headers ?? null;
    return {
      id,
      task: name,
      args,
      kwargs,
      argsrepr: argsRepr(args),
      kwargsrepr: kwargsRepr(kwargs),
      eta: timeOf(options.eta) ?? (numberOf(options.countdown) ? inSeconds(Number(options.countdown)) : null),
      expires: typeof options.expires === "number" ? inSeconds(options.expires) : timeOf(options.expires),
      timelimit: [numberOf(options.time_limit), numberOf(options.soft_time_limit)],
      shadow: typeof options.shadow === "string" ? options.shadow : null,
      group: options.group_id ?? null,
      groupIndex: options.group_index ?? null,
      retries: numberOf(options.retries) ?? 0,
      rootId: options.root_id ?? caller?.rootId ?? id,
      parentId: options.parent_id ?? caller?.id ?? null,
      replyTo: options.reply_to ?? this.#parts.replyTo,
      origin: originName(),
      ignoreResult: ignoresResult(options, this.#parts.tasks.get(name)),
      replacedTaskNesting: numberOf(options.replaced_task_nesting) ?? 0,
      stampedHeaders: stamped,
      stamps: Object.fromEntries((stamped ?? []).map((stamp) => [stamp, options[stamp]])),
      customHeaders: this.#traced(name, id, { ...caller?.traceHeaders, ...(options.headers as object | undefined) }),
      embed: {
        callbacks: listOrNull(options, "link"),
        errbacks: listOrNull(options, "link_error"),
        chain: options.chain ?? null,
        chord: options.chord ?? null,
      },
      deliveryMode: deliveryModeOf(options.delivery_mode) ?? this.#parts.settings.taskDefaultDeliveryMode,
    };
  }

  /** Waits for the connection: as long as the retry policy says, or for ever. */
  async #ready(options: SignatureOptions): Promise<void> {
    const { connection, settings, isImpatient } = this.#parts;
    if (connection.isReady) return;
    const policy = { ...settings.taskPublishRetryPolicy, ...(options.retry_policy as RetryPolicy | undefined) };
    const retries = options.retry === false || !settings.taskPublishRetry ? 0 : policy.maxRetries;
    if (!isImpatient || retries === null) {
      await this.#connected();
      return;
    }
    const seconds = settings.brokerConnectionTimeout + pauseSeconds(policy, retries);
    const signal = AbortSignal.timeout(Math.ceil(seconds * 1000));
    try {
      await connection.whenReady(signal);
    } catch (cause) {
      const problem = signal.aborted ? `no connection to the broker within ${seconds} s` : asError(cause).message;
      throw new PublishError(problem, { cause });
    }
  }

  async #connected(): Promise<void> {
    try {
      await this.#parts.connection.whenReady();
    } catch (cause) {
      throw new PublishError(asError(cause).message, { cause });
    }
  }

  async #declareOnce(queue: QueueDefinition): Promise<void> {
    let declaration = this.#declared.get(queue);
    if (declaration === undefined) {
      declaration = this.#declare(queue);
      this.#declared.set(queue, declaration);
      declaration.catch(() => this.#declared.delete(queue));
    }
    await declaration;
  }

  /** Again after a connection that was lost on the way; what the broker refuses stays refused. */
  async #declare(queue: QueueDefinition): Promise<void> {
    const { connection, log } = this.#parts;
    for (let attempt = 1; ; attempt += 1) {
      await this.#connected();
      try {
        await declareQueue(connection, queue, log);
        return;
      } catch (cause) {
        const isRefusal = connection.isReady && typeof (cause as { code?: unknown }).code === "number";
        if (isRefusal || attempt >= DECLARE_ATTEMPTS)
          throw new PublishError(`cannot declare queue ${queue.name}: ${asError(cause).message}`, {
            cause,
            isRefusal,
            replyCode: isRefusal ? (cause as { readonly code: number }).code : null,
          });
        await sleep(DECLARE_PAUSE_MS);
      }
    }
  }
}

/**
 * The options of a call over those of the registered task; a null of the call takes back the task's own.
 * @throws ImproperlyConfigured for a soft limit beyond the hard one
 */
function withTaskOptions(
  name: string,
  given: SignatureOptions,
  sending: Readonly<SignatureOptions> | null,
): SignatureOptions {
  const options = sending === null ? given : { ...sending, ...given };
  const [hard, soft] = [numberOf(options.time_limit), numberOf(options.soft_time_limit)];
  if (hard && soft && soft > hard)
    throw new ImproperlyConfigured(`task ${name}: softTimeLimit must be less than or equal to timeLimit`);
  return options;
}

/** `gen<pid>@<host>`, the name of a process that is no worker. */
export function originName(): string {
  return `gen${process.pid}@${hostname()}`;
}

/** `celery.map` and its kin go where the task they call would go. */
function routeName(name: string, kwargs: Readonly<Record<string, unknown>>): string {
  if (name !== "celery.map" && name !== "celery.starmap" && name !== "celery.chunks") return name;
  const inner = kwargs.task as Partial<SignatureNode> | undefined;
  return typeof inner?.task === "string" ? inner.task : name;
}

function pauseSeconds(policy: Required<RetryPolicy>, retries: number): number {
  let total = 0;
  for (let retry = 0; retry < retries; retry++) {
    total += Math.min(policy.intervalMax, policy.intervalStart + retry * policy.intervalStep);
  }
  return total;
}

/** Whether nobody will get this result: the call says so, or else the registered task. */
export function ignoresResult(options: SignatureOptions, definition: TaskDefinition | undefined): boolean {
  return typeof options.ignore_result === "boolean" ? options.ignore_result : (definition?.ignoreResult ?? false);
}

/** Fields of `task-sent`. */
export function sentFields(
  task: OutgoingTask,
  {
    exchange,
    routingKey,
    queue,
  }: Pick<Destination, "exchange" | "routingKey"> & { readonly queue: { readonly name: string } | null },
): Record<string, unknown> {
  return {
    uuid: task.id,
    root_id: task.rootId ?? null,
    parent_id: task.parentId ?? null,
    name: task.task,
    args: task.argsrepr,
    kwargs: task.kwargsrepr,
    retries: task.retries ?? 0,
    eta: task.eta ? formatIso(task.eta) : null,
    expires: task.expires ? formatIso(task.expires) : null,
    queue: queue?.name ?? null,
    exchange,
    routing_key: routingKey,
  };
}

function listOrNull(options: SignatureOptions, name: "link" | "link_error"): readonly SignatureNode[] | null {
  const list = listOption(options, name);
  return list.length === 0 ? null : list;
}

function timeOf(value: unknown): Date | null {
  if (value instanceof Date) return value;
  return typeof value === "string" ? parseIso(value) : null;
}

const deliveryModeOf = (value: unknown): 1 | 2 | null => (value === 1 || value === 2 ? value : null);
const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
