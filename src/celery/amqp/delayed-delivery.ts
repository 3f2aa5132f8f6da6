import type { Logger } from "pino";
import { closeChannel } from "./closing.js";
import type { BrokerConnection, Channel } from "./connection.js";
import { wireTable } from "./field-writer.js";
import type { QueueDefinition } from "./topology.js";

/**
 * Celery's native delayed delivery (5.5 and later): a message for later passes through queues whose time to live is a
 * power of two seconds, one for each bit of its delay, and then reaches its own queue. So it waits in the broker, not
 * unacknowledged in a worker.
 */
const LEVELS = 28;
const DELIVERY_EXCHANGE = "celery_delayed_delivery";
const MAX_DELAY_SECONDS = 2 ** LEVELS - 1;

const levelName = (level: number): string => `celery_delayed_${level}`;

/** Where to publish a message so that it arrives after the delay. */
export interface DelayedRoute {
  readonly exchange: string;
  readonly routingKey: string;
}

/**
 * Route of a message that should arrive in `delaySeconds` (whole seconds; the rest is waited in the worker).
 * @returns null when the delay is below a second or too long for the levels: publish as usual then
 */
export function delayedRoute(routingKey: string, delaySeconds: number): DelayedRoute | null {
  const seconds = Math.trunc(delaySeconds);
  if (seconds < 1 || seconds > MAX_DELAY_SECONDS) return null;
  const bits = seconds.toString(2).padStart(LEVELS, "0").split("").join(".");
  return { exchange: levelName(LEVELS - 1), routingKey: `${bits}.${routingKey}` };
}

/** The routing key that a message had before it was delayed. */
export function undelayedRoutingKey(exchange: string, routingKey: string): string {
  return exchange === DELIVERY_EXCHANGE ? routingKey.split(".").slice(LEVELS).join(".") : routingKey;
}

/**
 * Declares the levels and binds the queues to their end, as a Python worker does. Queues on direct exchanges cannot
 * take part and are skipped with a warning: their tasks for later wait in the worker.
 */
export async function declareDelayedDelivery(
  connection: BrokerConnection,
  queues: readonly QueueDefinition[],
  queueType: "classic" | "quorum",
  log: Logger,
): Promise<void> {
  const channel = await connection.openChannel();
  channel.on("error", () => undefined);
  try {
    await declareLevels(channel, queueType);
    for (const queue of queues) {
      const { name, exchange = name, exchangeType = "direct", routingKey = name } = queue;
      if (exchangeType === "direct") {
        log.warn(
          { queue: name },
          "tasks for later wait in the worker: native delayed delivery needs a topic exchange, and this queue's is direct",
        );
        continue;
      }
      await channel.bindExchange(exchange, DELIVERY_EXCHANGE, `#.${routingKey}`);
      await channel.bindQueue(name, exchange, `#.${routingKey}`);
    }
  } finally {
    await closeChannel(channel);
  }
}

async function declareLevels(channel: Channel, queueType: "classic" | "quorum"): Promise<void> {
  await channel.assertExchange(DELIVERY_EXCHANGE, "topic", { durable: true });
  for (let level = 0; level < LEVELS; level++) {
    const name = levelName(level);
    const next = level === 0 ? DELIVERY_EXCHANGE : levelName(level - 1);
    await channel.assertExchange(name, "topic", { durable: true });
    await channel.assertQueue(name, { durable: true, arguments: levelArguments(level, next, queueType) });
    const higherBits = "*.".repeat(LEVELS - 1 - level);
    await channel.bindQueue(name, name, `${higherBits}1.#`);
    await channel.bindExchange(next, name, `${higherBits}0.#`);
  }
}

function levelArguments(level: number, next: string, queueType: "classic" | "quorum"): Record<string, unknown> {
  return wireTable({
    "x-queue-type": queueType,
    ...(queueType === "quorum" ? { "x-dead-letter-strategy": "at-least-once" } : {}),
    "x-overflow": "reject-publish",
    "x-message-ttl": 2 ** level * 1000,
    "x-dead-letter-exchange": next,
  });
}
