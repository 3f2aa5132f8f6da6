import type { Logger } from "pino";
import { asError, PublishError } from "../errors.js";
import { closeChannel } from "./closing.js";
import type { BrokerConnection } from "./connection.js";
import { wireTable } from "./field-writer.js";
import { existsOtherwise, isTaken, NOT_FOUND, replyCodeOf } from "./refusals.js";

/** A queue as the worker consumes it. Without further fields it is declared exactly as Celery declares a plain name. */
export interface QueueDefinition {
  readonly name: string;
  /** Default: the queue's own name. */
  readonly exchange?: string;
  /** Default `direct`. */
  readonly exchangeType?: string;
  /** Default: the queue's own name. */
  readonly routingKey?: string;
  /** `x-…` arguments. Default none. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly durable?: boolean;
  readonly autoDelete?: boolean;
  readonly exclusive?: boolean;
  /** Bindings beside the queue's own; their exchanges are declared as durable ones. */
  readonly bindings?: readonly {
    readonly exchange: string;
    readonly exchangeType?: string;
    readonly routingKey: string;
  }[];
  /** Consume the queue as it is and declare nothing. Default false. */
  readonly passive?: boolean;
  /** `x-priority` and the like, passed to basic.consume. */
  readonly consumerArguments?: Readonly<Record<string, unknown>>;
}

/** Types that every broker has. Declaring any other that it lacks costs the whole connection. */
const EXCHANGE_TYPES: ReadonlySet<string> = new Set(["direct", "topic", "fanout", "headers"]);

/** AMQP writes the length of a name in one byte. */
const MAX_NAME_BYTES = 255;

/** Whether what is missing at the broker may be declared; `passive` uses things as they are. */
export type TopologyMode = "declare" | "passive";

/** An exchange as Celery declares it. */
export interface ExchangeDefinition {
  readonly name: string;
  readonly type: "topic" | "direct" | "fanout";
  readonly durable: boolean;
}

/** Makes sure that an exchange exists. @throws the broker's error, which closes the channel */
export async function ensureExchange(
  channel: Channel,
  { name, type, durable }: ExchangeDefinition,
  mode: TopologyMode,
): Promise<void> {
  if (mode === "declare") await channel.assertExchange(name, type, { durable });
  else await channel.checkExchange(name);
}

/** Why no broker takes this queue as it is defined, as the end of a sentence; null when one may. */
export function queueProblem(queue: QueueDefinition): string | null {
  const { name, exchange = name, exchangeType, routingKey = name, bindings = [] } = queue;
  if (name === "") return "its name is empty";
  const names = [name, exchange, routingKey, ...bindings.flatMap((binding) => [binding.exchange, binding.routingKey])];
  for (const text of names) {
    const problem = nameProblem(text);
    if (problem !== null) return problem;
  }
  const types = [exchangeType, ...bindings.map((binding) => binding.exchangeType)];
  const unknown = types.find((type) => type !== undefined && !EXCHANGE_TYPES.has(type) && !type.startsWith("x-"));
  if (unknown === undefined) return null;
  return `there is no exchange type ${unknown}: use direct, topic, fanout or headers`;
}

/** Why AMQP has no form for a name, as the end of a sentence; null when it has. */
function nameProblem(name: string): string | null {
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES)
    return `${name.slice(0, 30)}… takes ${bytes} bytes, and names and keys may have at most ${MAX_NAME_BYTES}`;
  if (Buffer.from(name).toString() !== name) return "a name or key in it is not valid Unicode";
  // RabbitMQ declares such a queue under another name, and then does not find it.
  return /[\r\n]/.test(name) ? "a name or key in it has a line break" : null;
}

/**
 * Declares a queue, its exchange and their binding; where something of the name exists with other arguments, the queue
 * is consumed as it is, with one warning: an unchanged producer may have declared it first, and neither side may break.
 *
 * @throws the broker's error when a passive queue does not exist, or the account may not declare.
 */
export async function declareQueue(connection: BrokerConnection, queue: QueueDefinition, log: Logger): Promise<void> {
  let refusal: Error | null = null;
  if (queue.passive !== true) {
    refusal = await onOwnChannel(connection, (channel) => declare(channel, queue));
    if (refusal === null) return;
    if (!isTaken(refusal)) throw refusal;
  }
  const missing = await onOwnChannel(connection, async (channel) => {
    await channel.checkQueue(queue.name);
  });
  // A queue that does not exist was not refused for its other arguments.
  if (missing !== null) throw refusal ?? missing;
  if (refusal === null) return;
  log.warn(
    { wanted: queue.arguments ?? {}, broker: refusal.message },
    `queue ${queue.name} or its exchange exists with other arguments: using it as it is`,
  );
}

