import type { Logger } from "pino";
import { asError, WorkerShutdown } from "../errors.js";
import type { Kernel } from "../kernel.js";
import { Lane } from "./lane.js";
import { type Call, PoolThread } from "./pool-thread.js";
import { SessionShare } from "./session-share.js";

/** How long a kernel may go on after it was asked to end, unless the caller says otherwise. */
const DEFAULT_GRACE_MS = 1000;

/**
 * How long a call whose owner computes nothing waits for one of the pool's threads before it gets one beyond its size:
 * kernels that work in short pieces free a warm thread sooner than a new one starts.
 */
const SPARE_AFTER_MS = 100;

/** How long threads beyond the pool's size stay once they are not needed: those who come next find them warm. */
const SPARE_STAYS_MS = 2000;

/** Options of {@link ThreadPool}. */
export interface ThreadPoolOptions {
  /** Threads that compute at once when one request uses them all. */
  readonly size: number;
  /** Calls after which a thread is replaced; null never. */
  readonly maxCallsPerThread: number | null;
  /** Heap of a thread, in kilobytes, after which it is replaced between calls; null never. */
  readonly maxMemoryPerThreadKilobytes: number | null;
  /** Heap limit in megabytes that V8 enforces (the thread dies and its task fails); null takes V8's own. */
  readonly maxHeapMegabytes: number | null;
  readonly log: Logger;
}

/** Options of one {@link ThreadPool.run}. */
export interface RunOptions {
  readonly onProgress?: ((value: unknown) => void) | undefined;
  /** Asks the kernel to end: see `graceMs`. */
  readonly signal?: AbortSignal | undefined;
  /** How long a kernel may go on after `signal` aborted before its thread is killed; Infinity leaves that to `killSignal`. */
  readonly graceMs?: ((reason: unknown) => number) | undefined;
  /** Kills the thread at once. */
  readonly killSignal?: AbortSignal | undefined;
}

/**
 * Worker threads for kernels, started as they are needed. Calls wait in one queue per owner (a request), and owners
 * are served in turn, those that compute nothing before the others. When no thread comes free for such an owner it gets
 * one beyond `size`, so a long job on every thread never blocks a short one: the operating system shares the cores
 * between them. Background kernels have threads of their own, of the lowest priority, so that they never hold up the others.
 */
