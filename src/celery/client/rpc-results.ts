import type { Logger } from "pino";
import { closeChannel } from "../amqp/closing.js";
import type { BrokerConnection, Channel, ConsumeMessage } from "../amqp/connection.js";
import { wireTable } from "../amqp/field-writer.js";
import { StandingChannel } from "../amqp/standing-channel.js";
import { BodyDecoder, InOrder } from "../codec/body-decoder.js";
import { asError } from "../errors.js";
import { MAX_RESULT_BYTES } from "../protocol/limits.js";
import { acceptedContentTypes } from "../protocol/serializers.js";
import { READY_STATES, type StoredResult } from "../results/backend.js";
import { readMeta } from "../results/meta.js";
import type { WaitOptions } from "../results/stored.js";
import type { Settings } from "../settings.js";

/** Results nobody has asked for are kept up to this number; the oldest go first. */
const MAX_KEPT = 50_000;

/** Results that are taken ahead of those that are read. */
const PREFETCH = 200;

/** How long the queue outlives a client that went away without closing. */
const QUEUE_EXPIRES_MS = 600_000;

interface Wait {
  readonly options: WaitOptions;
  readonly resolve: (result: StoredResult) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Reads `rpc://` results from a queue of this process. It is opened before the first task is sent, so no result can
 * come too early, and outlives lost connections. It is durable, because RabbitMQ 4.3 refuses transient queues that are
 * not exclusive, and an exclusive one would lose what arrives while the connection is down.
 */
export class RpcResults {
  readonly #connection: BrokerConnection;
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #bodies: InOrder;
  /** Last state of each task, by id; an error for one that cannot be read. */
  readonly #states = new Map<string, StoredResult | Error>();
  readonly #waits = new Map<string, Set<Wait>>();
  readonly #standing: StandingChannel;
  /** Once somebody wants results the queue is kept open. */
  #opening: Promise<void> | null = null;
  #warned = false;

  constructor(
    connection: BrokerConnection,
    /** Name of the queue: the reply address of this process. */
    readonly queue: string,
    settings: Settings,
    log: Logger,
  ) {
    this.#connection = connection;
    this.#settings = settings;
    this.#log = log;
    const accept = acceptedContentTypes(settings.resultAcceptContent ?? settings.acceptContent);
    // What waits here is not acknowledged: the broker sends no more.
    this.#bodies = new InOrder(new BodyDecoder({ maxBytes: MAX_RESULT_BYTES }), accept, Number.POSITIVE_INFINITY);
    this.#standing = new StandingChannel({
      connection,
      log,
      purpose: "results",
      setUp: (channel) => this.#consume(channel),
    });
    connection.onConnect(async () => {
      if (this.#opening !== null) await this.#standing.tryOpen();
    });
  }

  /** Declares the queue and consumes it; resolves once results can come. @throws the broker's error */
  async open(): Promise<void> {
    this.#opening ??= this.#openOnce();
    await this.#opening;
  }

  /** Before a task is sent: its results can come, and what came of an earlier task of the same id is forgotten. */
  async expect(taskId: string): Promise<void> {
    await this.open();
    this.#states.delete(taskId);
  }

