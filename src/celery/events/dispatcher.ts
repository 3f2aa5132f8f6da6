import type { Logger } from "pino";
import type { BrokerConnection } from "../amqp/connection.js";
import { TransientPublisher } from "../amqp/transient-publisher.js";
import type { LamportClock } from "../clock.js";
import { asError } from "../errors.js";
import { encodeBody, fitsIn } from "../protocol/serializers.js";
import type { Settings } from "../settings.js";
import { type CeleryEvent, type EventFields, groupOf, utcOffsetHours } from "./event.js";

/** Events that are sent together at most: each message costs this worker and the broker far more than an event in it. */
const BATCH_LIMIT = 100;

/** How long an event waits for others to go with it. */
const GATHER_MS = 10;

/** What is gathered: the steps of tasks, as by Celery's workers. A monitor may bind the key of any other type. */
const BATCHED = new Set(
  ["received", "started", "succeeded", "failed", "retried", "revoked", "rejected", "cancelled"].map(
    (step) => `task-${step}`,
  ),
);

/** Characters that the fields of one event may take, about. */
const MAX_EVENT = 1_000_000;

/** Events kept while the broker is away. */
const BACKLOG_LIMIT = 10_000;

/** Options of {@link EventDispatcher}. */
export interface EventDispatcherOptions {
  readonly connection: BrokerConnection;
  readonly nodename: string;
  readonly clock: LamportClock;
  readonly settings: Settings;
  readonly log: Logger;
  /** Groups to send; empty sends all. */
  readonly groups: Iterable<string>;
}

interface Outgoing {
  readonly routingKey: string;
  readonly events: CeleryEvent | readonly CeleryEvent[];
}

/**
 * Sends events to the event exchange, in the order they were given. The steps of tasks are gathered for some
 * milliseconds and sent as one message, the others singly. While the broker is away events wait in a bounded queue
 * whose oldest are dropped and counted; nothing here ever waits for the broker.
 */
export class EventDispatcher {
  readonly #options: EventDispatcherOptions;
  readonly #publisher: TransientPublisher;
  readonly #groups: Set<string>;
  /** True while the worker started with every group, which no command takes back. */
  readonly #all: boolean;
  #batch: CeleryEvent[] = [];
  #flushing: NodeJS.Timeout | null = null;
  #backlog: Outgoing[] = [];
  #backlogSize = 0;
  #dropped = 0;

  constructor(options: EventDispatcherOptions) {
    this.#options = options;
    this.#groups = new Set(options.groups);
    this.#all = this.#groups.size === 0;
    const { connection, settings, log } = options;
    this.#publisher = new TransientPublisher({
      connection,
      exchange: { name: settings.eventExchange, type: "topic", durable: true },
      mode: settings.topologyMode,
      log,
      onReady: () => this.#sendBacklog(),
    });
  }

  /** Events that were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether events of this group are sent. */
  sends(group: string): boolean {
    return this.#all || this.#groups.has(group);
  }

  /** @returns false when the group is sent already */
  enable(group: string): boolean {
    if (this.sends(group)) return false;
    this.#groups.add(group);
    return true;
  }

  /** @returns false when the group is not sent, or every group is for good */
  disable(group: string): boolean {
    return this.#groups.delete(group);
  }

  /** Sends an event, unless its group is off. One of more than a megabyte is dropped: all that listen would read it. */
  send(type: string, fields: EventFields): void {
    const group = groupOf(type);
    if (!this.sends(group)) return;
    if (!fitsIn(fields, MAX_EVENT)) {
      this.#options.log.warn({ type }, "an event of more than a megabyte is dropped");
      this.#dropped += 1;
      return;
    }
    const event = this.#stamp(type, fields);
    if (!BATCHED.has(type)) {
      this.flush();
      this.#publish({ routingKey: type.replaceAll("-", "."), events: event });
      return;
    }
    this.#batch.push(event);
    if (this.#batch.length >= BATCH_LIMIT) this.flush();
    else this.#flushing ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Sends the task events gathered so far. */
  flush(): void {
    if (this.#flushing !== null) clearTimeout(this.#flushing);
    this.#flushing = null;
    if (this.#batch.length === 0) return;
    const events = this.#batch;
    this.#batch = [];
    this.#publish({ routingKey: "task.multi", events });
  }

  async close(): Promise<void> {
    this.flush();
    await this.#publisher.close();
  }

  #stamp(type: string, fields: EventFields): CeleryEvent {
    const { nodename, clock } = this.#options;
    return {
      hostname: nodename,
      utcoffset: utcOffsetHours(),
      pid: process.pid,
      clock: clock.forward(),
      ...fields,
      timestamp: Date.now() / 1000,
      type,
    };
  }

  #publish(outgoing: Outgoing): void {
    if (this.#backlog.length === 0 && this.#publisher.isReady && this.#transmit(outgoing)) return;
    this.#backlog.push(outgoing);
    this.#backlogSize += sizeOf(outgoing);
    while (this.#backlogSize > BACKLOG_LIMIT) {
      const oldest = this.#backlog.shift();
      if (oldest === undefined) return;
      this.#backlogSize -= sizeOf(oldest);
      if (this.#dropped === 0)
        this.#options.log.warn("events are dropped: the broker takes none, and the oldest make room");
      this.#dropped += sizeOf(oldest);
    }
  }

  #sendBacklog(): void {
    const backlog = this.#backlog;
    this.#backlog = [];
    this.#backlogSize = 0;
    for (const outgoing of backlog) this.#publish(outgoing);
  }

  /** @returns false when it could not be sent now; an event that has no form is dropped */
  #transmit({ routingKey, events }: Outgoing): boolean {
    const { settings, nodename, log } = this.#options;
    let encoded: ReturnType<typeof encodeBody>;
    try {
      encoded = encodeBody(events, settings.eventSerializer, { typedValues: false });
    } catch (error) {
      log.warn({ err: asError(error).message, routingKey }, "an event cannot be serialized and is dropped");
      return true;
    }
    const message = { exchange: settings.eventExchange, routingKey, ...encoded, headers: { hostname: nodename } };
    return this.#publisher.send(message);
  }
}

function sizeOf({ events }: Outgoing): number {
  return Array.isArray(events) ? events.length : 1;
}
