import type { Logger } from "pino";
import { asError } from "../errors.js";
import { closeChannel } from "./closing.js";
import type { BrokerConnection, Channel } from "./connection.js";
import { StandingChannel } from "./standing-channel.js";
import { type ExchangeDefinition, ensureExchange, type TopologyMode } from "./topology.js";

/** A message that may be lost: an event, or the reply to a control command. */
export interface TransientMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly contentType: string;
  readonly contentEncoding: string;
}

/** Options of {@link TransientPublisher}. */
export interface TransientPublisherOptions {
  readonly connection: BrokerConnection;
  /** Made sure of before anything is sent; null for none. */
  readonly exchange: ExchangeDefinition | null;
  readonly mode: TopologyMode;
  readonly log: Logger;
  /** Called whenever sending has become possible (again). */
  readonly onReady?: () => void;
}

/**
 * Publishes without confirms and never waits: what cannot be sent now is refused, and the caller drops or keeps it.
 * It has a channel of its own, so a message for an exchange that is gone disturbs nobody else.
 */
export class TransientPublisher {
  readonly #connection: BrokerConnection;
  readonly #exchange: ExchangeDefinition | null;
  readonly #mode: TopologyMode;
  readonly #log: Logger;
  readonly #onReady: () => void;
  readonly #standing: StandingChannel;
  #full = false;

  constructor({ connection, exchange, mode, log, onReady = () => undefined }: TransientPublisherOptions) {
    this.#connection = connection;
    this.#exchange = exchange;
    this.#mode = mode;
    this.#log = log;
    this.#onReady = onReady;
    this.#standing = new StandingChannel({
      connection,
      log,
      purpose: exchange === null ? "replies" : `exchange ${exchange.name}`,
      level: "debug",
      setUp: (channel) => this.#setUp(channel),
      onOpen: () => this.#announce(),
    });
    connection.onConnect(() => this.#standing.tryOpen());
    connection.on("unblocked", () => this.#announce());
  }

  /** False while the broker is away or takes no more. */
  get isReady(): boolean {
    return this.#standing.channel !== null && !this.#full && this.#connection.blockedReason === null;
  }

  /** Hands the message to the socket. @returns false when it could not be sent */
  send(message: TransientMessage): boolean {
    const { channel } = this.#standing;
    if (channel === null || !this.isReady) return false;
    const { exchange, routingKey, body, headers, contentType, contentEncoding } = message;
    try {
      const options = { headers, contentType, contentEncoding, deliveryMode: 1, priority: 0 };
      this.#full = !channel.publish(exchange, routingKey, body, options);
      return true;
    } catch (error) {
      this.#log.debug({ err: asError(error).message, exchange, routingKey }, "a transient message was not sent");
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#standing.close();
  }

  async #setUp(channel: Channel): Promise<void> {
    if (this.#exchange !== null) await this.#declare(this.#exchange);
    this.#full = false;
    channel.on("drain", () => {
      this.#full = false;
      this.#announce();
    });
  }

  /** An exchange that exists with other properties, or may not be declared, is used as it is. */
  async #declare(exchange: ExchangeDefinition): Promise<void> {
    const channel = await this.#connection.openChannel();
    channel.on("error", () => undefined);
    try {
      await ensureExchange(channel, exchange, this.#mode);
    } catch (error) {
      if (this.#mode === "passive") throw error;
      this.#log.warn({ err: asError(error).message, exchange: exchange.name }, "the exchange cannot be declared");
      return;
    }
    await closeChannel(channel);
  }

  #announce(): void {
    if (this.isReady) this.#onReady();
  }
}
