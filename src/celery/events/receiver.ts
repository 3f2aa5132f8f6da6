import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { closeChannel } from "../amqp/closing.js";
import type { BrokerConnection, Channel, ConsumeMessage } from "../amqp/connection.js";
import { wireTable } from "../amqp/field-writer.js";
import { StandingChannel } from "../amqp/standing-channel.js";
import { ensureExchange } from "../amqp/topology.js";
import type { LamportClock } from "../clock.js";
import { BodyDecoder, InOrder } from "../codec/body-decoder.js";
import { asError } from "../errors.js";
import { acceptedContentTypes } from "../protocol/serializers.js";
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

/** Receives events of workers, of Node or Python, on a queue of its own; comes back after a lost connection. */
export class EventReceiver {
  readonly #options: EventReceiverOptions;
  readonly #bodies: InOrder;
  readonly #standing: StandingChannel;

  constructor(options: EventReceiverOptions) {
    this.#options = options;
    const { eventSerializer, maxBodyBytes } = options.settings;
    const accept = acceptedContentTypes(["json", eventSerializer]);
    this.#bodies = new InOrder(new BodyDecoder({ maxBytes: maxBodyBytes }), accept);
    const { connection, log } = options;
    this.#standing = new StandingChannel({
      connection,
      log,
      purpose: "events",
      setUp: (channel) => this.#consume(channel),
    });
    // The queues of a worker are not to wait for it, least of all where a node of a cluster was lost.
    connection.onConnect(() => this.#standing.comeBack());
  }

  get isReady(): boolean {
    return this.#standing.channel !== null;
  }

  async close(): Promise<void> {
    await this.#standing.close();
  }

  /** Opens the queue now, on a connection that stands already. @throws the broker's error; it is tried again all the same */
  async open(): Promise<void> {
    await this.#standing.open();
  }

  async #consume(channel: Channel): Promise<void> {
    const { settings, routingKey = "#", ttlSeconds = settings.eventQueueTtl } = this.#options;
    // A new name each time: the queue of a lost connection may linger.
    const queue = `${settings.eventQueuePrefix}.${randomUUID()}`;
    const exchange = { name: settings.eventExchange, type: "topic", durable: true } as const;
    await ensureExchange(channel, exchange, settings.topologyMode);
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
    const onMessage = (message: ConsumeMessage | null) =>
      message === null ? void closeChannel(channel) : this.#receive(message);
    await channel.consume(queue, onMessage, { noAck: true });
  }

  #receive(message: ConsumeMessage): void {
    const { ignoreHostname, log } = this.#options;
    const { contentType, contentEncoding, headers } = message.properties;
    if (ignoreHostname !== undefined && headers?.hostname === ignoreHostname.name) {
      ignoreHostname.onIgnored();
      return;
    }
    this.#bodies.read(
      { body: message.content, contentType, contentEncoding },
      {
        onValue: (value) => {
          for (const event of Array.isArray(value) ? value : [value]) if (isEvent(event)) this.#accepted(event);
        },
        onError: (error) => log.warn({ err: asError(error).message }, "an event that cannot be read was dropped"),
      },
    );
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
