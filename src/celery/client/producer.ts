import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Logger } from "pino";
import type { BrokerConnection } from "../amqp/connection.js";
import type { Publisher } from "../amqp/publisher.js";
import { declareQueue } from "../amqp/topology.js";
import { ImproperlyConfigured } from "../errors.js";
import { globToRegExp } from "../protocol/glob.js";
import { encodeTaskMessage, type OutgoingTask } from "../protocol/message.js";
import type { Serializer } from "../protocol/serializers.js";
import type { Route, Settings } from "../settings.js";

/** Options of a sent task: those of Celery's `apply_async`. */
export interface SendOptions {
  /** Default: a new UUID. */
  readonly taskId?: string;
  /** Default: `taskRoutes`, then `taskDefaultQueue`. */
  readonly queue?: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  /** Seconds from now. */
  readonly countdown?: number;
  readonly eta?: Date;
  /** Seconds from now, or a time. */
  readonly expires?: number | Date;
  readonly priority?: number;
  /** Seconds. */
  readonly timeLimit?: number;
  readonly softTimeLimit?: number;
  readonly serializer?: Serializer;
  readonly compression?: string;
  readonly ignoreResult?: boolean;
  readonly replyTo?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly shadow?: string;
}

/** Where a message goes. */
interface Destination {
  readonly exchange: string;
  readonly routingKey: string;
  /** The queue to declare first, when the destination is one. */
  readonly queue: string | null;
  readonly priority: number | undefined;
}

/** Publishes task messages as Celery's producer does: route, declare the queue once, confirm. */
export class Producer {
  readonly #declared = new Set<string>();

  constructor(
    private readonly connection: BrokerConnection,
    readonly publisher: Publisher,
    private readonly settings: Settings,
    private readonly log: Logger,
  ) {
    connection.on("disconnected", () => this.#declared.clear());
  }

  /**
   * Sends a task by name.
   *
   * @returns the task id, once the broker has confirmed the message
   * @throws EncodeError when arguments cannot be serialized; PublishError when the broker refuses
   */
  async send(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SendOptions = {},
  ): Promise<string> {
    const id = options.taskId ?? randomUUID();
    const destination = this.#destination(name, args, kwargs, options);
    const priority = destination.priority;
    const { settings } = this;
    const task: OutgoingTask = {
      id,
      task: name,
      args,
      kwargs,
      eta: options.eta ?? (options.countdown === undefined ? null : new Date(Date.now() + options.countdown * 1000)),
      expires:
        typeof options.expires === "number" ? new Date(Date.now() + options.expires * 1000) : (options.expires ?? null),
      timelimit: [options.timeLimit ?? null, options.softTimeLimit ?? null],
      shadow: options.shadow ?? null,
      ignoreResult: options.ignoreResult ?? false,
      origin: originName(),
      ...(options.replyTo === undefined ? {} : { replyTo: options.replyTo }),
      ...(priority === undefined ? {} : { priority }),
      ...(options.headers === undefined ? {} : { customHeaders: options.headers }),
      deliveryMode: settings.taskDefaultDeliveryMode,
    };
    const compression = options.compression ?? settings.taskCompression;
    const { body, headers, properties } = encodeTaskMessage(task, {
      protocol: settings.taskProtocol,
      serializer: options.serializer ?? settings.taskSerializer,
      ...(compression === null ? {} : { compression }),
    });
    if (destination.queue !== null) await this.#declareOnce(destination.queue);
    await this.publisher.publish({
      exchange: destination.exchange,
      routingKey: destination.routingKey,
      body,
      headers,
      ...properties,
    });
    return id;
  }

  #destination(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SendOptions,
  ): Destination {
    const { settings } = this;
    const route =
      options.queue === undefined && options.exchange === undefined ? routeOf(name, args, kwargs, settings) : null;
    const priority = options.priority ?? route?.priority ?? settings.taskDefaultPriority ?? undefined;
    const exchange = options.exchange ?? route?.exchange;
    if (exchange !== undefined) {
      const routingKey = options.routingKey ?? route?.routingKey;
      if (routingKey === undefined)
        throw new ImproperlyConfigured(`task ${name}: exchange ${exchange} needs a routingKey`);
      return { exchange, routingKey, queue: null, priority };
    }
    const queue = options.queue ?? route?.queue ?? settings.taskDefaultQueue;
    return { exchange: "", routingKey: queue, queue, priority };
  }

  async #declareOnce(queue: string): Promise<void> {
    if (this.#declared.has(queue)) return;
    await this.connection.whenReady();
    const definition = this.settings.taskQueues.find((known) => known.name === queue) ?? { name: queue };
    await declareQueue(this.connection, definition, this.log);
    this.#declared.add(queue);
  }
}

/** `gen<pid>@<host>`, the name of a process that is no worker. */
export function originName(): string {
  return `gen${process.pid}@${hostname()}`;
}

/** First route that matches: exact names before globs, in the order given. */
function routeOf(
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  settings: Settings,
): Route | null {
  const routes = Array.isArray(settings.taskRoutes) ? settings.taskRoutes : [settings.taskRoutes];
  for (const route of routes) {
    const found = typeof route === "function" ? route(name, args, kwargs) : (route[name] ?? matchGlob(route, name));
    if (typeof found === "string") return { queue: found };
    if (found !== null && found !== undefined) return found;
  }
  return null;
}

function matchGlob(routes: Readonly<Record<string, Route>>, name: string): Route | undefined {
  for (const [pattern, route] of Object.entries(routes)) {
    if (/[*?[]/.test(pattern) && globToRegExp(pattern).test(name)) return route;
  }
  return undefined;
}
