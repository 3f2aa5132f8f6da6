import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { KernelContext, KernelRun } from "../kernel.js";
import { IdleCollection } from "./idle-collection.js";
import type { RunMessage, ThreadData, ThreadError, ThreadMessage } from "./thread-messages.js";

/** As `nice` counts: 0 is the main thread's, 19 the lowest. */
const NICENESS = { kernel: 5, background: 19 } as const;

/** Entry of a pool thread: runs one kernel at a time and reports to the main thread. */
const port = parentPort;
if (port === null) throw new Error("thread.js runs only as a worker thread");

/**
 * Linux gives each thread a priority of its own: with a lower one for kernels, the main thread answers heartbeats, pings
 * and probes at once while every core computes. Background work leaves the cores to the others, and nobody but root can
 * raise a priority again: so a thread is of one kind for good. Elsewhere the call would lower the whole process.
 */
const { background } = workerData as ThreadData;
if (process.platform === "linux") setPriority(background ? NICENESS.background : NICENESS.kernel);

const send = (message: ThreadMessage): void => port.postMessage(message);

function heapBytes(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

const CARRIED = ["code", "excType", "excModule", "excArgs"] as const;

function describe(thrown: unknown): ThreadError {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), stack: undefined, more: {} };
  const { message, stack } = thrown;
  const name = thrown.name === "Error" ? thrown.constructor.name : thrown.name;
  return { name, message, stack, more: Object.fromEntries(carriedFields(thrown)) };
}

/** Values that can be cloned; anything else stays in the thread. */
function carriedFields(error: Error): [string, unknown][] {
  return CARRIED.flatMap((field) => {
    const value: unknown = (error as Error & Record<string, unknown>)[field];
    return value === undefined || !isPlain(value) ? [] : [[field, value]];
  });
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  return ["string", "number", "boolean"].includes(typeof value) || value === null;
}

const collection = new IdleCollection();

async function execute(message: RunMessage): Promise<void> {
  const { call } = message;
  collection.busy();
  const flag = new Int32Array(message.cancelFlag);
  const context: KernelContext = {
    progress: (value) => send({ type: "progress", call, value }),
    cancelled: () => Atomics.load(flag, 0) !== 0,
  };
  try {
    const module = (await import(message.module)) as { readonly run?: KernelRun<unknown, unknown> };
    if (typeof module.run !== "function") throw new TypeError(`kernel ${message.module} exports no function named run`);
    const output = await module.run(message.input, context);
    send({ type: "done", call, output, heapBytes: heapBytes() });
  } catch (error) {
    send({ type: "failed", call, error: describe(error), heapBytes: heapBytes() });
  } finally {
    collection.idle();
  }
}

port.on("message", (message: RunMessage) => void execute(message));
send({ type: "ready" });
