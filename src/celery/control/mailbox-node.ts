import type { Logger } from "pino";
import { closeChannel } from "../amqp/closing.js";
import type { BrokerConnection, Channel, ConsumeMessage } from "../amqp/connection.js";
import { unreadableHeaders } from "../amqp/content-header.js";
import { wireTable } from "../amqp/field-writer.js";
import { isTaken } from "../amqp/refusals.js";
import { StandingChannel } from "../amqp/standing-channel.js";
import { ensureExchange } from "../amqp/topology.js";
import type { TransientPublisher } from "../amqp/transient-publisher.js";
import { BodyDecoder, InOrder } from "../codec/body-decoder.js";
import { encode } from "../codec/body-encoder.js";
import { asError } from "../errors.js";
import { exceptionRepr } from "../protocol/exception.js";
import { bindArguments, NO_REPLY, PythonError } from "./command.js";
import type { ControlledWorker } from "./controlled-worker.js";
import {
  type ControlRequest,
  controlNames,
  controlQueueArguments,
  isAddressed,
  readControlRequest,
} from "./message.js";
import type { ControlRegistry } from "./registry.js";

/** Options of {@link MailboxNode}. */
export interface MailboxNodeOptions {
  readonly worker: ControlledWorker;
  readonly registry: ControlRegistry;
  /** Where commands are consumed: a connection that publishing never blocks. */
  readonly connection: BrokerConnection;
  readonly replies: TransientPublisher;
  readonly acceptedContentTypes: ReadonlySet<string>;
  readonly log: Logger;
}

/** The worker's mailbox: takes control commands from the broadcast exchange, runs them, and replies. */
export class MailboxNode {
  readonly #options: MailboxNodeOptions;
  readonly #names: ReturnType<typeof controlNames>;
  readonly #bodies: InOrder;
  readonly #standing: StandingChannel;

  constructor(options: MailboxNodeOptions) {
    this.#options = options;
    const { controlExchange, maxBodyBytes } = options.worker.settings;
    this.#names = controlNames(controlExchange);
    this.#bodies = new InOrder(new BodyDecoder({ maxBytes: maxBodyBytes }), options.acceptedContentTypes);
    const { connection, log } = options;
    this.#standing = new StandingChannel({
      connection,
      log,
      purpose: "remote control",
      setUp: (channel) => this.#listen(channel),
    });
    // The queues of a worker are not to wait for it, least of all where a node of a cluster was lost.
    connection.onConnect(() => this.#standing.comeBack());
  }

  /** True while commands are heard. */
  get isReady(): boolean {
    return this.#standing.channel !== null;
  }

  async close(): Promise<void> {
    await this.#standing.close();
  }

  async #listen(channel: Channel): Promise<void> {
    const { worker, log } = this.#options;
    const wanted = this.#names.nodeQueue(worker.nodename);
    let queue = wanted;
    try {
      await this.#declare(queue);
    } catch (error) {
      if (!isTaken(error)) throw error;
      // The name is taken: a node of the same name, or our own lost connection that the broker has not noticed yet.
      // Commands come through a fanout exchange, so a queue of any name hears them.
      queue = `${wanted}.${process.pid}-${Date.now().toString(36)}`;
      log.warn(
        `A node named ${worker.nodename} is already using this process mailbox! Give each node a unique name with -n (or the old one has just gone).`,
      );
      await this.#declare(queue);
    }
    const onMessage = (message: ConsumeMessage | null) =>
      message === null ? void closeChannel(channel) : this.#receive(message);
    await channel.consume(queue, onMessage, { noAck: true });
  }

  /** On a channel of its own, which a refusal closes. */
  async #declare(queue: string): Promise<void> {
    const { connection, worker } = this.#options;
    const { controlQueueTtl, controlQueueExpires, controlQueueExclusive } = worker.settings;
    const channel = await connection.openChannel();
    channel.on("error", () => undefined);
    try {
      const exchange = { name: this.#names.exchange, type: "fanout", durable: false } as const;
      await ensureExchange(channel, exchange, worker.settings.topologyMode);
      const { consumerCount } = await channel.assertQueue(queue, {
        durable: false,
        autoDelete: true,
        exclusive: controlQueueExclusive,
        arguments: wireTable(controlQueueArguments(controlQueueTtl, controlQueueExpires)),
      });
      if (consumerCount > 0)
        this.#options.log.warn(
          `A node named ${worker.nodename} is already using this process mailbox! Give each node a unique name with -n.`,
        );
      await channel.bindQueue(queue, this.#names.exchange, "");
    } finally {
      await closeChannel(channel);
    }
  }

  #receive(message: ConsumeMessage): void {
    const { worker, log } = this.#options;
    const { contentType, contentEncoding, headers } = message.properties;
    worker.clock.forward();
    const unreadable = unreadableHeaders(message);
    if (unreadable !== undefined) {
      log.warn({ err: unreadable.reason }, "a control message whose headers cannot be read was dropped");
      return;
    }
    this.#bodies.read(
      { body: message.content, contentType, contentEncoding },
      {
        onValue: (value) => {
          const clock: unknown = headers?.clock;
          worker.clock.adjust(typeof clock === "number" ? clock : 0);
          this.#accept(value);
        },
        onError: (error) => log.error({ err: asError(error).message }, "Control command error"),
      },
    );
  }

  #accept(value: unknown): void {
    const { worker, log } = this.#options;
    const request = readControlRequest(value);
    if (request === null) log.warn("a control message that is no request was dropped");
    else if (isAddressed(request, worker.nodename)) void this.#dispatch(request);
  }

  async #dispatch(request: ControlRequest): Promise<void> {
    const { worker, log } = this.#options;
    log.debug({ method: request.method, arguments: request.arguments }, "control command received");
    let value: unknown;
    try {
      value = await this.#run(request);
    } catch (error) {
      log.error({ err: asError(error).message, method: request.method }, "control command failed");
      value = { error: exceptionRepr(error) };
    }
    if (value === NO_REPLY || request.replyTo === null) return;
    try {
      await this.#reply(request, value ?? null);
    } catch (error) {
      log.error({ err: asError(error).message, method: request.method }, "the reply of a control command has no form");
      await this.#reply(request, { error: exceptionRepr(error) });
    }
    worker.log.trace({ method: request.method }, "control command answered");
  }

  #run(request: ControlRequest): unknown {
    const command = this.#options.registry.get(request.method);
    if (command === null) throw new PythonError("KeyError", request.method);
    return command.run(this.#options.worker, bindArguments(command, request.arguments));
  }

  async #reply({ replyTo, ticket }: ControlRequest, value: unknown): Promise<void> {
    if (replyTo === null) return;
    const { worker, replies } = this.#options;
    const encoded = await encode({ [worker.nodename]: value }, worker.settings.taskSerializer, { typedValues: false });
    replies.send({ ...replyTo, ...encoded, headers: { ticket, clock: worker.clock.forward() } });
  }
}
