import { EventEmitter } from "node:events";
import type { Channel, ChannelModel, ConfirmChannel } from "amqplib";
import type { Logger } from "pino";
import { asError, BrokerError } from "../errors.js";
import { backOffMs } from "./back-off.js";
import { closeConnection } from "./closing.js";
import { dial } from "./dial.js";
import { type BrokerAddress, displayUrl } from "./url.js";

export type { Channel, ConfirmChannel, ConsumeMessage } from "amqplib";

/** Options of {@link BrokerConnection}. */
export interface BrokerConnectionOptions {
  readonly addresses: readonly BrokerAddress[];
  /** Shown in RabbitMQ's management pages. */
  readonly name: string;
  readonly log: Logger;
  /** Seconds between heartbeats asked of the broker; the smaller of both sides wins. Default 60. */
  readonly heartbeatSeconds?: number;
  /** Limit of one connection attempt. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** First pause between attempts; doubles up to `maxDelayMs`. Default 200. */
  readonly minDelayMs?: number;
  /** Default 10,000. */
  readonly maxDelayMs?: number;
}

interface ConnectionEvents {
  /** Connected and every `onConnect` hook has run. */
  connected: [];
  disconnected: [error: Error];
  /** An attempt to connect failed; the next one follows. */
  failed: [error: Error];
  /** The broker refuses publishes for now (memory or disk alarm). */
  blocked: [reason: string];
  unblocked: [];
}

/** A connection that was lost sooner than this after it was ready had hardly been one. */
const STEADY_MS = 5_000;
const FREE_QUICK_LOSSES = 4;
const LAST_UNSTEADY_PAUSE_MS = 1_000;

type ConnectHook = (connection: BrokerConnection) => Promise<void>;

/**
 * One AMQP connection that comes back by itself. Hooks run after every connect, in the order they were added, and
 * rebuild what lives on a connection: channels, consumers. A hook that fails closes the connection, which then
 * starts again with the usual pause, so nothing is left half set up.
 */
