import type { Options } from "amqplib";
import type { Logger } from "pino";
import { Changes } from "../changes.js";
import { asError, PublishError } from "../errors.js";
import { backOffMs } from "./back-off.js";
import { closeChannel } from "./closing.js";
import type { BrokerConnection, ConfirmChannel } from "./connection.js";
import { NO_ROUTE, replyCodeOf } from "./refusals.js";

/** One message to publish. */
export interface OutgoingMessage {
  /** `""` is the default exchange: the routing key is then a queue name. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** 1 transient, 2 persistent. */
  readonly deliveryMode?: 1 | 2;
  readonly priority?: number | undefined;
  /** Milliseconds, as a decimal string. */
  readonly expiration?: string | undefined;
  readonly messageId?: string | undefined;
  readonly timestamp?: number | bigint | undefined;
  readonly type?: string | undefined;
  readonly appId?: string | undefined;
  /** Refuse the message when no queue would get it. Default false: the broker then drops it. */
  readonly mandatory?: boolean;
}

/** What amqplib says of a basic.nack, as against a lost channel. */
const NACKED = "message nacked";

const FIRST_REOPEN_PAUSE_MS = 200;
const LAST_REOPEN_PAUSE_MS = 10_000;

interface Pending {
  readonly message: OutgoingMessage;
  /** The broker has sent it back: no queue would get it. */
  isReturned: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Publishes with broker confirms. A message whose confirm had not arrived when the connection was lost is sent again
 * on the next one, so a resolved promise means "the broker has it", and a message may arrive twice but never not at all.
 */
export class Publisher {
  readonly #connection: BrokerConnection;
  readonly #log: Logger;
  #channel: ConfirmChannel | null = null;
  #separating = false;
  #refused: Error | null = null;
  /** Not confirmed yet, in the order of publishing. */
  readonly #pending = new Set<Pending>();
  /** Messages that are done with, and channels that are lost. */
  readonly #changes = new Changes();
  #closed = false;

