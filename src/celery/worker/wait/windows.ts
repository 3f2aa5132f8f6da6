import { Changes } from "../../changes.js";
import type { Consumer } from "../broker/consumer.js";
import type { Delivery } from "../broker/delivery.js";
import type { Request, Requests } from "../request.js";
import type { SlotGroup, Slots } from "./slots.js";

/** Options of {@link Windows}. */
export interface WindowsOptions {
  /** How long no task of a kind may have started before its messages go back; null keeps every window as Celery has it. */
  readonly patienceMs: number | null;
  readonly slots: Slots;
  readonly consumers: () => readonly Consumer[];
  /** Requests in memory. */
  readonly requests: Requests;
  /** More slots will come by themselves when those there are do not suffice. */
  readonly mayGrow: () => boolean;
}

/**
 * How much of a queue is taken ahead. `open`: as much as Celery takes. `narrow`: as many messages as could start when the
 * window was made. `closed`: none.
 */
type Width = "open" | "narrow" | "closed";

interface Window {
  width: Width;
  sinceMs: number;
  /** What its messages take slots from, and when one was last seen; the latest comes last. */
  readonly kinds: Map<SlotGroup, number>;
  /** Grows with each start of one of its tasks, over all queues. */
  lastTurn: number;
  /** Tasks of its kinds that had started when it was last looked at. */
  startedBefore: number;
}

/** A queue has the kinds of the messages that came by it within this time, or that of its last message. */
const KIND_STAYS_MS = 60_000;

/** So many starts within the patience are a flow of short tasks, which is better served ahead of time. */
const STARTS_OF_A_FLOW = 8;

/** What a queue holds has come by this time after it was asked for, if it is less than was asked for. */
const ARRIVAL_MS = 5;

/**
 * Takes messages ahead only where they can start soon. When no task of a queue's kind could start for a while, the queue is no
 * longer consumed, and what was taken and not started goes back to it: an idle worker may have it. As soon as there is a
 * slot the queue is consumed again, at first for no more messages than can start.
 *
 * A queue whose messages are of several kinds keeps its window: what stands behind may be able to start.
 */
export class Windows {
  readonly #options: WindowsOptions;
  readonly #windows = new WeakMap<Consumer, Window>();
  #timer: NodeJS.Timeout | null = null;
  #closed = 0;
  #resuming = false;
  #turn = 0;
  /** Tasks that have got their slot. */
  readonly #starts = new Changes();
  #stopped = false;

  constructor(options: WindowsOptions) {
    this.#options = options;
  }

  /** A message was read: its task takes slots from a kind. */
  saw(delivery: Delivery, kind: SlotGroup): void {
    const window = this.#windowOfQueue(delivery.queue);
    if (window === null) return;
    window.kinds.delete(kind);
    window.kinds.set(kind, performance.now());
  }

  /** A task of this delivery has got its slot. */
  started(delivery: Delivery): void {
    const window = this.#windowOfQueue(delivery.queue);
    if (window !== null) window.lastTurn = ++this.#turn;
    this.#starts.notify();
  }

  /** The channel of a queue is gone. The messages of what runs come again: they are to find this worker once more. */
  lost(queue: string): void {
    const consumer = this.#consumerOf(queue);
    if (consumer !== undefined) this.#open(consumer, this.#windowOf(consumer));
  }