  async #openOnce(): Promise<void> {
    try {
      await this.#connection.whenReady();
      await this.#standing.open();
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  async #consume(channel: Channel): Promise<void> {
    const { resultExpires } = this.#settings;
    const expires = Math.min(QUEUE_EXPIRES_MS, resultExpires ? resultExpires * 1000 : QUEUE_EXPIRES_MS);
    await channel.assertQueue(this.queue, { durable: true, arguments: wireTable({ "x-expires": expires }) });
    await channel.prefetch(PREFETCH);
    await channel.consume(this.queue, (message) => this.#receive(channel, message));
  }

  #receive(channel: Channel, message: ConsumeMessage | null): void {
    if (message === null) {
      void closeChannel(channel);
      return;
    }
    const { contentType, contentEncoding, correlationId } = message.properties;
    const taskId = typeof correlationId === "string" ? correlationId : "";
    this.#bodies.read(
      { body: message.content, contentType, contentEncoding },
      {
        onValue: (value) => {
          this.#take(readMeta(taskId, value));
          acknowledge(channel, message);
        },
        onError: (error) => {
          this.#refuse(taskId, asError(error));
          acknowledge(channel, message);
        },
      },
    );
  }

  #refuse(taskId: string, error: Error): void {
    this.#log.warn({ err: error.message, taskId }, "a result cannot be read");
    if (!this.#keep(taskId, error)) return;
    for (const wait of this.#waits.get(taskId) ?? []) wait.reject(error);
  }

  #take(result: StoredResult): void {
    if (!this.#keep(result.taskId, result)) return;
    for (const wait of this.#waits.get(result.taskId) ?? []) {
      wait.options.onState?.(result);
      if (READY_STATES.has(result.status)) wait.resolve(result);
    }
  }

  /**
   * @returns false when it changes nothing: nothing replaces a success, and nothing but another end an end. A hard time
   * limit is told twice, and a Python worker tells of a retry only after it sent the next attempt, which may be faster.
   */
  #keep(taskId: string, state: StoredResult | Error): boolean {
    const known = this.#states.get(taskId);
    if (isEnd(known) && (known.status === "SUCCESS" || !isEnd(state))) return false;
    this.#states.delete(taskId);
    this.#states.set(taskId, state);
    if (this.#states.size > MAX_KEPT) this.#dropOldest();
    return true;
  }

  #dropOldest(): void {
    const [oldest] = this.#states.keys();
    if (oldest !== undefined) this.#states.delete(oldest);
    if (this.#warned) return;
    this.#warned = true;
    this.#log.warn(
      `more than ${MAX_KEPT} results were never asked for: the oldest are dropped. Send with ignoreResult`,
    );
  }

  /**
   * The last state that arrived; null when none did.
   * @throws ProtocolError for one that cannot be read
   */
  async get(taskId: string): Promise<StoredResult | null> {
    await this.open();
    const known = this.#states.get(taskId) ?? null;
    if (known instanceof Error) throw known;
    return known;
  }

  /** @throws as {@link get} */
  async waitFor(taskId: string, options: WaitOptions = {}): Promise<StoredResult> {
    const { signal, onState } = options;
    const known = await this.get(taskId);
    if (known !== null) onState?.(known);
    if (known !== null && READY_STATES.has(known.status)) return known;
    signal?.throwIfAborted();
    let wait: Wait | null = null;
    const onAbort: { run: () => void } = { run: () => undefined };
    try {
      return await new Promise((resolve, reject) => {
        onAbort.run = () => reject(asError(signal?.reason));
        signal?.addEventListener("abort", onAbort.run);
        wait = { options, resolve, reject };
        this.#waitsOf(taskId).add(wait);
      });
    } finally {
      signal?.removeEventListener("abort", onAbort.run);
      if (wait !== null) this.#removeWait(taskId, wait);
    }
  }

  async forget(taskId: string): Promise<void> {
    this.#states.delete(taskId);
  }

  /** Ends the queue: results that come later are dropped by the broker. */
  async close(): Promise<void> {
    const { channel } = this.#standing;
    this.#standing.stop();
    await channel?.deleteQueue(this.queue).catch(() => undefined);
    await this.#standing.close();
  }

  #waitsOf(taskId: string): Set<Wait> {
    const waits = this.#waits.get(taskId) ?? new Set();
    this.#waits.set(taskId, waits);
    return waits;
  }

  #removeWait(taskId: string, wait: Wait): void {
    const waits = this.#waits.get(taskId);
    waits?.delete(wait);
    if (waits?.size === 0) this.#waits.delete(taskId);
  }
}

function isEnd(state: StoredResult | Error | undefined): state is StoredResult {
  return state !== undefined && !(state instanceof Error) && READY_STATES.has(state.status);
}

/** A channel that is gone has given the result back: it comes again, and changes nothing. */
function acknowledge(channel: Channel, message: ConsumeMessage): void {
  try {
    channel.ack(message);
  } catch {
    // Closed.
  }
}