export class BrokerConnection extends EventEmitter<ConnectionEvents> {
  readonly #options: Required<BrokerConnectionOptions>;
  readonly #hooks: ConnectHook[] = [];
  #model: ChannelModel | null = null;
  #ready = false;
  #blockedReason: string | null = null;
  #closed = false;
  /** Attempts that failed since the last connection. */
  #failures = 0;
  /** Losses in a row of connections that had hardly been set up. */
  #quickLosses = 0;
  #address = 0;
  #wake: (() => void) | null = null;
  #loop: Promise<void> | null = null;
  #waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(options: BrokerConnectionOptions) {
    super();
    this.setMaxListeners(0);
    this.#options = { heartbeatSeconds: 60, connectTimeoutMs: 10_000, minDelayMs: 200, maxDelayMs: 10_000, ...options };
  }

  /** Adds a hook; call before {@link start}. */
  onConnect(hook: ConnectHook): void {
    this.#hooks.push(hook);
  }

  /** Starts to connect, and keeps the connection until {@link close}. Returns at once. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Connected, and every hook has run. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** Connected, maybe while hooks still run: channels can be opened. */
  get isUp(): boolean {
    return this.#model !== null;
  }

  /** Why the broker refuses publishes, or null. */
  get blockedReason(): string | null {
    return this.#blockedReason;
  }

  /** The address in use, or the one tried next. */
  get address(): BrokerAddress {
    const { addresses } = this.#options;
    return addresses[this.#address % addresses.length] as BrokerAddress;
  }

  /** Resolves once connected; rejects when the connection is closed for good or the signal aborts. */
  async whenReady(signal?: AbortSignal): Promise<void> {
    if (this.#ready) return;
    if (this.#closed) throw new BrokerError("the broker connection is closed");
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiter = { resolve, reject };
      this.#waiters.push(waiter);
      signal?.addEventListener(
        "abort",
        () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          reject(asError(signal.reason));
        },
        { once: true },
      );
    });
  }

  /** Opens a channel; an error event on it is logged by its owner. @throws BrokerError when not connected */
  async openChannel(): Promise<Channel> {
    return await this.#connected().createChannel();
  }

  /** Opens a channel in confirm mode. @throws BrokerError when not connected */
  async openConfirmChannel(): Promise<ConfirmChannel> {
    return await this.#connected().createConfirmChannel();
  }

  /** Closes for good. Safe to call twice. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    const model = this.#model;
    this.#model = null;
    this.#ready = false;
    const waiters = this.#waiters.splice(0);
    for (const waiter of waiters) waiter.reject(new BrokerError("the broker connection is closed"));
    if (model !== null) await closeConnection(model);
    await this.#loop;
  }

  #connected(): ChannelModel {
    if (this.#model === null) throw new BrokerError("not connected to the broker");
    return this.#model;
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    while (!this.#closed) {
      try {
        await this.#connectOnce();
        await this.#pauseWhenUnsteady();
      } catch (error) {
        if (this.#closed) return;
        this.emit("failed", asError(error));
        this.#failures += 1;
        const delayMs = this.#nextDelayMs();
        log.warn(
          { err: asError(error).message, broker: displayUrl(this.address), attempt: this.#failures, delayMs },
          "cannot connect to the broker, trying again",
        );
        this.#address += 1;
        await this.#pause(delayMs);
      }
    }
  }

  /** Resolves when an established connection is lost; rejects when none could be set up. */
  async #connectOnce(): Promise<void> {
    const { name, heartbeatSeconds, connectTimeoutMs, log } = this.#options;
    const model = await dial({ address: this.address, name, heartbeatSeconds, timeoutMs: connectTimeoutMs });
    let lastError: Error | null = null;
    const lost = new Promise<void>((resolve) => {
      model.on("error", (error) => {
        lastError = error;
      });
      model.on("close", (reason) => {
        lastError ??= reason ?? null;
        resolve();
      });
    });
    model.on("handler-error", (error) => log.error({ err: error }, "error in a broker event listener"));
    model.on("blocked", (reason) => {
      this.#blockedReason = reason;
      this.emit("blocked", reason);
    });
    model.on("unblocked", () => {
      this.#blockedReason = null;
      this.emit("unblocked");
    });
    if (this.#closed) {
      await closeConnection(model);
      return;
    }
    this.#model = model;
    try {
      const hooks = (async () => {
        for (const hook of this.#hooks) {
          await hook(this);
          // What is left belongs to the connection that follows.
          if (this.#model !== model) return;
        }
      })();
      await Promise.race([
        hooks,
        lost.then(() => Promise.reject(lastError ?? new BrokerError("connection lost during set-up"))),
      ]);
    } catch (error) {
      this.#model = null;
      await closeConnection(model);
      // Of a connection that the broker closed, the channels only know that they ended.
      throw lastError ?? error;
    }
    this.#failures = 0;
    this.#ready = true;
    const readyAtMs = performance.now();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    this.emit("connected");
    await lost;
    this.#quickLosses = performance.now() - readyAtMs < STEADY_MS ? this.#quickLosses + 1 : 0;
    this.#ready = false;
    this.#model = null;
    this.#blockedReason = null;
    if (!this.#closed) {
      const reason = lastError ?? new BrokerError("the broker closed the connection");
      log.warn({ err: reason.message, broker: displayUrl(this.address) }, "connection to the broker lost");
      // A node that was lost is the least likely to answer.
      this.#address += 1;
      this.emit("disconnected", reason);
    }
  }

  /** A connection that is lost comes back at once, but one that is lost again and again must not become a busy loop. */
  async #pauseWhenUnsteady(): Promise<void> {
    const excess = this.#quickLosses - FREE_QUICK_LOSSES;
    if (excess >= 0 && !this.#closed) await this.#pause(backOffMs(excess, 100, LAST_UNSTEADY_PAUSE_MS));
  }

  /** Each address is tried once before the first pause: the nodes of a cluster that live are not to wait for a dead one. */
  #nextDelayMs(): number {
    const { addresses, minDelayMs, maxDelayMs } = this.#options;
    const rounds = Math.floor(this.#failures / addresses.length);
    return this.#failures % addresses.length === 0 ? backOffMs(rounds - 1, minDelayMs, maxDelayMs) : 0;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
