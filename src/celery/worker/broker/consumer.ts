import type { Logger } from "pino";
import { cancelConsumer, closeChannel } from "../../amqp/closing.js";
import type { BrokerConnection, Channel } from "../../amqp/connection.js";
import { wireTable } from "../../amqp/field-writer.js";
import { StandingChannel } from "../../amqp/standing-channel.js";
import { declareQueue, type QueueDefinition, queueState } from "../../amqp/topology.js";
import { asError } from "../../errors.js";
import { Delivery, DeliveryChannel } from "./delivery.js";

/** What a consumer tells its worker. */
export interface ConsumerListener {
  onDelivery(delivery: Delivery): void;
  onReady(queue: string): void;
  /** The channel is gone: every delivery of it that is not settled will come again, unless its queue is gone. */
  onLost(queue: string, unsettled: ReadonlySet<Delivery>): void;
}

/** A window may grow to this many times its size while only tasks for later arrive. */
const MAX_WINDOW_GROWTH = 256;

/** AMQP writes the prefetch count in 16 bits. */
const MAX_PREFETCH = 65_535;

/**
 * Consumes one queue on a channel of its own, so that a fault of one queue leaves the others alone, and restores
 * itself after lost connections, closed channels, and queues that were deleted.
 */
export class Consumer {
  readonly #connection: BrokerConnection;
  readonly #listener: ConsumerListener;
  readonly #log: Logger;
  readonly #standing: StandingChannel;
  #current: DeliveryChannel | null = null;
  /** Earlier channels whose queue was deleted under them. */
  readonly #orphaned = new Set<DeliveryChannel>();
  #tag: string | null = null;
  #subscription = 0;
  /** Deliveries of the present subscription that are held for later. */
  #held = 0;
  /** Size of the present window as a multiple of `prefetch`. */
  #growth = 1;
  /** Prefetch count in place of `prefetch`; 0 takes nothing. */
  #limit: number | null = null;
  /** The present window is not the one that it should be. */
  #isStale = false;
  #renewal: Promise<void> | null = null;
  /** Set up to take nothing. */
  #isPaused = false;
  #stopped = false;
  #retired = false;

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
    this.#standing = new StandingChannel({
      connection,
      log: this.#log,
      purpose: `queue ${queue.name}`,
      setUp: (channel) => this.#consume(channel),
      onClosed: (channel) => this.#onClosed(channel),
    });
  }

  /** True once the broker has confirmed the consumer, also while it takes nothing. */
  get isReady(): boolean {
    return this.#tag !== null || this.#isPaused;
  }

  /** Whether the queue outlives that nobody consumes it, as far as its definition says. */
  get mayPause(): boolean {
    const { autoDelete = false, arguments: queueArguments = {} } = this.queue;
    return this.prefetch > 0 && !autoDelete && queueArguments["x-expires"] === undefined;
  }

  /** Messages that the broker sends ahead now: 0 for none, null without limit. */
  get taken(): number | null {
    if (this.#limit !== 0 && this.prefetch === 0) return null;
    return this.#window;
  }

  /** Number of the present subscription; deliveries carry the one they came by. */
  get subscription(): number {
    return this.#subscription;
  }

  /** Deliveries that are not settled and whose queue is gone. */
  get orphans(): Delivery[] {
    return [...this.#orphaned].flatMap(({ unsettled }) => [...unsettled]);
  }

  /** Starts to consume. @throws the broker's error; it is tried again all the same */
  async open(): Promise<void> {
    await this.#standing.open();
  }

  /** As {@link open}, after every connect: a queue that cannot be consumed yet stops no other. */
  async tryOpen(): Promise<void> {
    await this.#standing.tryOpen();
  }

  async #consume(channel: Channel): Promise<void> {
    await declareQueue(this.#connection, this.queue, this.#log);
    const current = new DeliveryChannel(channel, this);
    this.#current = current;
    this.#growth = 1;
    await this.#subscribe(current);
    this.#listener.onReady(this.queue.name);
    // Deliveries arrive before the broker's answer is seen, so the window may be full by now.
    if (this.#isFull || this.#isStale) void this.renew();
  }

  /** Takes ahead so many messages instead of `prefetch`: 0 for none, null for `prefetch`. Resolves when it does. */
  async limit(window: number | null): Promise<void> {
    this.#limit = window;
    await this.renew();
  }

  /**
   * Notes that a delivery waits for its time and stays unacknowledged. Once such deliveries fill the window, the
   * consumer subscribes anew on the same channel: that gives a fresh window, the old deliveries keep their tags, and
   * ready work is never blocked behind them. Windows double while nothing else arrives, so a flood of tasks for later
   * costs few subscriptions.
   */
  hold(delivery: Delivery): void {
    if (delivery.subscription !== this.#subscription) return;
    this.#held += 1;
    if (this.#isFull) void this.renew();
  }

  /** Notes that a delivery is ready to run: a window that had grown returns to its size. */
  ready(delivery: Delivery): void {
    if (this.#growth === 1 || delivery.subscription !== this.#subscription) return;
    this.#growth = 1;
    void this.renew();
  }

  /** True when nothing but deliveries for later fill the present window. */
  get #isFull(): boolean {
    return this.prefetch > 0 && !this.#isPaused && this.#limit !== 0 && this.#held >= this.#window;
  }

  /** Prefetch count of the present window. */
  get #window(): number {
    return Math.min(MAX_PREFETCH, (this.#limit ?? this.prefetch) * this.#growth);
  }

  /** Subscribes anew with the present prefetch, and with a larger window when this one is full. */
  async renew(): Promise<void> {
    this.#isStale = true;
    // Until it is consumed there is nothing to renew.
    if (this.#current === null || !this.isReady) return;
    this.#renewal ??= this.#renew(this.#current);
    await this.#renewal;
  }

  async #renew(current: DeliveryChannel): Promise<void> {
    try {
      // Deliveries arrive before the broker's answer is seen, so the new window may be full by then.
      while ((this.#isStale || this.#isFull) && this.isReady && current.lostAtMs === null && !this.#stopped) {
        if (this.#isFull) this.#growth = Math.min(MAX_WINDOW_GROWTH, this.#growth * 2);
        if (this.#tag !== null) await current.channel.cancel(this.#tag);
        await this.#subscribe(current);
      }
    } catch (error) {
      if (current.lostAtMs === null) this.#log.warn({ err: asError(error).message }, "cannot renew the consumer");
    } finally {
      this.#renewal = null;
    }
  }

  /** Stops intake; the channel stays open so that what runs can be settled. */
  async cancel(): Promise<void> {
    this.#stopped = true;
    this.#standing.stop();
    const tag = this.#tag;
    this.#tag = null;
    this.#isPaused = false;
    if (tag !== null && this.#current !== null) await cancelConsumer(this.#current.channel, tag);
  }

  /** Stops intake for good; resolves once the channel is closed, after all that it delivered was settled. */
  async retire(): Promise<void> {
    await this.cancel();
    await this.#current?.whenSettled();
    this.#retired = true;
    await this.close();
  }

  /** Learns, at the end, whether the queue was deleted since nothing is consumed: nobody says so then. */
  async checkQueue(): Promise<void> {
    const current = this.#current;
    if (current === null || current.unsettled.size === 0 || this.queue.autoDelete === true) return;
    if ((await queueState(this.#connection, this.queue.name)) === "missing") this.#orphan(current);
  }

  /** Closes the channel: the broker takes back what is not settled. */
  async close(): Promise<void> {
    await this.cancel();
    await Promise.all([this.#standing.close(), this.#current === null ? null : closeChannel(this.#current.channel)]);
  }

  async #subscribe(current: DeliveryChannel): Promise<void> {
    const subscription = ++this.#subscription;
    this.#held = 0;
    this.#isStale = false;
    if (this.#limit === 0) {
      this.#tag = null;
      this.#isPaused = true;
      return;
    }
    await current.channel.prefetch(this.#window, false);
    const { consumerTag } = await current.channel.consume(
      this.queue.name,
      (message) => {
        if (message === null) this.#onCancelledByBroker(current, subscription);
        else this.#listener.onDelivery(new Delivery(message, this.queue.name, current, subscription));
      },
      { noAck: false, arguments: wireTable(this.queue.consumerArguments ?? {}) },
    );
    this.#isPaused = false;
    if (this.#stopped) await cancelConsumer(current.channel, consumerTag);
    else this.#tag = consumerTag;
  }

  #onCancelledByBroker(current: DeliveryChannel, subscription: number): void {
    if (this.#current !== current || subscription !== this.#subscription) return;
    this.#log.warn("the broker cancelled the consumer (the queue was deleted or moved)");
    this.#tag = null;
    this.#orphan(current);
    void this.#leave(current);
  }

  #orphan(current: DeliveryChannel): void {
    current.isQueueGone = true;
    for (const gone of this.#orphaned) if (gone.unsettled.size === 0) this.#orphaned.delete(gone);
    this.#orphaned.add(current);
  }

  /** Leaves a queue that has cancelled its consumers: another one may have the name by now, or it is only out of reach. */
  async #leave(current: DeliveryChannel): Promise<void> {
    const state = await queueState(this.#connection, this.queue.name);
    if (current.lostAtMs === null && state === "unknown") {
      current.isQueueGone = false;
      this.#orphaned.delete(current);
    }
    await closeChannel(current.channel);
  }

  #onClosed(channel: Channel): void {
    const current = this.#current;
    if (current?.channel !== channel) return;
    // What was settled before a retired consumer closes its channel has reached the broker.
    current.lost(this.#retired ? Number.POSITIVE_INFINITY : Date.now());
    this.#current = null;
    this.#tag = null;
    this.#isPaused = false;
    this.#listener.onLost(this.queue.name, current.unsettled);
  }
}
