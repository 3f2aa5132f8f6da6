import type { Message, Options } from "amqplib";
import { BrokerError, PublishError } from "../errors.js";
import type { RawMessage } from "../protocol/types.js";
import { closeChannel } from "./closing.js";
import type { BrokerConnection, ConfirmChannel } from "./connection.js";
import { type UnreadableHeaders, unreadableHeaders } from "./content-header.js";
import { NOT_FOUND, replyCodeOf } from "./refusals.js";

/** A message taken from a queue and not settled yet. */
export interface TakenMessage extends RawMessage {
  /** What else AMQP says of it: `messageId`, `timestamp`, … */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Why `headers` is empty; null for a message that was read as a whole. */
  readonly unreadable: UnreadableHeaders | null;
  /** Takes it out of the queue for good. */
  acknowledge(): void;
}

/** What a message that is moved gets anew. */
export interface MovedMessage {
  readonly queue: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly priority?: number | undefined;
}

/**
 * One queue, message by message. What is taken and not acknowledged goes back to its place when the queue is closed, so
 * nothing is lost whatever happens in between.
 */
export class MessageQueue {
  readonly #closed: Promise<never>;

  private constructor(
    private readonly channel: ConfirmChannel,
    readonly name: string,
  ) {
    this.#closed = new Promise((_, reject) => {
      let reason: Error | null = null;
      channel.on("error", (error) => {
        reason = error;
      });
      channel.on("close", () => reject(reason ?? new BrokerError("the connection to the broker was lost")));
    });
    // Nobody may be waiting when it ends.
    this.#closed.catch(() => undefined);
  }

  /** @returns null when there is no such queue */
  static async open(connection: BrokerConnection, name: string): Promise<MessageQueue | null> {
    const channel = await connection.openConfirmChannel();
    channel.on("error", () => undefined);
    try {
      await channel.checkQueue(name);
    } catch (error) {
      if (replyCodeOf(error) === NOT_FOUND) return null;
      throw error;
    }
    return new MessageQueue(channel, name);
  }

  /**
   * The oldest message that was not taken yet; null when there is none.
   * @throws the broker's error; BrokerError when the connection is lost
   */
  async take(): Promise<TakenMessage | null> {
    // amqplib forgets who waits for a message whose channel ends between the frames of that message.
    const message = await Promise.race([this.channel.get(this.name, { noAck: false }), this.#closed]);
    if (message === false) return null;
    const { headers, contentType, contentEncoding, correlationId, replyTo } = message.properties;
    return {
      body: message.content,
      headers: headers ?? {},
      contentType,
      contentEncoding,
      correlationId,
      replyTo,
      properties: { ...message.properties },
      unreadable: unreadableHeaders(message) ?? null,
      acknowledge: () => this.channel.ack(message),
    };
  }

  /** Messages that wait. */
  async count(): Promise<number> {
    return (await this.channel.checkQueue(this.name)).messageCount;
  }

  /**
   * Publishes a copy to another queue, with all that the original's properties say of its content; resolves when the
   * broker has it there.
   * @throws PublishError when that queue does not exist or the broker refuses
   */
  async copyTo(original: TakenMessage, { queue, body, headers, priority }: MovedMessage): Promise<void> {
    let returned = false;
    const onReturn = (message: Message) => {
      // Other copies may be on their way on the same channel.
      if (message.fields.routingKey === queue && message.content.equals(body)) returned = true;
    };
    this.channel.on("return", onReturn);
    const options = { ...contentOptions(original), headers, priority, deliveryMode: 2, mandatory: true };
    try {
      const confirmed = new Promise<void>((resolve, reject) => {
        const settle = (error: unknown) => (error === null || error === undefined ? resolve() : reject(error));
        this.channel.sendToQueue(queue, body, options as Options.Publish, settle);
      });
      await Promise.race([confirmed, this.#closed]);
    } catch (cause) {
      const problem = cause instanceof Error ? `: ${cause.message}` : "";
      throw new PublishError(`queue ${queue} did not take the message${problem}`, { cause });
    } finally {
      this.channel.off("return", onReturn);
    }
    // The broker returns a message it cannot route before it confirms it.
    if (returned) throw new PublishError(`there is no queue ${queue}: start its worker or declare it first`);
  }

  async close(): Promise<void> {
    await closeChannel(this.channel);
  }
}

/** What moves with a message: not its time to live, nor its sender's name, which the broker checks. */
function contentOptions({ properties }: TakenMessage): Options.Publish {
  const { contentType, contentEncoding, correlationId, replyTo, messageId, timestamp, type, appId } = properties;
  const kept = { contentType, contentEncoding, correlationId, replyTo, messageId, timestamp, type, appId };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}
