import { type QueueDefinition, queueProblem, type TopologyMode } from "./amqp/topology.js";
import { ImproperlyConfigured, NotSupported } from "./errors.js";
import type { Settings } from "./settings.js";

/** Exchange of the queues that belong to one worker (`worker_direct`). */
const WORKER_DIRECT_EXCHANGE = "C.dq2";

/**
 * The definition of a queue as Celery completes it: one of `taskQueues`, the default queue, or a new one of that name.
 *
 * @throws ImproperlyConfigured when the queue is not defined and `taskCreateMissingQueues` is off
 */
export function resolveQueue(name: string, settings: Settings): QueueDefinition {
  return inMode(completed(name, settings), settings.topologyMode);
}

/** The queue as the topology mode uses it: `passive` declares none. */
export function inMode(queue: QueueDefinition, mode: TopologyMode): QueueDefinition {
  return mode === "passive" && queue.passive !== true ? { ...queue, passive: true } : queue;
}

function completed(name: string, settings: Settings): QueueDefinition {
  const defined = settings.taskQueues.find((queue) => queue.name === name);
  if (defined !== undefined) return withArguments(defined, settings.taskQueueMaxPriority, null);
  if (name === settings.taskDefaultQueue && settings.taskQueues.length === 0) return defaultQueue(settings);
  if (!settings.taskCreateMissingQueues) {
    throw new ImproperlyConfigured(`queue ${name} is not in taskQueues, and taskCreateMissingQueues is off`);
  }
  const exchangeType = settings.taskCreateMissingQueueExchangeType;
  const queue: QueueDefinition = exchangeType === null ? { name } : { name, exchangeType };
  return withArguments(queue, settings.taskQueueMaxPriority, settings.taskCreateMissingQueueType);
}

/**
 * Queues that a worker consumes.
 *
 * @param selected names or definitions; undefined takes `taskQueues`, else the default queue
 * @param excluded names left out
 * @throws ImproperlyConfigured for a queue that no broker takes; NotSupported for a stream
 */
export function workerQueues(
  selected: readonly (string | QueueDefinition)[] | undefined,
  excluded: readonly string[],
  settings: Settings,
  nodename: string,
): QueueDefinition[] {
  const names =
    settings.taskQueues.length > 0 ? settings.taskQueues.map((queue) => queue.name) : [settings.taskDefaultQueue];
  const queues = (selected ?? names)
    .map((queue) => (typeof queue === "string" ? resolveQueue(queue, settings) : inMode(queue, settings.topologyMode)))
    .filter((queue) => !excluded.includes(queue.name));
  if (queues.length === 0) throw new ImproperlyConfigured("no queue is left to consume");
  for (const queue of queues) {
    refuseStreams(queue);
    const problem = queueProblem(queue);
    if (problem !== null) throw new ImproperlyConfigured(`a queue cannot be consumed: ${problem}`);
  }
  const own = { name: `${nodename}.dq2`, exchange: WORKER_DIRECT_EXCHANGE, routingKey: nodename };
  if (settings.workerDirect) queues.push(inMode(own, settings.topologyMode));
  return queues;
}

/** True for queues that Celery calls quorum queues. */
export function isQuorum(queue: QueueDefinition): boolean {
  return queue.arguments?.["x-queue-type"] === "quorum";
}

function defaultQueue(settings: Settings): QueueDefinition {
  const { taskDefaultQueue: name, taskDefaultExchange, taskDefaultExchangeType, taskDefaultRoutingKey } = settings;
  const queue: QueueDefinition = {
    name,
    exchange: taskDefaultExchange ?? name,
    exchangeType: taskDefaultExchangeType,
    routingKey: taskDefaultRoutingKey ?? name,
  };
  return withArguments(
    queue,
    settings.taskQueueMaxPriority,
    settings.taskDefaultQueueType === "quorum" ? "quorum" : null,
  );
}

function withArguments(queue: QueueDefinition, maxPriority: number | null, type: string | null): QueueDefinition {
  const more = {
    ...(maxPriority === null || queue.arguments?.["x-max-priority"] !== undefined
      ? {}
      : { "x-max-priority": maxPriority }),
    ...(type === null || queue.arguments?.["x-queue-type"] !== undefined ? {} : { "x-queue-type": type }),
  };
  return Object.keys(more).length === 0 ? queue : { ...queue, arguments: { ...queue.arguments, ...more } };
}

function refuseStreams(queue: QueueDefinition): void {
  if (queue.arguments?.["x-queue-type"] === "stream") {
    throw new NotSupported(
      `queue ${queue.name} is a stream: a task queue must be classic or quorum, because streams keep what was acknowledged`,
    );
  }
}