  /** Slots were taken, came free or changed in number. */
  changed(): void {
    const { patienceMs } = this.#options;
    if (patienceMs === null || this.#stopped) return;
    if (this.#closed > 0) void this.#resume();
    this.#timer ??= setTimeout(() => this.#look(patienceMs), patienceMs / 2).unref();
  }

  close(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #look(patienceMs: number): void {
    this.#timer = null;
    const now = performance.now();
    let isQuiet = true;
    for (const consumer of this.#options.consumers()) {
      const window = this.#windowOf(consumer);
      const kinds = this.#kindsOf(window);
      const started = kinds.reduce((sum, kind) => sum + kind.started, 0);
      // After a lost connection, what runs is to find its message first.
      if (!consumer.isReady) window.sinceMs = now;
      const isSettled = now - window.sinceMs >= patienceMs;
      if (isSettled && isStalled(kinds, now - patienceMs)) void this.#narrow(consumer, window, kinds);
      else if (isTooNarrow(window, kinds, started, isSettled)) this.#open(consumer, window);
      window.startedBefore = started;
      isQuiet &&= window.width === "open" && kinds.some(({ free }) => free > 0);
    }
    if (!isQuiet) this.changed();
  }

  /** Consumes the queue no longer, and gives back what waits in vain. */
  async #narrow(consumer: Consumer, window: Window, kinds: readonly SlotGroup[]): Promise<void> {
    if (!consumer.mayPause || kinds.length > 1 || this.#options.mayGrow()) return;
    if (window.width !== "closed") {
      this.#set(window, "closed");
      // What was on its way has come by then.
      await consumer.limit(0);
    }
    if (window.width !== "closed" || this.#stopped || kinds.some(({ free }) => free > 0)) return;
    for (const request of [...this.#options.requests])
      if (request.delivery.queue === consumer.queue.name && isToGoBack(request)) this.#giveBack(request);
  }

  #giveBack(request: Request): void {
    request.stopWaiting();
    this.#options.requests.delete(request);
    request.settle("requeue");
  }

  #open(consumer: Consumer, window: Window): void {
    this.#set(window, "open");
    void consumer.limit(null);
  }

  /**
   * Consumes again what may start, one queue after another, those first that have waited longest: the slot that the first of
   * them takes is gone for the next.
   */
  async #resume(): Promise<void> {
    if (this.#resuming) return;
    this.#resuming = true;
    try {
      for (const { consumer, window } of this.#closedOnes()) {
        const free = this.#freeFor(window);
        if (free === 0 || window.width !== "closed") continue;
        this.#set(window, "narrow");
        await consumer.limit(free);
        if (this.#closed > 0) await this.#arrival(window);
      }
    } finally {
      this.#resuming = false;
    }
    // Slots that came free meanwhile were for nobody.
    if (this.#closedOnes().some(({ window }) => this.#freeFor(window) > 0)) void this.#resume();
  }

  /** Waits until as many messages as were asked for have taken the slots, or the queue must have had fewer. */
  async #arrival(window: Window): Promise<void> {
    const endMs = performance.now() + ARRIVAL_MS;
    await this.#starts.until(() => this.#freeFor(window) === 0, { msLeft: () => endMs - performance.now() });
  }

  #closedOnes(): { readonly consumer: Consumer; readonly window: Window }[] {
    if (this.#stopped || this.#closed === 0) return [];
    return this.#options
      .consumers()
      .map((consumer) => ({ consumer, window: this.#windowOf(consumer) }))
      .filter(({ window }) => window.width === "closed")
      .sort((a, b) => a.window.lastTurn - b.window.lastTurn);
  }

  #freeFor(window: Window): number {
    return Math.max(...this.#kindsOf(window).map(({ free }) => free));
  }

  #kindsOf({ kinds }: Window): readonly SlotGroup[] {
    const all = [...kinds];
    const since = performance.now() - KIND_STAYS_MS;
    const recent = all.filter(([, seenMs], index) => seenMs >= since || index === all.length - 1);
    return recent.length === 0 ? [this.#options.slots.ungrouped] : recent.map(([kind]) => kind);
  }

  #set(window: Window, width: Width): void {
    if (window.width === "closed") this.#closed -= 1;
    if (width === "closed") this.#closed += 1;
    window.width = width;
    window.sinceMs = performance.now();
  }

  #windowOfQueue(queue: string): Window | null {
    if (this.#options.patienceMs === null) return null;
    const consumer = this.#consumerOf(queue);
    return consumer === undefined ? null : this.#windowOf(consumer);
  }

  #consumerOf(name: string): Consumer | undefined {
    return this.#options.consumers().find(({ queue }) => queue.name === name);
  }

  #windowOf(consumer: Consumer): Window {
    const known = this.#windows.get(consumer);
    if (known !== undefined) return known;
    const window: Window = { width: "open", sinceMs: 0, kinds: new Map(), lastTurn: 0, startedBefore: 0 };
    this.#windows.set(consumer, window);
    return window;
  }
}

/** None of the kinds could start since then. */
function isStalled(kinds: readonly SlotGroup[], sinceMs: number): boolean {
  return kinds.every(({ fullSinceMs }) => fullSinceMs !== null && fullSinceMs <= sinceMs);
}

/** More could start than come, or what starts is over sooner than the next could be asked for. */
function isTooNarrow(window: Window, kinds: readonly SlotGroup[], started: number, isSettled: boolean): boolean {
  if (window.width !== "narrow") return false;
  return (
    kinds.length > 1 ||
    (isSettled && kinds.some(({ free }) => free > 0)) ||
    started - window.startedBefore >= STARTS_OF_A_FLOW
  );
}

/** Quorum queues count how often a message comes back, and drop it at last: one that came back once stays. */
function isToGoBack(request: Request): boolean {
  return request.waitsForSlot && request.delivery.isPending && request.deliveryCount === 0;
}
