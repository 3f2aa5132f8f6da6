import type { QueueDefinition } from "../../amqp/topology.js";
import { isRecord } from "../../protocol/json.js";
import { type CommandArguments, type ControlCommand, ok } from "../command.js";

/** Commands about the queues a worker consumes. */
export const queueCommands: readonly ControlCommand[] = [
  {
    name: "active_queues",
    kind: "inspect",
    help: "List the task queues a worker is currently consuming from.",
    run: (worker) => worker.queues.map(describeQueue),
  },
  {
    name: "add_consumer",
    kind: "control",
    help: "Tell worker(s) to consume from task queue by name.",
    signature: "<queue> [exchange [type [routing_key]]]",
    parameters: [
      { name: "queue", type: "string", required: true, help: "queue name; declared when it is missing" },
      { name: "exchange", type: "string", help: "exchange name (default: the queue's)" },
      { name: "exchange_type", type: "string", help: "exchange type (default: direct)" },
      { name: "routing_key", type: "string", help: "routing key (default: the queue's name)" },
    ],
    lenient: true,
    run: async (worker, args) => {
      const queue = args.text("queue");
      await worker.addConsumer(queueOf(queue, args));
      return ok(`add consumer ${queue}`);
    },
  },
  {
    name: "cancel_consumer",
    kind: "control",
    help: "Tell worker(s) to stop consuming from task queue by name.",
    signature: "<queue>",
    parameters: [{ name: "queue", type: "string", required: true, help: "queue name" }],
    lenient: true,
    run: (worker, args) => {
      const queue = args.text("queue");
      worker.cancelConsumer(queue);
      return ok(`no longer consuming from ${queue}`);
    },
  },
];

function queueOf(name: string, args: CommandArguments): QueueDefinition {
  const text = (key: string) => {
    const value = args.get(key);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const flag = (key: string) => {
    const value = args.get(key);
    return typeof value === "boolean" ? value : undefined;
  };
  const table = (key: string) => {
    const value = args.get(key);
    return isRecord(value) ? value : undefined;
  };
  return defined({
    name,
    exchange: text("exchange"),
    exchangeType: text("exchange_type"),
    routingKey: text("routing_key"),
    durable: flag("durable"),
    autoDelete: flag("auto_delete"),
    exclusive: flag("exclusive"),
    arguments: table("queue_arguments"),
    consumerArguments: table("consumer_arguments"),
  });
}

type Maybe<T> = { [Key in keyof T]: T[Key] | undefined };

function defined(queue: Maybe<QueueDefinition> & { name: string }): QueueDefinition {
  const entries = Object.entries(queue).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as unknown as QueueDefinition;
}

/** A queue with every key that kombu's `Queue.as_dict` has. */
function describeQueue(queue: QueueDefinition): Record<string, unknown> {
  const { name, durable = true, autoDelete = false, exclusive = false } = queue;
  return {
    name,
    exchange: describeExchange(queue.exchange ?? name, queue.exchangeType ?? "direct", durable, autoDelete),
    routing_key: queue.routingKey ?? name,
    queue_arguments: queue.arguments ?? null,
    binding_arguments: null,
    consumer_arguments: queue.consumerArguments ?? null,
    durable,
    exclusive,
    auto_delete: autoDelete,
    no_ack: false,
    alias: null,
    bindings: (queue.bindings ?? []).map((binding) => ({
      exchange: describeExchange(binding.exchange, binding.exchangeType ?? "direct", true, false),
      routing_key: binding.routingKey,
      arguments: null,
      unbind_arguments: null,
    })),
    no_declare: queue.passive === true ? true : null,
    expires: null,
    message_ttl: null,
    max_length: null,
    max_length_bytes: null,
    max_priority: queue.arguments?.["x-max-priority"] ?? null,
  };
}

function describeExchange(name: string, type: string, durable: boolean, autoDelete: boolean): Record<string, unknown> {
  return {
    name,
    type,
    arguments: null,
    durable,
    passive: false,
    auto_delete: autoDelete,
    delivery_mode: null,
    no_declare: false,
  };
}
