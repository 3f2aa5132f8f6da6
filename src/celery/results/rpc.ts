import type { Publisher } from "../amqp/publisher.js";
import { encode } from "../codec/body-encoder.js";
import type { EncodedBody, Serializer } from "../protocol/serializers.js";
import type { ResultBackend, ResultRecord, ResultTarget } from "./backend.js";

/** Options of {@link RpcBackend}. */
export interface RpcBackendOptions {
  readonly publisher: Publisher;
  readonly serializer: Serializer;
  /** Survive a restart of the broker: Celery's `result_persistent`. */
  readonly persistent: boolean;
}

/**
 * `rpc://`: each state is one message to the queue that the caller named in `reply_to`; a request without one wants no
 * result. The queue belongs to the caller, and a result for a caller that has gone is dropped by the broker.
 */
export class RpcBackend implements ResultBackend {
  readonly name = "rpc";
  readonly #options: RpcBackendOptions;

  constructor(options: RpcBackendOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  store(target: ResultTarget, { status, result, traceback, children }: ResultRecord): Promise<void> {
    if (target.replyTo === null || target.replyTo === "") return Promise.resolve();
    const { publisher, serializer, persistent } = this.#options;
    const routingKey = target.replyTo;
    const publish = ({ body, contentType, contentEncoding }: EncodedBody) =>
      publisher.publish({
        exchange: "",
        routingKey,
        body,
        contentType,
        contentEncoding,
        correlationId: target.correlationId ?? target.id,
        deliveryMode: persistent ? 2 : 1,
      });
    const encoded = encode({ task_id: target.id, status, result, traceback, children }, serializer);
    // What is written at once is published at once.
    return encoded instanceof Promise ? encoded.then(publish) : publish(encoded);
  }

  async close(): Promise<void> {}
}
