import { PublishError } from "../errors.js";
import { closeChannel } from "./closing.js";
import type { BrokerConnection, ConfirmChannel } from "./connection.js";
import { wireTable } from "./headers.js";

/** A message taken from a queue and not settled yet. */
export interface TakenMessage {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  /** Takes it out of the queue for good. */
  acknowledge(): void;
}

/** What a message that is moved gets anew. */
export interface MovedMessage {
  readonly queue: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * One queue, message by message. What is taken and not acknowledged goes back to its place when the queue is closed, so
 * nothing is lost whatever happens in between.
 */
export class MessageQueue {
  private constructor(
    private readonly channel: ConfirmChannel,
    readonly name: string,
  ) {}

  /** @returns null when there is no such queue */
  static async open(connection: BrokerConnection, name: string): Promise<MessageQueue | null> {
    const channel = await connection.openConfirmChannel();
    channel.on("error", () => undefined);
    try {
      await channel.checkQueue(name);
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 404) return null;
      throw error;
    }
    return new MessageQueue(channel, name);
  }

  /** The oldest message that was not taken yet; null when there is none. */
  async take(): Promise<TakenMessage | null> {
    const message = await this.channel.get(this.name, { noAck: false });
    if (message === false) return null;
    const { headers, contentType, contentEncoding, correlationId, replyTo } = message.properties;
    return {
      body: message.content,
      headers: headers ?? {},
      contentType,
      contentEncoding,
      correlationId,
      replyTo,
      acknowledge: () => this.channel.ack(message),
    };
  }

  /** Messages that wait. */
  async count(): Promise<number> {
    return (await this.channel.checkQueue(this.name)).messageCount;
  }

  /**
   * Publishes a copy to another queue; resolves when the broker has it there.
   * @throws PublishError when that queue does not exist or the broker refuses
   */
  async copyTo(original: TakenMessage, { queue, body, headers }: MovedMessage): Promise<void> {
    let returned = false;
    const onReturn = (message: { readonly fields: { readonly routingKey: string }; readonly content: Buffer }) => {
      // Other copies may be on their way on the same channel.
      if (message.fields.routingKey === queue && message.content.equals(body)) returned = true;
    };
    this.channel.on("return", onReturn);
    const { contentType, contentEncoding, correlationId, replyTo } = original;
    const kept = Object.entries({ contentType, contentEncoding, correlationId, replyTo });
    const options = {
      ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)),
      headers: wireTable(headers),
      deliveryMode: 2,
      mandatory: true,
    };
    try {
      await new Promise<void>((resolve, reject) => {
        this.channel.sendToQueue(queue, body, options, (error: unknown) =>
          error === null || error === undefined
            ? resolve()
            : reject(new PublishError(`queue ${queue} did not take the message`, { cause: error })),
        );
      });
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
