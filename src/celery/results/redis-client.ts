import type { Logger } from "pino";
import type { createClient } from "redis";
import { asError } from "../errors.js";
import { createRedactor, type Redactor } from "../secrets.js";
import { parseRedisUrl, type RedisConnectionOptions } from "./redis-options.js";
import { retryTransient } from "./retry.js";

type Library = typeof import("redis");
export type RedisClient = ReturnType<typeof createClient>;

const LONGEST_PAUSE_MS = 10_000;
/** Server answers that pass: start-up, fail-over, a replica that is promoted. */
const PASSING_ANSWER = /^(LOADING|READONLY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|BUSY)\b/;

/** Two connections to one Redis, one of them for subscriptions, that come back by themselves. */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  /** A server that does not know AUTH sends its words back. */
  readonly #redact: Redactor;
  #library: Library | null = null;
  #commands: RedisClient | null = null;
  #subscriber: Promise<RedisClient> | null = null;

  /** @throws ImproperlyConfigured for a URL that cannot be used */
  constructor(url: string, log: Logger) {
    this.#options = parseRedisUrl(url);
    this.#redact = createRedactor({ PASSWORD: this.#options.password });
    this.#log = log;
  }

  /** Resolves once the server answers, however long that takes; rejects when closed before. */
  async open(): Promise<void> {
    // Loaded here: an app with another backend never pays for it.
    this.#library = await import("redis");
    this.#commands = await this.#connect(this.#library, "commands");
  }

  /** Runs idempotent commands, again if the connection fails under them. */
  run<T>(operation: (client: RedisClient) => Promise<T>): Promise<T> {
    return retryTransient(() => operation(this.#opened()), {
      signal: this.#closing.signal,
      isTransient: (error) => this.#isTransient(error),
      onRetry: (error, attempt) =>
        this.#log.warn({ err: this.#reason(error), attempt }, "redis command failed, trying again"),
    });
  }

  /** The connection for subscriptions; `onReady` runs after each reconnect. */
  async subscriber(onReady: () => void): Promise<RedisClient> {
    const library = this.#library;
    if (library === null) throw new Error("the redis backend is not started");
    this.#subscriber ??= this.#connect(library, "subscriber").then((client) => {
      client.on("ready", onReady);
      return client;
    });
    return this.#subscriber;
  }

  /** Waits for nothing: commands under way fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    const subscriber = await this.#subscriber?.catch(() => null);
    for (const client of [this.#commands, subscriber]) if (client?.isOpen) client.destroy();
    this.#commands = null;
    this.#subscriber = null;
  }

  async #connect(library: Library, purpose: string): Promise<RedisClient> {
    if (this.#closing.signal.aborted) throw closed();
    const client = library.createClient({
      ...this.#options,
      // RESP 3 needs Redis 6.
      RESP: 2,
      socket: { ...this.#options.socket, keepAlive: true, reconnectStrategy: (retries: number) => pauseMs(retries) },
    } as Parameters<typeof createClient>[0]);
    this.#logOutages(client, purpose);
    const aborted = new Promise<never>((_, reject) => {
      this.#closing.signal.addEventListener("abort", () => {
        if (client.isOpen) client.destroy();
        reject(closed());
      });
    });
    aborted.catch(() => undefined);
    await Promise.race([client.connect(), aborted]);
    return client;
  }

  #logOutages(client: RedisClient, purpose: string): void {
    let isDown = false;
    client.on("error", (err: unknown) => {
      if (!isDown && !this.#closing.signal.aborted)
        this.#log.error({ err: this.#reason(err), purpose }, "redis connection lost");
      isDown = true;
    });
    client.on("ready", () => {
      if (isDown) this.#log.info({ purpose }, "redis connection restored");
      isDown = false;
    });
  }

  #reason(error: unknown): string {
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
    return this.#redact(asError(first).message);
  }

  #opened(): RedisClient {
    if (this.#commands === null) throw new Error("the redis backend is not open");
    return this.#commands;
  }

  #isTransient(error: unknown): boolean {
    const library = this.#library;
    if (library === null || this.#commands === null) return false;
    if (error instanceof library.ClientClosedError) return false;
    if (error instanceof library.ErrorReply) return PASSING_ANSWER.test(error.message);
    return error instanceof Error;
  }
}

function closed(): Error {
  return new Error("the redis backend was closed");
}

function pauseMs(retries: number): number {
  const ceiling = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** retries);
  return ceiling * (0.5 + Math.random() / 2);
}
