import { withoutBrokerHeaders } from "../../amqp/broker-headers.js";
import type { BrokerConnection } from "../../amqp/connection.js";
import { unreadableHeaders } from "../../amqp/content-header.js";
import { withoutLargest } from "../../amqp/header-size.js";
import type { OutgoingMessage, Publisher } from "../../amqp/publisher.js";
import { NO_ROUTE, NOT_FOUND } from "../../amqp/refusals.js";
import { declareDurableQueue } from "../../amqp/topology.js";
import { HeadersTooLarge, PublishError } from "../../errors.js";
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
  /** The original's priority, by which the broker would order dead letters. */
  priority: "x-dead-letter-priority",
  /** The original's time to live in milliseconds, after which the broker would drop the dead letter. */
  expiration: "x-dead-letter-expiration",
  /** A table of the original's headers that a broker acts upon: `CC`, `x-death`, … */
  withheld: "x-dead-letter-withheld",
  /** Bytes of a header table that cannot be read. */
  headers: "x-dead-letter-headers",
  /** Names of headers that were left out, because all together did not fit into a frame. */
  omitted: "x-dead-letter-omitted",
} as const;

const MAX_REASON = 1000;

/** Options of {@link DeadLetters}. */
export interface DeadLetterOptions {
  /** Name of the dead-letter queue of a queue. */
  readonly queueOf: (queue: string) => string;
  /** Direct exchange to publish through; null takes the default exchange. */
  readonly exchange: string | null;
  /** Whether a missing queue or exchange is declared. */
  readonly mayDeclare: boolean;
}

/** AMQP's reply codes for an exchange that is missing, and for a message that no queue would get. */
const MISSING: ReadonlySet<number | null> = new Set([NOT_FOUND, NO_ROUTE]);

/**
 * Publishes messages that failed for good to a durable queue: the same bytes, properties and headers, with the reason in
 * headers of their own. What the broker acts upon is kept where it does not. They are mandatory: a queue that was deleted
 * must not lose one.
 */
export class DeadLetters {
  readonly #options: DeadLetterOptions;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly publisher: Publisher,
    options: DeadLetterOptions,
  ) {
    this.#options = options;
  }

  /** Name of the dead-letter queue of a queue. */
  queueOf(queue: string): string {
    return this.#options.queueOf(queue);
  }

  /** Resolves when the broker has confirmed the dead letter. @throws PublishError when it refuses */
  async publish(delivery: Delivery, info: DeadLetterInfo): Promise<void> {
    const queue = this.queueOf(delivery.queue);
    const { original, added } = headersOf(delivery, info);
    const letter = { ...contentOf(delivery), exchange: this.#options.exchange ?? "", routingKey: queue };
    try {
      await this.#send({ ...letter, headers: { ...original, ...added } });
    } catch (error) {
      const { cause } = error as Error;
      if (!(cause instanceof HeadersTooLarge)) throw error;
      const excessBytes = cause.frameBytes - cause.limitBytes;
      const { headers, omitted } = withoutLargest(original, excessBytes, DEAD_LETTER_HEADERS.headers);
      const list = { [DEAD_LETTER_HEADERS.omitted]: omitted };
      await this.#send({ ...letter, headers: { ...headers, ...added, ...list } });
    }
  }

  /** What is missing is declared, unless nothing may be. */
  async #send(message: OutgoingMessage): Promise<void> {
    const { exchange, mayDeclare } = this.#options;
    const queue = message.routingKey;
    try {
      await this.publisher.publish(message);
    } catch (error) {
      if (!(error instanceof PublishError) || !MISSING.has(error.replyCode)) throw error;
      if (!mayDeclare) throw missing(queue, exchange, error);
      await declareDurableQueue(this.connection, queue, exchange);
      await this.publisher.publish(message);
    }
  }

  close(): void {
    this.publisher.close();
  }
}

function missing(queue: string, exchange: string | null, cause: PublishError): PublishError {
  const what = exchange === null ? `queue ${queue}` : `exchange ${exchange} with a binding for ${queue}`;
  return new PublishError(`there is no dead-letter ${what}, and topology mode passive declares nothing: create it`, {
    cause,
    replyCode: cause.replyCode,
  });
}

/** Body and properties of a message that is published again, without what a broker acts upon; persistent and mandatory. */
export function contentOf({
  message: { content, properties },
}: Delivery): Omit<OutgoingMessage, "exchange" | "routingKey"> {
  return {
    body: content,
    contentType: properties.contentType,
    contentEncoding: properties.contentEncoding,
    correlationId: properties.correlationId,
    replyTo: properties.replyTo,
    messageId: properties.messageId,
    timestamp: properties.timestamp,
    type: properties.type,
    appId: properties.appId,
    deliveryMode: 2,
    mandatory: true,
  };
}

/** The original's headers, of which the largest may be left out, and those that tell what became of it. */
function headersOf(delivery: Delivery, { reason, attempts }: DeadLetterInfo) {
  const { fields, properties } = delivery.message;
  const { kept, withheld } = withoutBrokerHeaders(properties.headers ?? {});
  const unreadable = unreadableHeaders(delivery.message);
  const original = {
    ...kept,
    ...(Object.keys(withheld).length > 0 ? { [DEAD_LETTER_HEADERS.withheld]: withheld } : {}),
    ...(unreadable === undefined ? {} : { [DEAD_LETTER_HEADERS.headers]: unreadable.bytes }),
  };
  const added = {
    [DEAD_LETTER_HEADERS.reason]: reason.slice(0, MAX_REASON),
    [DEAD_LETTER_HEADERS.attempts]: attempts,
    [DEAD_LETTER_HEADERS.time]: new Date().toISOString(),
    [DEAD_LETTER_HEADERS.queue]: delivery.queue,
    [DEAD_LETTER_HEADERS.exchange]: fields.exchange,
    [DEAD_LETTER_HEADERS.routingKey]: fields.routingKey,
    [DEAD_LETTER_HEADERS.priority]: properties.priority,
    [DEAD_LETTER_HEADERS.expiration]: properties.expiration,
  };
  return { original, added };
}
