import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { closeChannel } from "../amqp/closing.js";
import type { BrokerConnection, Channel, ConsumeMessage } from "../amqp/connection.js";
import { wireTable } from "../amqp/headers.js";
import type { LamportClock } from "../clock.js";
import { asError } from "../errors.js";
import { acceptedContentTypes, decodeBody } from "../protocol/serializers.js";
import type { Settings } from "../settings.js";
import { type CeleryEvent, utcOffsetHours } from "./event.js";

/** An event that arrived. */
export interface ReceivedEvent extends CeleryEvent {
  /** Epoch seconds by our own clock. */
  readonly local_received: number;
}

/** Options of {@link EventReceiver}. */
export interface EventReceiverOptions {
  readonly connection: BrokerConnection;
  readonly settings: Settings;
  readonly clock: LamportClock;
  readonly log: Logger;
  readonly onEvent: (event: ReceivedEvent) => void;
  /** Binding key: `#` for all, `worker.#` for the group `worker`. Default `#`. */
  readonly routingKey?: string;
  /** Seconds an event waits for us at most. Default: the setting `eventQueueTtl`. */
  readonly ttlSeconds?: number;
  /** Shift timestamps of other time zones to ours, as Celery's monitors do. Default true. */
  readonly localize?: boolean;
  /** Called for messages whose header `hostname` is this name instead of reading them. */
  readonly ignoreHostname?: { readonly name: string; readonly onIgnored: () => void };
}

const REOPEN_DELAY_MS = 500;

/** Receives events of workers, of Node or Python, on a queue of its own; comes back after a lost connection. */
export class EventReceiver {
  readonly #options: EventReceiverOptions;
  readonly #accept: ReadonlySet<string>;
  #channel: Channel | null = null;
  #closed = false;

  constructor(options: EventReceiverOptions) {
    this.#options = options;
    this.#accept = acceptedContentTypes(["json", options.settings.eventSerializer]);
    options.connection.onConnect(() => this.#tryOpen());
  }

  get isReady(): boolean {
    return this.#channel !== null;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const channel = this.#channel;
    this.#channel = null;
    if (channel) await closeChannel(channel);
  }

  /** Events that cannot be received stop nothing else: they are tried again. */
  async #tryOpen(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      this.#options.log.warn({ err: asError(error).message }, "cannot receive events for now, trying again");
      this.#reopenLater();
    }
  }

  /** Opens the queue now, on a connection that stands already. @throws the broker's error */
  async open(): Promise<void> {
    if (this.#closed || this.#channel !== null) return;
    const { connection, settings, routingKey = "#", ttlSeconds = settings.eventQueueTtl } = this.#options;
    // A new name each time: the queue of a lost connection may linger.
    const queue = `${settings.eventQueuePrefix}.${randomUUID()}`;
    const channel = await connection.openChannel();
    channel.on("error", (error) =>
      this.#options.log.warn({ err: asError(error).message }, "the broker closed the event channel"),
    );
    channel.on("close", () => this.#onClosed(channel));
    await channel.assertExchange(settings.eventExchange, "topic", { durable: true });
    await channel.assertQueue(queue, {
      durable: false,
      autoDelete: true,
      exclusive: settings.eventQueueExclusive,
      arguments: wireTable({
        "x-expires": Math.round(settings.eventQueueExpires * 1000),
        "x-message-ttl": Math.round(ttlSeconds * 1000),
      }),
    });
    await channel.bindQueue(queue, settings.eventExchange, routingKey);
    await channel.consume(queue, (message) => (message === null ? void channel.close() : this.#receive(message)), {
      noAck: true,
    });
    this.#channel = channel;
  }

  #onClosed(channel: Channel): void {
    if (this.#channel !== channel) return;
    this.#channel = null;
    this.#reopenLater();
  }

  #reopenLater(): void {
    setTimeout(() => {
      if (this.#closed || this.#channel !== null || !this.#options.connection.isReady) return;
      void this.#tryOpen();
    }, REOPEN_DELAY_MS).unref();
  }

  #receive(message: ConsumeMessage): void {
    const { ignoreHostname, log } = this.#options;
    const { contentType, contentEncoding, headers } = message.properties;
    if (ignoreHostname !== undefined && headers?.hostname === ignoreHostname.name) {
      ignoreHostname.onIgnored();
      return;
    }
    let body: unknown;
    try {
      body = decodeBody(message.content, contentType, contentEncoding, this.#accept);
    } catch (error) {
      log.warn({ err: asError(error).message }, "an event that cannot be read was dropped");
      return;
    }
    for (const event of Array.isArray(body) ? body : [body]) if (isEvent(event)) this.#accepted(event);
  }

  #accepted(event: CeleryEvent): void {
    const { clock, onEvent, localize = true } = this.#options;
    const received = { ...event, local_received: Date.now() / 1000 };
    // Publishers that are no workers never hear of other clocks: theirs says nothing.
    if (event.type === "task-sent") received.clock = Math.max(clock.value, 1) - 1;
    else if (typeof event.clock === "number") clock.adjust(event.clock);
    else received.clock = clock.forward();
    if (localize && typeof event.utcoffset === "number")
      received.timestamp = event.timestamp + (event.utcoffset - utcOffsetHours()) * 3600;
    onEvent(received);
  }
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function isEvent(value: unknown): value is Writable<CeleryEvent> {
  if (typeof value !== "object" || value === null) return false;
  const { type, timestamp, hostname } = value as Partial<CeleryEvent>;
  return typeof type === "string" && typeof timestamp === "number" && typeof hostname === "string";
}