  constructor(connection: BrokerConnection, log: Logger) {
    this.#connection = connection;
    this.#log = log;
    connection.onConnect(() => this.#open());
  }

  /** Messages handed over and not confirmed yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Publishes and waits for the broker's confirm, across as many reconnects as it takes.
   *
   * @throws PublishError when the broker refuses the message or the publisher is closed before it was confirmed.
   */
  publish(message: OutgoingMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new PublishError("the publisher is closed"));
        return;
      }
      const pending = { message, isReturned: false, resolve, reject };
      this.#pending.add(pending);
      this.#send(pending);
    });
  }

  /** Waits until all is confirmed, or the deadline passes. @returns true when nothing is left */
  async flush(deadlineMs: number): Promise<boolean> {
    const endMs = performance.now() + deadlineMs;
    return await this.#changes.until(() => this.#pending.size === 0, { msLeft: () => endMs - performance.now() });
  }

  /** Refuses what is still unconfirmed. The connection is closed by its owner. */
  close(): void {
    this.#closed = true;
    this.#channel = null;
    for (const pending of this.#pending)
      pending.reject(new PublishError("the publisher was closed before the broker confirmed"));
    this.#pending.clear();
    this.#changes.notify();
  }

  async #open(): Promise<void> {
    await this.#openChannel();
    for (const pending of this.#pending) this.#send(pending);
  }

  async #openChannel(): Promise<void> {
    const channel = await this.#connection.openConfirmChannel();
    // A connection that came back meanwhile has opened its own.
    if (this.#channel !== null) {
      void closeChannel(channel);
      return;
    }
    let refusal: Error | null = null;
    channel.on("error", (error) => {
      refusal = asError(error);
    });
    channel.on("return", (message) => this.#returned(message));
    channel.on("close", () => {
      if (this.#channel !== channel) return;
      this.#channel = null;
      // Also while other hooks of the connection still run: nobody else opens this channel again.
      if (refusal !== null && this.#connection.isUp && !this.#closed) this.#recoverFrom(refusal);
      this.#changes.notify();
    });
    this.#channel = channel;
  }

  /** The broker returns a message before it confirms it. */
  #returned({ content, fields }: { readonly content: Buffer; readonly fields: ReturnFields }): void {
    for (const pending of this.#pending) {
      const { message } = pending;
      if (message.mandatory !== true || pending.isReturned || message.routingKey !== fields.routingKey) continue;
      if (message.exchange !== fields.exchange || !message.body.equals(content)) continue;
      pending.isReturned = true;
      return;
    }
  }

  /**
   * The broker closed the channel because of one message (an exchange that is missing, say), and does not say which.
   * Send them again one at a time: the message that closes the channel a second time is the one to refuse.
   */
  #recoverFrom(refusal: Error): void {
    if (this.#separating) {
      this.#refused = refusal;
      return;
    }
    this.#separating = true;
    this.#log.warn(
      { err: refusal.message },
      "the broker closed the publishing channel, sending unconfirmed messages one by one",
    );
    void this.#separate().then(() => {
      this.#separating = false;
      for (const pending of this.#pending) this.#send(pending);
    });
  }

  /** Ends with a channel, or with the connection, which opens one when it is back. */
  async #separate(): Promise<void> {
    for (let failures = 0; this.#connection.isUp && !this.#closed; failures++) {
      try {
        await this.#sendSeparately();
        return;
      } catch (error) {
        this.#log.warn({ err: asError(error).message }, "the publishing channel cannot be opened, trying again");
        const pauseMs = backOffMs(failures, FIRST_REOPEN_PAUSE_MS, LAST_REOPEN_PAUSE_MS);
        await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
      }
    }
  }

  async #sendSeparately(): Promise<void> {
    for (const pending of [...this.#pending]) {
      if (this.#channel === null) await this.#openChannel();
      this.#refused = null;
      this.#transmit(pending);
      await this.#changes.until(() => !this.#pending.has(pending) || this.#channel === null);
      if (this.#refused !== null && this.#done(pending)) {
        pending.reject(
          new PublishError(
            `the broker refused a message for ${where(pending.message)}: ${asError(this.#refused).message}`,
            { isRefusal: true, replyCode: replyCodeOf(this.#refused) },
          ),
        );
      }
    }
    // The last message may have been the refused one: what comes next needs a channel.
    if (this.#channel === null) await this.#openChannel();
  }

  /** @returns false when it was done with before */
  #done(pending: Pending): boolean {
    const isNew = this.#pending.delete(pending);
    this.#changes.notify();
    return isNew;
  }

  #send(pending: Pending): void {
    if (!this.#separating) this.#transmit(pending);
  }

  #transmit(pending: Pending): void {
    const channel = this.#channel;
    if (channel === null) return;
    const { message } = pending;
    pending.isReturned = false;
    const settle = (error: unknown) => {
      if (error === null || error === undefined) {
        if (!this.#done(pending)) return;
        if (pending.isReturned) pending.reject(unroutable(message));
        else pending.resolve();
      } else if (asError(error).message === NACKED && this.#done(pending)) {
        pending.reject(new PublishError(`the broker refused a message for ${where(message)}`));
      }
      // Any other error is the channel's end: the message is sent again on the next channel.
    };
    try {
      channel.publish(message.exchange, message.routingKey, message.body, publishOptions(message), settle);
    } catch (error) {
      if (error instanceof Error && error.name === "IllegalOperationError") return;
      this.#done(pending);
      pending.reject(
        new PublishError(`cannot encode a message for ${where(message)}: ${asError(error).message}`, {
          cause: error,
          isRefusal: true,
        }),
      );
    }
  }
}

interface ReturnFields {
  readonly exchange: string;
  readonly routingKey: string;
}

function unroutable(message: OutgoingMessage): PublishError {
  const reason = message.exchange === "" ? "there is no such queue" : "no queue is bound for it";
  return new PublishError(`the broker returned a message for ${where(message)}: ${reason}`, {
    isRefusal: true,
    replyCode: NO_ROUTE,
  });
}

function where(message: OutgoingMessage): string {
  return message.exchange === ""
    ? `queue ${message.routingKey}`
    : `exchange ${message.exchange}, key ${message.routingKey}`;
}

/** amqplib makes an object whose prototype this is: a new one each time costs more than all else about it. */
const NO_HEADERS = Object.freeze({});

/** One shape for every message: amqplib reads each property of it. */
function publishOptions(message: OutgoingMessage): Options.Publish {
  const { headers, priority, deliveryMode, contentType, contentEncoding, correlationId, replyTo } = message;
  const { expiration, messageId, timestamp, type, appId, mandatory } = message;
  return {
    headers: headers ?? NO_HEADERS,
    deliveryMode: deliveryMode ?? 2,
    contentType,
    contentEncoding,
    correlationId,
    replyTo,
    priority,
    expiration,
    messageId,
    // amqplib hands it on as it is.
    timestamp: timestamp as number | undefined,
    type,
    appId,
    mandatory,
  } satisfies { [Key in keyof Options.Publish]: Options.Publish[Key] | undefined } as Options.Publish;
}
