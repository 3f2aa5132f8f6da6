import type { Logger } from "pino";
import type { BrokerConnection } from "../amqp/connection.js";
import { wireTable } from "../amqp/headers.js";
import { type QueueDefinition, declareQueue } from "../amqp/topology.js";
import { asError } from "../errors.js";
import { Delivery, type DeliveryChannel } from "./delivery.js";

/** What a consumer tells its worker. */
export interface ConsumerListener {
  onDelivery(delivery: Delivery): void;
  onReady(queue: string): void;
  /** The channel is gone: every delivery of it that is not settled will come again. */
  onLost(queue: string, unsettled: ReadonlySet<Delivery>): void;
}

/** Pause before a consumer that the broker ended is set up again. */
const REOPEN_DELAY_MS = 500;

/**
 * Consumes one queue on a channel of its own, so that a fault of one queue leaves the others alone, and restores
 * itself after lost connections, closed channels, and queues that were deleted.
 */
export class Consumer {
  readonly #connection: BrokerConnection;
  readonly #listener: ConsumerListener;
  readonly #log: Logger;
  #current: DeliveryChannel | null = null;
  #tag: string | null = null;
  #subscription = 0;
  #stopped = false;
  #reopenTimer: NodeJS.Timeout | null = null;

  constructor(
    connection: BrokerConnection,
    readonly queue: QueueDefinition,
    public prefetch: number,
    listener: ConsumerListener,
    log: Logger,
  ) {
    this.#connection = connection;
    this.#listener = listener;
    this.#log = log.child({ queue: queue.name });
  }

  /** True once the broker has confirmed the consumer. */
  get isReady(): boolean {
    return this.#tag !== null;
  }

  /** Number of the present subscription; deliveries carry the one they came by. */
  get subscription(): number {
    return this.#subscription;
  }

  /** Starts to consume, after every connect; a queue that cannot be consumed yet is tried again and stops no other. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#log.warn({ err: asError(error).message }, "cannot consume the queue, trying again");
      if (this.#current === null && !this.#stopped) this.#reopenLater();
    }
  }

  async #open(): Promise<void> {
    if (this.#stopped) return;
    await declareQueue(this.#connection, this.queue, this.#log);
    const channel = await this.#connection.openChannel();
    const current: DeliveryChannel = { channel, open: true, unsettled: new Set() };
    channel.on("error", (error) => this.#log.warn({ err: asError(error).message }, "the broker closed the consuming channel"));
    channel.on("close", () => this.#onClosed(current));
    this.#current = current;
    await this.#subscribe(current);
    this.#listener.onReady(this.queue.name);
  }

  /**
   * Subscribes anew on the same channel, which gives a fresh prefetch window: deliveries that are held for later keep
   * their tags but no longer stand in the way of ready ones.
   */
  async renew(): Promise<void> {
    const current = this.#current;
    const tag = this.#tag;
    if (current === null || tag === null || this.#stopped) return;
    this.#tag = null;
    await current.channel.cancel(tag);
    await this.#subscribe(current);
  }

  /** Stops intake; the channel stays open so that what runs can be settled. */
  async cancel(): Promise<void> {
    this.#stopped = true;
    if (this.#reopenTimer !== null) clearTimeout(this.#reopenTimer);
    const tag = this.#tag;
    this.#tag = null;
    if (tag !== null) await this.#current?.channel.cancel(tag).catch(() => undefined);
  }

  /** Closes the channel: the broker takes back what is not settled. */
  async close(): Promise<void> {
    await this.cancel();
    await this.#current?.channel.close().catch(() => undefined);
  }

  async #subscribe(current: DeliveryChannel): Promise<void> {
    const subscription = ++this.#subscription;
    await current.channel.prefetch(this.prefetch, false);
    const { consumerTag } = await current.channel.consume(
      this.queue.name,
      (message) => {
        if (message === null) this.#onCancelledByBroker(current, subscription);
        else this.#listener.onDelivery(new Delivery(message, this.queue.name, current, subscription));
      },
      { noAck: false, arguments: wireTable(this.queue.consumerArguments ?? {}) },
    );
    if (this.#stopped) await current.channel.cancel(consumerTag).catch(() => undefined);
    else this.#tag = consumerTag;
  }

  #onCancelledByBroker(current: DeliveryChannel, subscription: number): void {
    if (this.#current !== current || subscription !== this.#subscription) return;
    this.#log.warn("the broker cancelled the consumer (the queue was deleted or moved)");
    this.#tag = null;
    current.channel.close().catch(() => undefined);
  }

  #onClosed(current: DeliveryChannel): void {
    current.open = false;
    if (this.#current !== current) return;
    this.#current = null;
    this.#tag = null;
    this.#listener.onLost(this.queue.name, current.unsettled);
    if (!this.#stopped) this.#reopenLater();
  }

  /** Only while the connection stands: a lost one opens its consumers itself. */
  #reopenLater(): void {
    if (this.#reopenTimer !== null) clearTimeout(this.#reopenTimer);
    this.#reopenTimer = setTimeout(() => {
      this.#reopenTimer = null;
      if (this.#stopped || this.#current !== null || !this.#connection.isReady) return;
      void this.open();
    }, REOPEN_DELAY_MS);
  }
}
