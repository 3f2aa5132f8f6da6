import { asError, TimeoutError } from "../errors.js";
import type { Kernel } from "../kernel.js";
import { type Call, PoolThread } from "./pool-thread.js";

/** How long the thread stays once nothing is asked of it. */
const IDLE_MS = 10_000;

/** Options of {@link SideThread}. */
export interface SideThreadOptions {
  /** How long one call may take; then the thread is ended, and the call fails with TimeoutError. */
  readonly deadlineMs: number;
  /** Heap of the thread, in megabytes; a call that needs more fails with WorkerLostError. */
  readonly maxHeapMegabytes: number;
}

interface Job {
  readonly call: Call;
  readonly signal: AbortSignal | undefined;
}

/**
 * One thread for calls that come now and then, one after another. It starts with the first, ends when none comes for a
 * while, and keeps no process alive that waits for none, so nobody has to close it.
 */
export class SideThread {
  readonly #options: SideThreadOptions;
  readonly #waiting: Job[] = [];
  #thread: PoolThread | null = null;
  #timer: NodeJS.Timeout | null = null;
  #nextId = 1;

  constructor(options: SideThreadOptions) {
    this.#options = options;
  }

  /**
   * Runs a kernel in the thread.
   *
   * @throws the kernel's error; TimeoutError; WorkerLostError when the thread died; the reason of the signal
   */
  async run<Input, Output>(kernel: Kernel<Input, Output>, input: Input, signal?: AbortSignal): Promise<Output> {
    signal?.throwIfAborted();
    let onAbort: () => void = () => undefined;
    try {
      return await new Promise<Output>((resolve, reject) => {
        const job = { call: this.#call(kernel.module, input, resolve, reject), signal };
        onAbort = () => this.#abort(job);
        signal?.addEventListener("abort", onAbort, { once: true });
        this.#waiting.push(job);
        this.#next();
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #call<Output>(module: URL, input: unknown, resolve: (output: Output) => void, reject: (error: Error) => void): Call {
    return {
      id: this.#nextId++,
      owner: "side",
      module: module.href,
      background: false,
      input,
      cancelFlag: new Int32Array(new SharedArrayBuffer(4)),
      onProgress: undefined,
      resolve: (output) => resolve(output as Output),
      reject,
    };
  }

  #abort({ call, signal }: Job): void {
    const index = this.#waiting.findIndex((other) => other.call === call);
    if (index >= 0) this.#waiting.splice(index, 1);
    if (this.#thread?.call === call) this.#kill(asError(signal?.reason));
    else call.reject(asError(signal?.reason));
  }

  #kill(reason: Error): void {
    const thread = this.#thread;
    this.#thread = null;
    thread?.kill(reason);
    this.#next();
  }

  #next(): void {
    if (this.#thread !== null && this.#thread.call !== null) return;
    const job = this.#waiting.shift();
    if (job === undefined) {
      this.#rest();
      return;
    }
    this.#thread ??= this.#start();
    const thread = this.#thread;
    const { deadlineMs } = this.#options;
    this.#setTimer(deadlineMs, () => this.#kill(new TimeoutError(`it took longer than ${deadlineMs / 1000} s`)));
    thread.keepAlive(true);
    thread.start(job.call);
  }

  #rest(): void {
    const thread = this.#thread;
    this.#setTimer(null);
    if (thread === null) return;
    thread.keepAlive(false);
    this.#setTimer(IDLE_MS, () => {
      this.#thread = null;
      void thread.terminate();
    });
    this.#timer?.unref();
  }

  #start(): PoolThread {
    const listener = { onIdle: () => this.#next(), onExit: (thread: PoolThread) => this.#onExit(thread) };
    return new PoolThread(listener, this.#options.maxHeapMegabytes);
  }

  #onExit(thread: PoolThread): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    this.#next();
  }

  #setTimer(ms: number | null, then: () => void = () => undefined): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = ms === null ? null : setTimeout(then, ms);
  }
}
