import { randomUUID } from "node:crypto";
import { closeChannel } from "../amqp/closing.js";
import type { BrokerConnection, Channel, ConsumeMessage } from "../amqp/connection.js";
import { wireTable } from "../amqp/field-writer.js";
import { ensureExchange } from "../amqp/topology.js";
import type { LamportClock } from "../clock.js";
import { BodyDecoder, InOrder } from "../codec/body-decoder.js";
import { isRecord } from "../protocol/json.js";
import { acceptedContentTypes } from "../protocol/serializers.js";
import type { Settings } from "../settings.js";
import { controlNames, controlQueueArguments, encodeControlRequest } from "./message.js";

/** Whom a command is for; without any of these, all workers. */
export interface Addressees {
  readonly destination?: readonly string[] | null;
  /** With `matcher`: workers whose node name matches. */
  readonly pattern?: string | null;
  readonly matcher?: "glob" | "pcre" | null;
}

/** Options of {@link MailboxClient.call}. */
export interface CallOptions extends Addressees {
  /** How long to wait for the next reply. Default 1000. */
  readonly timeoutMs?: number;
  /** Stop after so many replies. Default: the number of destinations. */
  readonly limit?: number;
  /** Called with each reply as it comes. */
  readonly onReply?: (reply: ControlReply) => void;
}

/** What one worker answered. */
export interface ControlReply {
  readonly nodename: string;
  readonly value: unknown;
}

