import type { Logger } from "pino";
import { asError, BrokerError } from "../errors.js";
import { backOffMs } from "./back-off.js";
import { closeChannel } from "./closing.js";
import type { BrokerConnection, Channel } from "./connection.js";

/** Options of {@link StandingChannel}. */
export interface StandingChannelOptions {
  readonly connection: BrokerConnection;
  readonly log: Logger;
  /** What it is for, as log lines name it, e.g. "remote control". */
  readonly purpose: string;
  /** Level of the lines about it. Default `warn` for troubles, `info` for their end. */
  readonly level?: "debug";
  /** Declares and consumes on a fresh channel. What it throws closes that channel, and all is tried again. */
  readonly setUp: (channel: Channel) => Promise<void>;
  /** The channel is open and set up, for the first time or again. */
  readonly onOpen?: () => void;
  /** A channel that `setUp` was given is gone, for whatever reason. */
  readonly onClosed?: (channel: Channel) => void;
}

const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 10_000;

/** A channel that was closed sooner than this after it opened counts as one that failed. */
const STEADY_MS = 5_000;

interface Watched {
  isOpen: boolean;
  /** Why the broker closed it. */
  refusal: Error | null;
}

/**
 * A channel that comes back by itself, after it was closed or refused as after a lost connection, with growing pauses and
 * for as long as it takes. Its owner calls {@link open} on every connect; the timer is there for all else, also for a
 * refusal while the connection is still being set up.
 */
export class StandingChannel {
  readonly #options: StandingChannelOptions;
  #channel: Channel | null = null;
  #opening: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #failures = 0;
  /** Null until it was open once. */
  #openedAtMs: number | null = null;
  #stopped = false;
  #closed = false;
  /** What was said last of its troubles: the same again is no news. */
  #problem: string | null = null;

  constructor(options: StandingChannelOptions) {
    this.#options = options;
  }

  /** The channel while it is open and set up; else null. */
  get channel(): Channel | null {
    return this.#channel;
  }

  /**
   * Opens the channel now unless it is open.
   * @throws the broker's error; it is tried again all the same
   */
  async open(): Promise<void> {
    // An attempt under way may be one on a connection that has gone.
    if (this.#opening !== null) await this.#opening.catch(() => undefined);
    if (this.#stopped || this.#channel !== null) return;
    this.#opening ??= this.#attempt().finally(() => {
      this.#opening = null;
    });
    await this.#opening;
  }

  /** For connection hooks: a channel that cannot be opened yet stops nothing else. */
  async tryOpen(): Promise<void> {
    await this.open().catch(() => undefined);
  }

  /** As {@link tryOpen}, but once it was open nobody waits for it: it comes back beside what matters more. */
  async comeBack(): Promise<void> {
    const opening = this.tryOpen();
    if (this.#openedAtMs === null) await opening;
  }

  /** Opens no more channels; the one at hand, or under way, stays open. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Closes for good. Safe to call twice. */
  async close(): Promise<void> {
    this.stop();
    this.#closed = true;
    const channel = this.#channel;
    this.#channel = null;
    if (channel !== null) await closeChannel(channel);
  }

  async #attempt(): Promise<void> {
    const { connection, setUp, onOpen, log, purpose, level } = this.#options;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const watched: Watched = { isOpen: true, refusal: null };
    let channel: Channel | null = null;
    try {
      channel = await connection.openChannel();
      this.#watch(channel, watched);
      await setUp(channel);
      if (!watched.isOpen) throw new BrokerError("the channel was closed while it was set up");
    } catch (error) {
      if (channel !== null) void closeChannel(channel);
      this.#failed(watched.refusal ?? asError(error));
      throw error;
    }
    if (this.#closed) {
      await closeChannel(channel);
      return;
    }
    this.#channel = channel;
    this.#openedAtMs = performance.now();
    if (this.#problem !== null) log[level ?? "info"](`${purpose}: available again`);
    this.#problem = null;
    onOpen?.();
  }

  #watch(channel: Channel, watched: Watched): void {
    const { onClosed } = this.#options;
    channel.on("error", (error) => {
      watched.refusal = asError(error);
    });
    channel.on("close", () => {
      watched.isOpen = false;
      onClosed?.(channel);
      if (this.#channel !== channel) return;
      this.#channel = null;
      if (performance.now() - (this.#openedAtMs ?? 0) >= STEADY_MS) this.#failures = 0;
      this.#failed(watched.refusal ?? new BrokerError("the channel was closed"));
    });
  }

  #failed(error: Error): void {
    if (this.#stopped) return;
    this.#tell(error);
    this.#reopenLater();
  }

  #tell({ message }: Error): void {
    const { log, purpose, level = "warn", connection } = this.#options;
    // The loss of the connection is its own to tell.
    const isNews = message !== this.#problem && connection.isUp && !this.#stopped;
    log[isNews ? level : "trace"]({ err: message }, `${purpose}: not available, trying again`);
    if (isNews) this.#problem = message;
  }

  #reopenLater(): void {
    if (this.#stopped || this.#timer !== null) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        if (this.#options.connection.isUp) void this.tryOpen();
        else this.#reopenLater();
      },
      backOffMs(this.#failures, FIRST_PAUSE_MS, LAST_PAUSE_MS),
    );
    this.#timer.unref();
    if (this.#options.connection.isUp) this.#failures += 1;
  }
}