export class ThreadPool {
  #options: ThreadPoolOptions;
  readonly #threads = new Set<PoolThread>();
  readonly #foreground = new Lane();
  readonly #background = new Lane();
  readonly #lanes: readonly Lane[] = [this.#foreground, this.#background];
  #spareTimer: NodeJS.Timeout | null = null;
  #trimTimer: NodeJS.Timeout | null = null;
  #nextCall = 1;
  readonly #share = new SessionShare();
  #closed = false;
  #completed = 0;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#options.size;
  }

  /** Threads alive, calls running, waiting and finished. */
  get stats(): {
    readonly threads: readonly number[];
    readonly active: number;
    readonly waiting: number;
    readonly completed: number;
  } {
    return {
      threads: [...this.#threads].map((thread) => thread.id),
      active: this.#active,
      waiting: this.#foreground.calls.size + this.#background.calls.size,
      completed: this.#completed,
    };
  }

  /**
   * Runs a kernel in a thread.
   *
   * @param owner calls of one owner run in the order given, in turn with those of other owners
   * @throws the kernel's error, WorkerLostError when the thread died, or the reason of the signal that ended it
   */
  async run<Input, Output, Progress>(
    owner: string,
    kernel: Kernel<Input, Output, Progress>,
    input: Input,
    options: RunOptions = {},
  ): Promise<Output> {
    options.signal?.throwIfAborted();
    options.killSignal?.throwIfAborted();
    if (this.#closed) throw new WorkerShutdown("the thread pool is closed");
    const { promise, resolve, reject } = withResolvers<unknown>();
    const call: Call = {
      id: this.#nextCall++,
      owner,
      module: kernel.module.href,
      background: kernel.background,
      input,
      cancelFlag: new Int32Array(new SharedArrayBuffer(4)),
      onProgress: options.onProgress,
      resolve,
      reject,
    };
    const stopWatching = this.#watch(call, options);
    this.#laneOf(call).calls.add(call);
    this.#dispatch();
    try {
      return (await promise) as Output;
    } finally {
      stopWatching();
    }
  }

  /** Changes the number of threads; surplus threads end when they are next idle. */
  resize(size: number): void {
    this.#options = { ...this.#options, size };
    this.#trim();
    this.#dispatch();
  }

  /** Replaces every idle thread, and each busy one after its call. */
  recycle(): void {
    for (const thread of this.#threads) thread.retired = true;
    for (const { idle } of this.#lanes) for (const thread of idle.splice(0)) void thread.terminate();
  }

  /** Ends all threads; running and waiting calls fail with WorkerShutdown. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#shareSession();
    for (const timer of [this.#spareTimer, this.#trimTimer]) if (timer !== null) clearTimeout(timer);
    const reason = new WorkerShutdown("the worker stops");
    for (const { calls } of this.#lanes) for (const call of calls.clear()) call.reject(reason);
    for (const thread of this.#threads) if (thread.call !== null) thread.kill(reason);
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  get #active(): number {
    return this.#foreground.active + this.#background.active;
  }

  /** Background work takes what the rest leaves; what it has already is no reason for the rest to wait. */
  #dispatch(): void {
    const { size } = this.#options;
    while (this.#foreground.active < size) if (!this.#startNext(this.#foreground)) break;
    while (this.#active < size) if (!this.#startNext(this.#background)) break;
    for (const lane of this.#lanes) while (lane.calls.isStarving && lane.idle.length > 0) this.#startNext(lane);
    if (this.#lanes.some(({ calls }) => calls.isStarving)) {
      this.#spareTimer ??= setTimeout(() => this.#startSpare(), SPARE_AFTER_MS);
    } else if (this.#spareTimer !== null) {
      clearTimeout(this.#spareTimer);
      this.#spareTimer = null;
    }
  }

  /** @returns false when no call waits */
  #startNext(lane: Lane): boolean {
    const call = lane.calls.take();
    if (call === null) return false;
    const thread = lane.idle.pop() ?? this.#startThread(call.background);
    lane.active += 1;
    this.#shareSession();
    if (this.#active > this.#options.size) this.#trimTimer?.refresh();
    thread.start(call);
    return true;
  }

  /** The pool's threads were all busy for a while: one owner gets a thread beyond them, the next one after another while. */
  #startSpare(): void {
    this.#spareTimer = null;
    const lane = this.#lanes.find(({ calls }) => calls.isStarving);
    if (lane !== undefined) this.#startNext(lane);
    this.#dispatch();
  }

  /** Other processes come first while nothing but background kernels runs. */
  #shareSession(): void {
    this.#share.isLow = !this.#closed && this.#background.active > 0 && this.#foreground.active === 0;
  }

  #laneOf({ background }: Pick<PoolThread, "background">): Lane {
    return background ? this.#background : this.#foreground;
  }

  #startThread(background: boolean): PoolThread {
    const thread = new PoolThread(
      {
        onIdle: (idle, heapBytes) => this.#onIdle(idle, heapBytes),
        onExit: (gone) => this.#onExit(gone),
      },
      this.#options.maxHeapMegabytes,
      background,
    );
    this.#threads.add(thread);
    return thread;
  }

  #onIdle(thread: PoolThread, heapBytes: number): void {
    const { maxCallsPerThread, maxMemoryPerThreadKilobytes, log } = this.#options;
    this.#release(thread);
    const worn = maxCallsPerThread !== null && thread.completed >= maxCallsPerThread;
    const swollen = maxMemoryPerThreadKilobytes !== null && heapBytes / 1024 > maxMemoryPerThreadKilobytes;
    if (swollen)
      log.info({ heapBytes }, "thread replaced: it holds more memory than worker_max_memory_per_child allows");
    if (worn || swollen || thread.retired) this.#retire(thread);
    else this.#laneOf(thread).idle.push(thread);
    if (this.#surplus(this.#laneOf(thread)) > 0)
      this.#trimTimer ??= setTimeout(() => {
        this.#trimTimer = null;
        this.#trim();
      }, SPARE_STAYS_MS).unref();
    this.#dispatch();
  }

  #onExit(thread: PoolThread): void {
    this.#threads.delete(thread);
    const { idle } = this.#laneOf(thread);
    const index = idle.indexOf(thread);
    if (index >= 0) idle.splice(index, 1);
    this.#release(thread);
    if (!this.#closed) this.#dispatch();
  }

  /** Gives back what the thread's call held; harmless when it holds nothing. */
  #release(thread: PoolThread): void {
    const { owner } = thread;
    if (owner === null) return;
    const lane = this.#laneOf(thread);
    thread.owner = null;
    lane.active -= 1;
    this.#shareSession();
    this.#completed += 1;
    lane.calls.ended(owner);
  }

  #retire(thread: PoolThread): void {
    this.#threads.delete(thread);
    void thread.terminate();
  }

  #trim(): void {
    for (const lane of this.#lanes)
      for (let surplus = this.#surplus(lane); surplus > 0; surplus--) {
        // The one that has been idle longest: the last used is the warmest.
        const thread = lane.idle.shift();
        if (thread !== undefined) this.#retire(thread);
      }
  }

  /** Idle threads too many: those for simulations stay warm beside a solve, those of a solve end after it. */
  #surplus({ idle, active }: Lane): number {
    return idle === this.#background.idle
      ? idle.length
      : Math.min(idle.length, idle.length + active - this.#options.size);
  }

  /** Listens to the call's signals. @returns what stops listening */
  #watch(call: Call, { signal, killSignal, graceMs }: RunOptions): () => void {
    let timer: NodeJS.Timeout | undefined;
    const end = (reason: unknown) => {
      if (this.#laneOf(call).calls.remove(call)) call.reject(asError(reason));
      else this.#threadOf(call)?.kill(asError(reason));
    };
    const onAbort = () => {
      const reason: unknown = signal?.reason;
      if (this.#laneOf(call).calls.remove(call)) {
        call.reject(asError(reason));
        return;
      }
      Atomics.store(call.cancelFlag, 0, 1);
      const grace = graceMs?.(reason) ?? DEFAULT_GRACE_MS;
      if (Number.isFinite(grace)) timer = setTimeout(end, grace, reason);
    };
    const onKill = () => end(killSignal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    killSignal?.addEventListener("abort", onKill, { once: true });
    return () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      killSignal?.removeEventListener("abort", onKill);
    };
  }

  #threadOf(call: Call): PoolThread | undefined {
    for (const thread of this.#threads) if (thread.call === call) return thread;
    return undefined;
  }
}

/** `Promise.withResolvers`, which Node has from 22 on. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
