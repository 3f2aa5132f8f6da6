import type { BrokerConnection } from "../amqp/connection.js";
import { Publisher } from "../amqp/publisher.js";
import { ImproperlyConfigured } from "../errors.js";
import { ThreadPool } from "../executor/thread-pool.js";
import { acceptedContentTypes } from "../protocol/serializers.js";
import type { Settings } from "../settings.js";
import { Bodies } from "./broker/bodies.js";
import type { Consumer } from "./broker/consumer.js";
import { DeadLetters } from "./broker/dead-letter.js";
import type { Delivery } from "./broker/delivery.js";
import { Returns } from "./broker/returns.js";
import type { WorkerCore } from "./core.js";
import type { WorkerEvents } from "./emitter.js";
import type { WorkerParts } from "./parts.js";
import { Requests } from "./requests.js";
import { createSending } from "./task/sending.js";
import { memoryLimits } from "./wait/memory-limits.js";
import { RateLimits } from "./wait/rate-limits.js";
import { RecentSet } from "./wait/recent-set.js";
import { Refusals } from "./wait/refusals.js";
import { Requeues } from "./wait/requeues.js";
import { RevokedStamps } from "./wait/revoked-stamps.js";
import { Schedule } from "./wait/schedule.js";
import { Slots } from "./wait/slots.js";
import { Unsettled } from "./wait/unsettled.js";
import { Windows } from "./wait/windows.js";

/** See {@link unseenMs}. */
const MIN_UNSEEN_MS = 60_000;
const TCP_TIMEOUT_MS = 1_200_000;

/** What {@link buildCore} is given by its worker. */
export interface CoreParts {
  readonly parts: WorkerParts;
  readonly events: WorkerEvents;
  readonly publisher: Publisher;
  /** Connection of the publisher. */
  readonly publishing: BrokerConnection;
  readonly consumers: () => readonly Consumer[];
  /** More slots will come by themselves when those there are do not suffice. */
  readonly mayGrow: () => boolean;
  readonly isStopping: () => boolean;
}

/** Makes what the steps of a delivery's life share. @throws ImproperlyConfigured */
export function buildCore({
  parts,
  events,
  publisher,
  publishing,
  consumers,
  mayGrow,
  isStopping,
}: CoreParts): WorkerCore {
  const { nodename, settings, log, tasks, createResults, oid } = parts;
  const results = createResults(publisher);
  const schedule = new Schedule();
  checkSlotGroups(parts);
  const onSlots = () => windows.changed();
  const slots = new Slots(settings.workerConcurrency, settings.workerSlotGroups, onSlots);
  const inline =
    settings.workerInlineConcurrency === null ? slots : new Slots(settings.workerInlineConcurrency, {}, onSlots);
  const limits = memoryLimits(process.env);
  const accept = acceptedContentTypes(settings.acceptContent);
  const requests = new Requests();
  const patience = settings.workerReservedTimeout;
  const windows = new Windows({
    patienceMs: patience === null ? null : patience * 1000,
    slots,
    consumers,
    requests,
    mayGrow,
  });
  /** The consumer that a delivery came by, unless it is gone. */
  const consumerOf = (delivery: Delivery) => consumers().find(({ queue }) => queue.name === delivery.queue);
  return {
    nodename,
    settings,
    log,
    events,
    tasks,
    acceptedContentTypes: accept,
    bodies: new Bodies({
      accept,
      timezone: settings.timezone,
      maxBytes: settings.maxBodyBytes,
      maxMemory: settings.maxBodyMemory,
      requests: () => requests,
    }),
    pool: threadPool(parts),
    slots,
    slotsOf: ({ inline: isInline, slotGroup }) =>
      isInline ? inline.ungrouped : (slots.groups.get(slotGroup ?? "") ?? slots.ungrouped),
    windows,
    rateLimits: rateLimits(parts),
    schedule,
    revoked: new RecentSet(limits.revokes, limits.revokesExpireMs),
    revokedStamps: new RevokedStamps(),
    returns: new Returns({
      limit: limits.ended,
      expiresMs: limits.endedExpireMs,
      unseenMs: unseenMs(settings),
    }),
    requests,
    results,
    publisher,
    ...createSending({ connection: publishing, publisher, settings, log, tasks, results, replyTo: oid }),
    onRefused: parts.onRefused,
    deadLetters: deadLetters(publishing, parts),
    refusals: new Refusals(),
    requeues: new Requeues(({ delivery }) => consumerOf(delivery)?.hold(delivery)),
    unsettled: new Unsettled({ log, hold: (delivery) => consumerOf(delivery)?.hold(delivery) }),
    onHeld: (delivery) => {
      const { workerEtaTaskLimit } = settings;
      if (workerEtaTaskLimit === null || schedule.size < workerEtaTaskLimit) consumerOf(delivery)?.hold(delivery);
    },
    onReady: (delivery) => consumerOf(delivery)?.ready(delivery),
    isStopping,
  };
}

function checkSlotGroups({ tasks, settings: { workerSlotGroups } }: WorkerParts): void {
  for (const { name, slotGroup } of tasks.values()) {
    if (slotGroup === null || Object.hasOwn(workerSlotGroups, slotGroup)) continue;
    throw new ImproperlyConfigured(`task ${name}: its slotGroup ${slotGroup} is not in workerSlotGroups`);
  }
}

/** A line that is cut somewhere is given up after two heartbeats, or by TCP in its own time; what was written before may be lost. */
function unseenMs({ brokerHeartbeat }: Settings): number {
  return Math.max(MIN_UNSEEN_MS, brokerHeartbeat === 0 ? TCP_TIMEOUT_MS : brokerHeartbeat * 3000);
}

/** On a channel of their own: one that the broker refuses closes it, and must not hold up results. */
function deadLetters(publishing: BrokerConnection, { settings, log }: WorkerParts): DeadLetters {
  return new DeadLetters(new Publisher(publishing, log), {
    queueOf: settings.deadLetterQueue,
    exchange: settings.deadLetterExchange,
    mayDeclare: settings.topologyMode === "declare",
  });
}

function threadPool({ settings, log }: WorkerParts): ThreadPool {
  return new ThreadPool({
    size: settings.workerConcurrency,
    maxCallsPerThread: settings.workerMaxTasksPerChild,
    maxMemoryPerThreadKilobytes: settings.workerMaxMemoryPerChild,
    maxHeapMegabytes: settings.workerThreadHeapMegabytes,
    log,
  });
}

function rateLimits({ settings, tasks }: WorkerParts): RateLimits {
  const limits = new RateLimits();
  if (!settings.workerDisableRateLimits) for (const task of tasks.values()) limits.set(task.name, task.rateLimit);
  return limits;
}
