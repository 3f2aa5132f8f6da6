import { delayedRoute } from "../amqp/delayed-delivery.js";
import type { QueueDefinition } from "../amqp/topology.js";
import type { SignatureOptions } from "../canvas/node.js";
import { ImproperlyConfigured } from "../errors.js";
import { matchesGlob } from "../protocol/glob.js";
import { isQuorum, resolveQueue } from "../queues.js";
import type { Route, Settings } from "../settings.js";

/** Where a message goes. */
export interface Destination {
  readonly exchange: string;
  readonly routingKey: string;
  /** Declared before the first message; null when only an exchange is known. */
  readonly queue: QueueDefinition | null;
  readonly priority: number | null;
}

/** Decides where tasks go: a call's own options, then `taskRoutes`, then the default queue. */
export class Router {
  readonly #queues = new Map<string, QueueDefinition>();
  readonly #hasQuorumQueue: boolean;

  constructor(private readonly settings: Settings) {
    const { taskQueues, taskDefaultQueueType, workerDetectQuorumQueues } = settings;
    const isDefaultQuorum = taskQueues.length === 0 && taskDefaultQueueType === "quorum";
    this.#hasQuorumQueue = workerDetectQuorumQueues && (isDefaultQuorum || taskQueues.some(isQuorum));
  }

  /**
   * @param delaySeconds until the task's time, when it has one: on topic exchanges the broker keeps it until then,
   * if this app has quorum queues
   * @throws ImproperlyConfigured for an exchange without routing key, or a queue that may not be created
   */
  destination(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: SignatureOptions,
    delaySeconds: number | null,
  ): Destination {
    const route = routeOf(name, args, kwargs, this.settings) ?? {};
    const exchange = text(options.exchange) ?? route.exchange ?? null;
    const routingKey = text(options.routing_key) ?? route.routingKey ?? null;
    const named = text(options.queue) ?? route.queue ?? null;
    const priority = numberOf(options.priority) ?? route.priority ?? this.settings.taskDefaultPriority;
    if (exchange !== null && named === null) {
      if (routingKey === null) throw new ImproperlyConfigured(`task ${name}: exchange ${exchange} needs a routingKey`);
      return { exchange, routingKey, queue: null, priority };
    }
    const queue = this.#queue(named ?? this.settings.taskDefaultQueue);
    const type = queue.exchangeType ?? "direct";
    if ((exchange === null || routingKey === null) && type === "direct")
      return { exchange: "", routingKey: queue.name, queue, priority };
    const direct = {
      exchange: exchange ?? queue.exchange ?? queue.name,
      routingKey: routingKey ?? queue.routingKey ?? queue.name,
    };
    const isDelayed = delaySeconds !== null && type !== "direct" && (this.#hasQuorumQueue || isQuorum(queue));
    const delayed = isDelayed ? delayedRoute(direct.routingKey, delaySeconds) : null;
    return { ...(delayed ?? direct), queue, priority };
  }

  /** Where a message goes that comes back to the exchange it was delivered by, after a delay if it has one. */
  afterDelay(
    exchange: string,
    routingKey: string,
    queueName: string,
    eta: Date | null,
  ): {
    readonly exchange: string;
    readonly routingKey: string;
  } {
    const delaySeconds = eta === null ? 0 : (eta.getTime() - Date.now()) / 1000;
    const type = exchangeTypeOf(queueName, this.settings);
    const delayed = this.#hasQuorumQueue && type !== "direct" ? delayedRoute(routingKey, delaySeconds) : null;
    return delayed ?? { exchange, routingKey };
  }

  /** The queue that a task of this name goes to when nothing else is said. */
  queueOf(name: string): string {
    return routeOf(name, [], {}, this.settings)?.queue ?? this.settings.taskDefaultQueue;
  }

  #queue(name: string): QueueDefinition {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = resolveQueue(name, this.settings);
      this.#queues.set(name, queue);
    }
    return queue;
  }
}

/** A queue that a worker was given by definition need not be in the settings. */
function exchangeTypeOf(queue: string, settings: Settings): string {
  return settings.taskQueues.find(({ name }) => name === queue)?.exchangeType ?? "direct";
}

/** First route that matches: in each table exact names before globs, in the order given. */
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
    if (/[*?[]/.test(pattern) && matchesGlob(pattern, name)) return route;
  }
  return undefined;
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
