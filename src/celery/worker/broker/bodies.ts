import { getHeapStatistics } from "node:v8";
import { Changes } from "../../changes.js";
import { BodyDecoder, type IncomingBody } from "../../codec/body-decoder.js";
import { machine } from "../../machine.js";
import { checkBody, readTaskHeaders, readTaskMessage, unreadable } from "../../protocol/message-decode.js";
import type { RawMessage, TaskMessage } from "../../protocol/types.js";
import type { Request } from "../request.js";
import { rawMessage } from "./delivery.js";

/** Options of {@link Bodies}. */
export interface BodiesOptions {
  readonly accept: ReadonlySet<string>;
  /** Zone of protocol 1 times that are not UTC. */
  readonly timezone: string;
  /** Largest body: the setting `maxBodyBytes`. */
  readonly maxBytes: number;
  /** Memory of all bodies that are not read on receipt: the setting `maxBodyMemory`. */
  readonly maxMemory: number;
  /** Requests in memory, which may hold bodies. */
  readonly requests: () => Iterable<Request>;
}

/** A message, and whether its body was read too; without it there are no arguments, and nothing that follows. */
export interface OpenedMessage {
  readonly message: TaskMessage;
  readonly isRead: boolean;
}

/** A message that was read whole, and the memory that it takes. */
interface ReadMessage {
  readonly message: TaskMessage;
  readonly memory: number;
}

/** The values may take this share of V8's heap and of the memory, if the setting is larger. */
const HEAP_SHARE = 4;

/** A text and the value that is read from it are in memory together. */
const MEMORY_PER_BYTE = 2;

/**
 * Reads the bodies of task messages. A small one is read on receipt; any other when its task has a slot, so that no more
 * of them are in memory than tasks run, and together they take no more memory than they may. One is always let in.
 */
export class Bodies {
  readonly #options: BodiesOptions;
  readonly #decoder: BodyDecoder;
  readonly #maxMemory: number;
  /** Memory of the bodies that are being read. */
  #reserved = 0;
  /** Memory that has come free. */
  readonly #changes = new Changes();
  /** Resolves when those who asked before have got their memory. */
  #turn: Promise<void> = Promise.resolve();
  /** Resolves when the bodies of those that will not run are read. */
  #ending: Promise<void> = Promise.resolve();

  constructor(options: BodiesOptions) {
    this.#options = options;
    this.#decoder = new BodyDecoder({ maxBytes: options.maxBytes });
    const available = Math.min(getHeapStatistics().heap_size_limit, machine().memoryBytes);
    this.#maxMemory = Math.min(options.maxMemory, available / HEAP_SHARE);
  }

  /**
   * Reads at once what can be: all of a small message, the headers of others.
   *
   * @returns null for a message of protocol 1 that is not small: all it says is in its body
   * @throws MessageError
   */
  open(raw: RawMessage): OpenedMessage | null {
    checkBody(raw);
    try {
      const decoded = this.#decoder.now(bodyOf(raw), this.#options.accept);
      if (decoded !== null) return { message: readTaskMessage(raw, decoded.value, this.#options), isRead: true };
    } catch (cause) {
      throw unreadable(cause, raw);
    }
    const message = readTaskHeaders(raw);
    return message === null ? null : { message, isRead: false };
  }

  /** Reads what is left of a request's message, which will run. @throws as {@link readWhole} */
  async read(request: Request, signal: AbortSignal): Promise<void> {
    await this.#readWhole(rawMessage(request.delivery), signal, ({ message, memory }) => {
      request.message = message;
      request.bodyMemory = memory;
      request.isRead = true;
    });
  }

  /** A request has left memory, and its body with it. */
  left(request: Request): void {
    if (request.bodyMemory > 0) this.#changes.notify();
  }

  /**
   * Reads what is left of a request's message for those who want to hear that it will not run. One after another, and
   * without waiting for memory, so that a revoked task ends at once. A body that cannot be read stays unread.
   */
  async readToEnd(request: Request): Promise<void> {
    this.#ending = this.#ending.then(async () => {
      try {
        request.message = (await this.#decode(rawMessage(request.delivery))).message;
        request.isRead = true;
      } catch {
        // The task ends without its arguments.
      }
    });
    await this.#ending;
  }

  /** Reads a message whole. @throws MessageError; the reason of the signal */
  async readWhole(raw: RawMessage): Promise<TaskMessage> {
    return await this.#readWhole(raw, undefined, ({ message }) => message);
  }

  /** @param take keeps what was read, before others may have the memory that is not needed any more */
  async #readWhole<Result>(
    raw: RawMessage,
    signal: AbortSignal | undefined,
    take: (read: ReadMessage) => Result,
  ): Promise<Result> {
    const bytes = raw.headers.compression ? this.#options.maxBytes : raw.body.length;
    const needed = bytes * MEMORY_PER_BYTE;
    await this.#memoryFor(needed, signal);
    try {
      return take(await this.#decode(raw, signal));
    } finally {
      this.#reserved -= needed;
      this.#changes.notify();
    }
  }

  /** Reads the message of a request once more, as it came. @throws MessageError */
  async readAgain({ delivery }: Request): Promise<TaskMessage> {
    return (await this.#decode(rawMessage(delivery))).message;
  }

  async #decode(raw: RawMessage, signal?: AbortSignal): Promise<ReadMessage> {
    try {
      const { accept } = this.#options;
      const body = bodyOf(raw);
      const { value, memory } = this.#decoder.now(body, accept) ?? (await this.#decoder.later(body, accept, signal));
      return { message: readTaskMessage(raw, value, this.#options), memory };
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreadable(cause, raw);
    }
  }

  /** Waits for memory in the order of asking, and reserves it. */
  async #memoryFor(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#turn;
    let passOn: () => void = () => undefined;
    this.#turn = new Promise((resolve) => {
      passOn = resolve;
    });
    try {
      await before;
      signal?.throwIfAborted();
      await this.#changes.until(() => this.#mayUse(bytes), { signal });
      this.#reserved += bytes;
    } finally {
      passOn();
    }
  }

  #mayUse(bytes: number): boolean {
    const used = this.#used;
    return used === 0 || used + bytes <= this.#maxMemory;
  }

  get #used(): number {
    let used = this.#reserved;
    for (const request of this.#options.requests()) used += request.bodyMemory;
    return used;
  }
}

function bodyOf({ body, contentType, contentEncoding, headers }: RawMessage): IncomingBody {
  return { body, contentType, contentEncoding, compression: headers.compression };
}
