import type { Channel, ConsumeMessage } from "../../amqp/connection.js";
import { beforeWrite } from "../../amqp/wire-connection.js";

interface Delivered {
  readonly message: ConsumeMessage;
}

/** What is known of the channel that deliveries came by. */
interface AckedChannel {
  readonly channel: Channel;
  readonly lostAtMs: number | null;
  /** In the order of their tags. */
  readonly unsettled: Iterable<Delivered>;
}

/**
 * Acknowledgements of one channel. Those of one turn of the event loop go together: one for all that stand before the oldest
 * delivery that is not settled yet, and one for each of the others.
 */
export class Acks {
  #waiting: Delivered[] = [];

  constructor(private readonly on: AckedChannel) {}

  /** Acknowledges a settled delivery before the connection next writes. */
  add(delivery: Delivered): void {
    this.#waiting.push(delivery);
    if (this.#waiting.length === 1) beforeWrite(this.on.channel, () => this.#send());
  }

  #send(): void {
    const deliveries = this.#waiting;
    this.#waiting = [];
    if (this.on.lostAtMs !== null) return;
    const { channel } = this.on;
    const before = this.#oldestUnsettled();
    let last: Delivered | null = null;
    let count = 0;
    for (const delivery of deliveries) {
      if (tagOf(delivery) >= before) {
        channel.ack(delivery.message);
        continue;
      }
      count += 1;
      if (last === null || tagOf(delivery) > tagOf(last)) last = delivery;
    }
    if (last !== null) channel.ack(last.message, count > 1);
  }

  #oldestUnsettled(): number {
    for (const delivery of this.on.unsettled) return tagOf(delivery);
    return Number.POSITIVE_INFINITY;
  }
}

function tagOf({ message }: Delivered): number {
  return message.fields.deliveryTag;
}
