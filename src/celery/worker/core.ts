import type { Logger } from "pino";
import type { BrokerConnection } from "../amqp/connection.js";
import { Publisher } from "../amqp/publisher.js";
import type { QueueDefinition } from "../amqp/topology.js";
import { Changes } from "../changes.js";
import type { ControlRegistry } from "../control/registry.js";
import type { TaskDefinition } from "../definition.js";
import { ImproperlyConfigured } from "../errors.js";
import { ThreadPool } from "../executor/thread-pool.js";
import { acceptedContentTypes } from "../protocol/serializers.js";
import type { ResultBackend } from "../results/backend.js";
import type { Settings } from "../settings.js";
import type { TaskRequest } from "../task.js";
import type { Tracing } from "../tracing.js";
import { Bodies } from "./broker/bodies.js";
import type { Consumer } from "./broker/consumer.js";
import { DeadLetters } from "./broker/dead-letter.js";
import { GiveBack } from "./broker/give-back.js";
import { Returns } from "./broker/returns.js";
import { Requests } from "./request.js";
import { createSending, type Sending } from "./task/sending.js";
import { memoryLimits } from "./wait/memory-limits.js";
import { RateLimits } from "./wait/rate-limits.js";
import { RecentSet } from "./wait/recent.js";
import { Refusals } from "./wait/refusals.js";
import { Requeues } from "./wait/requeues.js";
import { RevokedStamps } from "./wait/revoked-stamps.js";
import { Schedule } from "./wait/schedule.js";
import { type SlotGroup, Slots } from "./wait/slots.js";
import { Unsettled } from "./wait/unsettled.js";
import { Windows } from "./wait/windows.js";
import type { WorkerEvents } from "./worker-events.js";

/** See {@link unseenMs}. */
const MIN_UNSEEN_MS = 60_000;
const TCP_TIMEOUT_MS = 1_200_000;

/** A message that never becomes a request: it cannot be read, or names a task that this worker does not have. */
export interface RefusedMessage {
  readonly queue: string;
  /** What kind of fault, and which, as in the event `deliveryInvalid`. */
  readonly kind: string;
  readonly reason: string;
  readonly redelivered: boolean;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** What it says, where it can be read. */
  readonly task: Pick<TaskRequest, "id" | "args" | "kwargs" | "retries"> | null;
}

/** Called before a refused message is settled or becomes a dead letter, which waits for it. */
export type RefusedHook = (refused: RefusedMessage) => Promise<void>;

/** What a worker is made from. */
export interface WorkerParts {
  readonly nodename: string;
  readonly queues: readonly QueueDefinition[];
  readonly settings: Settings;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly log: Logger;
  readonly createResults: (publisher: Publisher) => ResultBackend;
  /** Reply address of this process. */
  readonly oid: string;
  readonly controlCommands: ControlRegistry;
  readonly onRefused: RefusedHook | null;
  readonly tracing: Tracing | null;
  /** Carries out the action of an election this worker won. */
  readonly onElected: (topic: string, action: unknown) => Promise<void> | void;
}

/** What the steps of a delivery's life share: one record per worker. */
export interface WorkerCore extends Sending {
  readonly nodename: string;
  readonly settings: Settings;
  readonly log: Logger;
  readonly events: WorkerEvents;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly acceptedContentTypes: ReadonlySet<string>;
  /** Reads task messages. */
  readonly bodies: Bodies;
  readonly pool: ThreadPool;
  /** Slots of all but `inline` tasks, which have their own when `workerInlineConcurrency` is set. */
  readonly slots: Slots;
  /** Where a task takes its slot. */
  readonly slotsOf: (definition: TaskDefinition) => SlotGroup;
  /** What is taken ahead of each queue. */
  readonly windows: Windows;
  readonly rateLimits: RateLimits;
  readonly schedule: Schedule;
  /** Ids of revoked tasks. */
  readonly revoked: RecentSet;
  readonly revokedStamps: RevokedStamps;
  /** What comes again after a lost channel. */
  readonly returns: Returns;
  /** Every request in memory. */
  readonly requests: Requests;
  /** Requests that have left memory, or wait to be settled. */
  readonly progress: Changes;
  readonly results: ResultBackend;
  readonly publisher: Publisher;
  readonly deadLetters: DeadLetters;
  /** Puts messages of deleted queues somewhere. */
  readonly giveBack: GiveBack;
  readonly onRefused: RefusedHook | null;
  readonly tracing: Tracing | null;
  /** Messages that are refused and not settled yet. */
  readonly refusals: Refusals;
  /** Messages that their tasks send back. */
  readonly requeues: Requeues;
  /** Deliveries that cannot be settled as planned. */
  readonly unsettled: Unsettled;
  readonly isStopping: () => boolean;
}

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
  const progress = new Changes();
  const onProgress = () => progress.notify();
  const bodies = new Bodies({
    accept,
    timezone: settings.timezone,
    maxBytes: settings.maxBodyBytes,
    maxMemory: settings.maxBodyMemory,
    requests: () => requests,
  });
  const requests = new Requests((request) => {
    bodies.left(request);
    onProgress();
  });
  const patience = settings.workerReservedTimeout;
  const letters = deadLetters(publishing, parts);
  const windows = new Windows({
    patienceMs: patience === null ? null : patience * 1000,
    slots,
    consumers,
    requests,
    mayGrow,
  });
  return {
    nodename,
    settings,
    log,
    events,
    tasks,
    acceptedContentTypes: accept,
    bodies,
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
    progress,
    results,
    publisher,
    ...createSending({
      connection: publishing,
      publisher,
      settings,
      log,
      tasks,
      results,
      tracing: parts.tracing,
      replyTo: oid,
    }),
    onRefused: parts.onRefused,
    tracing: parts.tracing,
    deadLetters: letters,
    giveBack: new GiveBack({
      connection: publishing,
      publisher,
      deadLetters: settings.deadLetter === "publish" ? letters : null,
      log,
    }),
    refusals: new Refusals(),
    requeues: new Requeues(onProgress),
    unsettled: new Unsettled(log, onProgress),
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
  return new DeadLetters(publishing, new Publisher(publishing, log), {
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
