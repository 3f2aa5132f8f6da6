import type { Publisher } from "../amqp/publisher.js";
import type { Delivery } from "./delivery.js";

/** Why a message became a dead letter. */
export interface DeadLetterInfo {
  readonly reason: string;
  /** Attempts made, 0 when the message was never run. */
  readonly attempts: number;
}

/** Headers that a dead letter carries beside those of the original message. */
export const DEAD_LETTER_HEADERS = {
  reason: "x-dead-letter-reason",
  attempts: "x-dead-letter-attempts",
  time: "x-dead-letter-time",
  queue: "x-dead-letter-queue",
  exchange: "x-dead-letter-exchange",
  routingKey: "x-dead-letter-routing-key",
} as const;

const MAX_REASON = 1000;

/**
 * Publishes messages that failed for good to a durable queue: the same bytes and properties, with the reason in
 * headers. The queue is declared each time: dead letters are rare, and a queue that was deleted must not lose one.
 */
export class DeadLetters {
  constructor(
    private readonly publisher: Publisher,
    /** Name of the dead-letter queue of a queue. */
    readonly queueOf: (queue: string) => string,
    /** Direct exchange to publish through; null takes the default exchange. */
    private readonly exchange: string | null,
  ) {}

  /** Resolves when the broker has confirmed the dead letter. */
  async publish(delivery: Delivery, info: DeadLetterInfo): Promise<void> {
    const { content, fields, properties } = delivery.message;
    const queue = this.queueOf(delivery.queue);
    await this.publisher.declareDurableQueue(queue, this.exchange);
    await this.publisher.publish({
      exchange: this.exchange ?? "",
      routingKey: queue,
      body: content,
      contentType: properties.contentType,
      contentEncoding: properties.contentEncoding,
      correlationId: properties.correlationId,
      replyTo: properties.replyTo,
      priority: properties.priority,
      messageId: properties.messageId,
      timestamp: properties.timestamp,
      type: properties.type,
      appId: properties.appId,
      deliveryMode: 2,
      headers: {
        ...properties.headers,
        [DEAD_LETTER_HEADERS.reason]: info.reason.slice(0, MAX_REASON),
        [DEAD_LETTER_HEADERS.attempts]: info.attempts,
        [DEAD_LETTER_HEADERS.time]: new Date().toISOString(),
        [DEAD_LETTER_HEADERS.queue]: delivery.queue,
        [DEAD_LETTER_HEADERS.exchange]: fields.exchange,
        [DEAD_LETTER_HEADERS.routingKey]: fields.routingKey,
      },
    });
  }
}
