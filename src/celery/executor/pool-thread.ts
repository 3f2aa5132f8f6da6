import { Worker, type WorkerOptions } from "node:worker_threads";
import { asError, WorkerLostError } from "../errors.js";
import { type RunMessage, restoreError, type ThreadData, type ThreadMessage } from "./thread-messages.js";

/** One call of a kernel, from the queue to its end. */
export interface Call {
  readonly id: number;
  readonly owner: string;
  readonly module: string;
  /** See `Kernel.background`. */
  readonly background: boolean;
  readonly input: unknown;
  readonly cancelFlag: Int32Array<SharedArrayBuffer>;
  readonly onProgress: ((value: unknown) => void) | undefined;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What the pool needs to hear from a thread. */
export interface ThreadListener {
  /** The call ended (its promise is settled) and the thread is free. */
  onIdle(thread: PoolThread, heapBytes: number): void;
  /** The thread is gone, whatever it was doing. */
  onExit(thread: PoolThread): void;
}

const FROM_SOURCE = import.meta.url.endsWith(".ts");
const ENTRY = new URL(FROM_SOURCE ? "./thread.ts" : "./thread.js", import.meta.url);

/** Threads run compiled JavaScript; when the tests run this file as TypeScript, a thread must load TypeScript too. */
function spawn(options: WorkerOptions): Worker {
  if (!FROM_SOURCE) return new Worker(ENTRY, options);
  const source = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(ENTRY.href)}); })`;
  return new Worker(source, { ...options, eval: true });
}

/** A worker thread that runs one call at a time. */
export class PoolThread {
  readonly #worker: Worker;
  readonly #listener: ThreadListener;
  #call: Call | null = null;
  #fault: Error | null = null;
  #dead = false;
  /** Calls finished by this thread. */
  completed = 0;
  /** Owner of the call that holds this thread; the pool clears it. */
  owner: string | null = null;
  /** Set to end the thread after its present call. */
  retired = false;

  /** @param background for calls of such kernels: it can never compute for others */
  constructor(
    listener: ThreadListener,
    maxHeapMegabytes: number | null,
    readonly background = false,
  ) {
    this.#listener = listener;
    const workerData: ThreadData = { background };
    this.#worker = spawn({
      workerData,
      ...(maxHeapMegabytes === null ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes } }),
    });
    this.#worker.on("message", (message: ThreadMessage) => this.#onMessage(message));
    this.#worker.on("messageerror", (error) => this.#end(error, 0));
    this.#worker.on("error", (error) => {
      this.#fault = asError(error);
    });
    this.#worker.on("exit", (code) => this.#onExit(code));
  }

  /** Node's id of the thread; -1 once it has ended. */
  get id(): number {
    return this.#worker.threadId;
  }

  get call(): Call | null {
    return this.#call;
  }

  start(call: Call): void {
    this.#call = call;
    this.owner = call.owner;
    const message: RunMessage = {
      type: "run",
      call: call.id,
      module: call.module,
      input: call.input,
      cancelFlag: call.cancelFlag.buffer,
    };
    try {
      this.#worker.postMessage(message);
    } catch (error) {
      this.#end(new TypeError(`the kernel's input cannot be sent to a thread: ${asError(error).message}`), 0);
    }
  }

  /** Whether the process stays alive for this thread. */
  keepAlive(wanted: boolean): void {
    if (wanted) this.#worker.ref();
    else this.#worker.unref();
  }

  /** Ends the thread, whatever it computes; its call fails with the reason. */
  kill(reason: Error): void {
    this.#fault = reason;
    this.#settle((call) => call.reject(reason));
    void this.#worker.terminate();
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #onMessage(message: ThreadMessage): void {
    switch (message.type) {
      case "ready":
        return;
      case "progress":
        if (this.#call?.id === message.call) this.#call.onProgress?.(message.value);
        return;
      case "done":
        this.#settle((call) => call.resolve(message.output));
        this.#idle(message.heapBytes);
        return;
      case "failed":
        this.#end(restoreError(message.error), message.heapBytes);
        return;
    }
  }

  #end(error: Error, heapBytes: number): void {
    this.#settle((call) => call.reject(error));
    this.#idle(heapBytes);
  }

  #idle(heapBytes: number): void {
    if (this.#dead) return;
    this.completed += 1;
    this.#listener.onIdle(this, heapBytes);
  }

  #settle(how: (call: Call) => void): void {
    const call = this.#call;
    this.#call = null;
    if (call !== null) how(call);
  }

  #onExit(code: number): void {
    this.#dead = true;
    this.#settle((call) => {
      const why = this.#fault === null ? `exit code ${code}` : this.#fault.message;
      call.reject(new WorkerLostError(`Worker thread exited prematurely: ${why}.`, { cause: this.#fault }));
    });
    this.#listener.onExit(this);
  }
}
