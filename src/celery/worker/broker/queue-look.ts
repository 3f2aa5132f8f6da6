import type { BrokerConnection } from "../../amqp/connection.js";
import { queueSizes } from "../../amqp/topology.js";

/** To ask for a queue that is missing is an error in the broker's log: it is not asked again for this long. */
const MISSING_FOR_MS = 5 * 60_000;

/** Counts messages of queues, and of dead-letter queues, most of which are made when the first dead letter is. */
export class QueueLook {
  readonly #missing = new Map<string, number>();

  constructor(private readonly connection: BrokerConnection) {}

  /** Messages ready in each queue that exists. @throws BrokerError when not connected */
  async sizes(queues: readonly string[], deadLetterQueues: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const now = performance.now();
    const asked = deadLetterQueues.filter((name) => (this.#missing.get(name) ?? 0) <= now);
    const sizes = await queueSizes(this.connection, [...new Set([...queues, ...asked])]);
    for (const name of asked) if (!sizes.has(name)) this.#missing.set(name, now + MISSING_FOR_MS);
    return sizes;
  }
}