/** Sends control commands to workers, of Node or Python, and collects their replies. */
export class MailboxClient {
  readonly #names: ReturnType<typeof controlNames>;
  readonly #accept: ReadonlySet<string>;
  readonly #decoder: BodyDecoder;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly settings: Settings,
    private readonly clock: LamportClock,
  ) {
    this.#names = controlNames(settings.controlExchange);
    this.#accept = acceptedContentTypes(settings.acceptContent);
    this.#decoder = new BodyDecoder({ maxBytes: settings.maxBodyBytes });
  }

  /** Sends a command and wants no reply. */
  async cast(method: string, args: Readonly<Record<string, unknown>> = {}, to: Addressees = {}): Promise<void> {
    await this.#onChannel((channel) => this.#publish(channel, method, args, to, null, 0));
  }

  /**
   * Whether any worker has a mailbox: the broker returns a mandatory message that no queue would get.
   * @param nodename of the only worker that would obey the command that asks, a ping without a reply
   */
  async isAnyoneThere(nodename: string): Promise<boolean> {
    const channel = await this.connection.openConfirmChannel();
    channel.on("error", () => undefined);
    let isReturned = false;
    channel.on("return", () => {
      isReturned = true;
    });
    try {
      await this.#publish(channel, "ping", {}, { destination: [nodename] }, null, 0, { mandatory: true });
      // The broker confirms what it returned after it has returned it.
      await channel.waitForConfirms();
      return !isReturned;
    } finally {
      await closeChannel(channel);
    }
  }

  /**
   * Sends a command and collects replies until none comes for `timeoutMs`, or there are enough.
   * @returns in the order of arrival; empty when nobody answered
   */
  async call(
    method: string,
    args: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<ControlReply[]> {
    const { timeoutMs = 1000, limit = options.destination?.length ?? Number.POSITIVE_INFINITY } = options;
    return await this.#onChannel(async (channel) => {
      const oid = randomUUID();
      const ticket = randomUUID();
      const replies: ControlReply[] = [];
      const collector = new Collector(timeoutMs);
      const bodies = new InOrder(this.#decoder, this.#accept);
      const onReply = (reply: ControlReply) => {
        if (replies.length >= limit) return;
        replies.push(reply);
        options.onReply?.(reply);
        if (replies.length >= limit) collector.stop();
      };
      await this.#declareReplyQueue(channel, oid);
      await channel.consume(
        this.#names.replyQueue(oid),
        (message) => {
          if (message === null || !this.#isFor(ticket, message)) return;
          const { contentType, contentEncoding } = message.properties;
          collector.pause();
          bodies.read(
            { body: message.content, contentType, contentEncoding },
            {
              onValue: (value) => {
                for (const reply of repliesIn(value)) onReply(reply);
                collector.resume();
              },
              // Whoever answers so that it cannot be read has not answered.
              onError: () => collector.resume(),
            },
          );
        },
        { noAck: true },
      );
      await this.#publish(channel, method, args, options, { ticket, oid }, timeoutMs / 1000);
      channel.once("close", () => collector.stop());
      await collector.done;
      return replies;
    });
  }

  async #declareReplyQueue(channel: Channel, oid: string): Promise<void> {
    const { controlQueueTtl, controlQueueExpires } = this.settings;
    const queue = this.#names.replyQueue(oid);
    const exchange = { name: this.#names.replyExchange, type: "direct", durable: false } as const;
    await ensureExchange(channel, exchange, this.settings.topologyMode);
    // Exclusive: the name is this call's own, and RabbitMQ 4.3 refuses a transient queue that is not.
    await channel.assertQueue(queue, {
      durable: false,
      autoDelete: true,
      exclusive: true,
      arguments: wireTable(controlQueueArguments(controlQueueTtl, controlQueueExpires)),
    });
    await channel.bindQueue(queue, this.#names.replyExchange, oid);
  }

  async #publish(
    channel: Channel,
    method: string,
    args: Readonly<Record<string, unknown>>,
    { destination = null, pattern = null, matcher = null }: Addressees,
    reply: { readonly ticket: string; readonly oid: string } | null,
    timeoutSeconds: number,
    options: { readonly mandatory?: boolean } = {},
  ): Promise<void> {
    const exchange = { name: this.#names.exchange, type: "fanout", durable: false } as const;
    await ensureExchange(channel, exchange, this.settings.topologyMode);
    const replyTo = reply === null ? null : { exchange: this.#names.replyExchange, routingKey: reply.oid };
    const { body, contentType, contentEncoding } = encodeControlRequest(
      { method, arguments: args, destination, pattern, matcher, ticket: reply?.ticket ?? null, replyTo },
      this.settings.taskSerializer,
    );
    const expires = timeoutSeconds > 0 ? Date.now() / 1000 + timeoutSeconds : 0;
    channel.publish(this.#names.exchange, "", body, {
      headers: { clock: this.clock.forward(), expires },
      contentType,
      contentEncoding,
      deliveryMode: 2,
      priority: 0,
      ...options,
    });
  }

  #isFor(ticket: string, { properties }: ConsumeMessage): boolean {
    const { headers } = properties;
    const clock: unknown = headers?.clock;
    this.clock.adjust(typeof clock === "number" ? clock : 0);
    return (headers?.ticket ?? ticket) === ticket;
  }

  /** A call has a channel of its own: closing it ends its reply queue. */
  async #onChannel<Result>(work: (channel: Channel) => Promise<Result>): Promise<Result> {
    const channel = await this.connection.openChannel();
    channel.on("error", () => undefined);
    try {
      return await work(channel);
    } finally {
      await closeChannel(channel);
    }
  }
}

function repliesIn(body: unknown): ControlReply[] {
  return isRecord(body) ? Object.entries(body).map(([nodename, value]) => ({ nodename, value })) : [];
}

/** Resolves once nothing has come for a time. */
class Collector {
  readonly done: Promise<void>;
  #resolve: () => void = () => undefined;
  #timer: NodeJS.Timeout;
  #reading = 0;

  constructor(private readonly timeoutMs: number) {
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#timer = setTimeout(this.#resolve, timeoutMs);
  }

  /** Something has come and is being read. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#reading += 1;
  }

  /** What came is read: from now on the time counts again. */
  resume(): void {
    clearTimeout(this.#timer);
    this.#reading -= 1;
    if (this.#reading === 0) this.#timer = setTimeout(this.#resolve, this.timeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#resolve();
  }
}