/**
 * Makes sure that a durable queue of that name exists, with whatever arguments it has, and is bound by its name to the direct
 * exchange when one is given. Waits for the broker when it is away.
 *
 * @throws PublishError when the broker refuses; BrokerError when the connection is closed for good
 */
export async function declareDurableQueue(
  connection: BrokerConnection,
  queue: string,
  exchange: string | null,
): Promise<void> {
  await declareForGood(connection, `queue ${queue}`, (channel) => channel.assertQueue(queue, { durable: true }));
  if (exchange === null) return;
  await declareForGood(connection, `exchange ${exchange}`, (channel) =>
    channel.assertExchange(exchange, "direct", { durable: true }),
  );
  await declareForGood(connection, `the binding of ${queue}`, (channel) => channel.bindQueue(queue, exchange, queue));
}

/** One declaration; what exists with other arguments is taken as it is. */
async function declareForGood(
  connection: BrokerConnection,
  what: string,
  declare: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  for (;;) {
    await connection.whenReady();
    const refusal = await onOwnChannel(connection, declare).catch(asError);
    if (refusal === null || existsOtherwise(refusal)) return;
    if (connection.isReady)
      throw new PublishError(`cannot declare ${what}: ${refusal.message}`, {
        cause: refusal,
        replyCode: replyCodeOf(refusal),
      });
  }
}

/** Whether there is a queue of that name; `unknown` where it is on a node that is away, or cannot be asked for. */
export async function queueState(connection: BrokerConnection, name: string): Promise<"there" | "missing" | "unknown"> {
  const refusal = await onOwnChannel(connection, (channel) => channel.checkQueue(name)).catch(asError);
  if (refusal === null) return "there";
  const isMissing = replyCodeOf(refusal) === NOT_FOUND && !/is down or inaccessible/.test(refusal.message);
  return isMissing ? "missing" : "unknown";
}

/** Messages ready in each of the queues that exist. */
export async function queueSizes(
  connection: BrokerConnection,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of names) {
    await onOwnChannel(connection, async (channel) => {
      const { messageCount } = await channel.checkQueue(name);
      sizes.set(name, messageCount);
    });
  }
  return sizes;
}

/** Throws away the messages that are ready. @returns how many; 0 for a queue that does not exist */
export async function purgeQueue(connection: BrokerConnection, name: string): Promise<number> {
  const channel = await connection.openChannel();
  channel.on("error", () => undefined);
  try {
    return (await channel.purgeQueue(name)).messageCount;
  } catch (error) {
    if (replyCodeOf(error) === NOT_FOUND) return 0;
    throw error;
  } finally {
    await channel.close().catch(() => undefined);
  }
}

type Channel = Awaited<ReturnType<BrokerConnection["openChannel"]>>;

async function declare(channel: Channel, queue: QueueDefinition): Promise<void> {
  const exchange = queue.exchange ?? queue.name;
  const durable = queue.durable ?? true;
  if (exchange !== "") await declareExchange(channel, exchange, queue.exchangeType, durable, queue.autoDelete);
  await channel.assertQueue(queue.name, {
    durable,
    autoDelete: queue.autoDelete ?? false,
    exclusive: queue.exclusive ?? false,
    arguments: wireTable(queue.arguments ?? {}),
  });
  if (exchange !== "") await channel.bindQueue(queue.name, exchange, queue.routingKey ?? queue.name);
  for (const binding of queue.bindings ?? []) {
    await declareExchange(channel, binding.exchange, binding.exchangeType, true);
    await channel.bindQueue(queue.name, binding.exchange, binding.routingKey);
  }
}

/** An exchange of a type that comes with a plugin has to exist. */
async function declareExchange(
  channel: Channel,
  name: string,
  type = "direct",
  durable: boolean,
  autoDelete = false,
): Promise<void> {
  if (EXCHANGE_TYPES.has(type)) await channel.assertExchange(name, type, { durable, autoDelete });
  else await channel.checkExchange(name);
}

/** A refusal closes the channel it happened on, so each try has its own. Resolves to the refusal, or null. */
async function onOwnChannel(
  connection: BrokerConnection,
  work: (channel: Channel) => Promise<unknown>,
): Promise<Error | null> {
  const channel = await connection.openChannel();
  channel.on("error", () => undefined);
  try {
    await work(channel);
  } catch (error) {
    return asError(error);
  }
  await closeChannel(channel);
  return null;
}
