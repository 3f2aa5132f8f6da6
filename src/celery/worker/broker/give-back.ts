import type { Logger } from "pino";
import { headersOfNextAttempt } from "../../amqp/broker-headers.js";
import type { BrokerConnection } from "../../amqp/connection.js";
import { unreadableHeaders } from "../../amqp/content-header.js";
import type { OutgoingMessage, Publisher } from "../../amqp/publisher.js";
import { NO_ROUTE } from "../../amqp/refusals.js";
import { declareQueue } from "../../amqp/topology.js";
import { asError, PublishError } from "../../errors.js";
import { contentOf, type DeadLetters } from "./dead-letter.js";
import type { Delivery } from "./delivery.js";

/** Parts of {@link GiveBack}. */
export interface GiveBackParts {
  readonly connection: BrokerConnection;
  readonly publisher: Publisher;
  /** Takes what its queue cannot; null where dead letters are not published. */
  readonly deadLetters: DeadLetters | null;
  readonly log: Logger;
}

/** Where a message went. */
export interface GivenBack {
  readonly target: string;
  /** Why it is a dead letter; null when it is in its queue. */
  readonly deadLetterReason: string | null;
}

/**
 * Gives back messages whose queue was deleted: the broker returns them to nothing, so they are published again, as they
 * came (ETA, reply address, types of headers), to a queue of that name, which is declared where it is missing. What the queue
 * does not take becomes a dead letter.
 */
export class GiveBack {
  readonly #parts: GiveBackParts;
  /** Under way: whoever asks again waits for the same. */
  readonly #underWay = new Map<Delivery, Promise<GivenBack>>();

  constructor(parts: GiveBackParts) {
    this.#parts = parts;
  }

  /** Resolves when the broker has confirmed the message. @throws PublishError when nothing takes it */
  async publish(delivery: Delivery): Promise<GivenBack> {
    let publishing = this.#underWay.get(delivery);
    if (publishing === undefined) {
      publishing = this.#publish(delivery).finally(() => this.#underWay.delete(delivery));
      this.#underWay.set(delivery, publishing);
    }
    return await publishing;
  }

  async #publish(delivery: Delivery): Promise<GivenBack> {
    const { deadLetters } = this.#parts;
    let refusal: Error;
    try {
      if (unreadableHeaders(delivery.message) === undefined) {
        await this.#toQueue(delivery);
        return { target: delivery.queue, deadLetterReason: null };
      }
      refusal = new PublishError("its headers cannot be read", { isRefusal: true });
    } catch (error) {
      refusal = asError(error);
    }
    const isRefused = refusal instanceof PublishError && (refusal.isRefusal || refusal.replyCode !== null);
    if (!isRefused || deadLetters === null) throw refusal;
    const reason = `queue ${delivery.queue} was deleted, and the message cannot be put there again: ${refusal.message}`;
    await deadLetters.publish(delivery, { reason, attempts: 0 });
    return { target: deadLetters.queueOf(delivery.queue), deadLetterReason: reason };
  }

  async #toQueue(delivery: Delivery): Promise<void> {
    const { connection, publisher, log } = this.#parts;
    const { queue } = delivery.on.consumer;
    const { headers = {}, priority, expiration, deliveryMode } = delivery.message.properties;
    const message: OutgoingMessage = {
      ...contentOf(delivery),
      exchange: "",
      routingKey: queue.name,
      headers: headersOfNextAttempt(headers),
      priority,
      expiration,
      deliveryMode: deliveryMode === 1 ? 1 : 2,
    };
    try {
      await publisher.publish(message);
    } catch (error) {
      const isMissing = error instanceof PublishError && error.replyCode === NO_ROUTE;
      if (!isMissing || queue.passive === true) throw error;
      await declareQueue(connection, queue, log).catch((refusal) => {
        throw new PublishError(`cannot declare queue ${queue.name}: ${asError(refusal).message}`, {
          cause: refusal,
          isRefusal: true,
        });
      });
      await publisher.publish(message);
    }
  }
}
