import { createHash } from "node:crypto";
import type { Channel, ConsumeMessage } from "../../amqp/connection.js";
import type { QueueDefinition } from "../../amqp/topology.js";
import { Changes } from "../../changes.js";
import type { RawMessage } from "../../protocol/types.js";
import { plainText } from "../../protocol/wire-values.js";
import { Acks } from "./acks.js";

/** What a consumer is told of the deliveries that came by it. */
export interface DeliveryConsumer {
  readonly queue: QueueDefinition;
  hold(delivery: Delivery): void;
  ready(delivery: Delivery): void;
}

/** A channel as deliveries know it: its tags are void once it is closed. */
export class DeliveryChannel {
  /** When it was lost, in epoch milliseconds; null while it is open, Infinity once it was closed in good order. */
  lostAtMs: number | null = null;
  /** Its queue is gone, and with it what the queue would have handed out again. */
  isQueueGone = false;
  /** Deliveries of this channel that are not settled yet, as they came. */
  readonly unsettled = new Set<Delivery>();
  readonly acks = new Acks(this);
  /** Deliveries that were settled last, and the loss of the channel. */
  readonly #changes = new Changes();

  constructor(
    readonly channel: Channel,
    /** The consumer whose window its deliveries fill. */
    readonly consumer: DeliveryConsumer,
  ) {}

  /** The broker need not hear of a delivery any more. */
  settled(delivery: Delivery): void {
    if (this.unsettled.delete(delivery) && this.unsettled.size === 0) this.#changes.notify();
  }

  /** The channel is closed. */
  lost(atMs: number): void {
    this.lostAtMs = atMs;
    this.#changes.notify();
  }

  /** Resolves when nothing that it delivered waits to be settled on it. */
  async whenSettled(): Promise<void> {
    await this.#changes.until(() => this.unsettled.size === 0 || this.lostAtMs !== null);
  }
}

export type Settlement = "ack" | "reject" | "requeue";

/** One message as one channel delivered it. It is settled once, and only on that channel. */
export class Delivery {
  #settled = false;

  constructor(
    readonly message: ConsumeMessage,
    readonly queue: string,
    readonly on: DeliveryChannel,
    /** The subscription it came by; a consumer may be renewed on one channel. */
    readonly subscription: number,
  ) {
    on.unsettled.add(this);
  }

  /** True while the broker still waits for this delivery to be settled. */
  get isPending(): boolean {
    return this.on.lostAtMs === null && !this.#settled;
  }

  /** True while nobody else will get this delivery: the broker still waits for it, or has nothing left to wait for it with. */
  get isOurs(): boolean {
    return this.isPending || this.isOrphan;
  }

  /** True while it is not settled and its queue is gone: the broker has nowhere to put it. */
  get isOrphan(): boolean {
    return this.on.isQueueGone && !this.#settled;
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  /** Waits for later, unacknowledged: it is to stand in nobody's way. */
  hold(): void {
    this.on.consumer.hold(this);
  }

  /** May run as soon as there is a slot. */
  ready(): void {
    this.on.consumer.ready(this);
  }

  /**
   * Tells the broker; only request.ts and refuse.ts call this.
   * @returns false when the channel is gone: the broker has taken the message back
   */
  settle(how: Settlement): boolean {
    if (this.#settled) return true;
    this.#settled = true;
    this.on.settled(this);
    if (this.on.lostAtMs !== null) return false;
    if (how === "ack") this.on.acks.add(this);
    else this.on.channel.reject(this.message, how === "requeue");
    return true;
  }
}

/** What of a delivery is the message. */
export function rawMessage({ message: { content, properties } }: Delivery): RawMessage {
  return {
    body: content,
    headers: properties.headers ?? {},
    contentType: properties.contentType,
    contentEncoding: properties.contentEncoding,
    correlationId: properties.correlationId,
    replyTo: properties.replyTo,
  };
}

/**
 * What a message is told by, as far as it can be: the broker gives a message no identity of its own. Queue and address, ids,
 * task, attempt, time and body; other headers say nothing of the work, and some of them change with each delivery. Two
 * messages that are equal in all this are as good as each other.
 */
export interface MessageIdentity {
  /** Equal for deliveries of the same message only. */
  readonly key: string;
  /** Short, and unequal for deliveries that do not bring the same message. */
  readonly mark: string;
}

/** Whether two deliveries bring the same message: see {@link MessageIdentity}. */
export function isSameMessage(one: Delivery, other: Delivery): boolean {
  return namesOf(one) === namesOf(other) && one.message.content.equals(other.message.content);
}

/** Of every message that is settled, for a minute: as cheap in time and memory as can be. */
export function identityOf(delivery: Delivery): MessageIdentity {
  const { content, properties } = delivery.message;
  return { key: keyOf(delivery), mark: `${content.length} ${String(properties.correlationId)}` };
}

/** A small body stands in it as it is, which costs less than its hash. */
const LARGEST_KEPT_BYTES = 512;
const scratch = Buffer.allocUnsafeSlow(16 * 1024);

/** Equal for deliveries of the same message only: see {@link MessageIdentity}. */
export function keyOf(delivery: Delivery): string {
  const names = namesOf(delivery);
  const { content } = delivery.message;
  if (content.length > LARGEST_KEPT_BYTES || 3 * names.length + content.length > scratch.length)
    return createHash("sha256").update(names).update(content).digest("base64");
  // By way of bytes it is one flat string, and holds none of those that it was made from.
  const at = scratch.write(names);
  content.copy(scratch, at);
  return scratch.toString("latin1", 0, at + content.length);
}

function namesOf({ queue, message: { fields, properties } }: Delivery): string {
  const { exchange, routingKey } = fields;
  const { messageId, correlationId, replyTo, headers = {} } = properties;
  const { id, task, retries, eta } = headers;
  let names = "";
  for (const value of [queue, exchange, routingKey, messageId, correlationId, replyTo, id, task, retries, eta]) {
    const text = plainText(value);
    names += `${text.length}:${text}`;
  }
  return names;
}
