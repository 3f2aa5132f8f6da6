import { asError, TimeoutError, WorkerLostError } from "../errors.js";
import { SideThread } from "../executor/side-thread.js";
import { kernel } from "../kernel.js";
import { BodyTooLarge, DecodeError, EncodeError } from "../protocol/errors.js";
import type { TranscodeInput } from "./transcode-kernel.js";

/** Longest time that one body may take in the thread, and the heap that the thread has. */
const DEADLINE_MS = 30_000;
const MAX_HEAP_MEGABYTES = 512;

const KERNEL = kernel<TranscodeInput, Uint8Array | string>(new URL("./transcode-kernel.js", import.meta.url));

/** One for the process: bodies that need it are rare, and it goes by itself. */
const thread = new SideThread({ deadlineMs: DEADLINE_MS, maxHeapMegabytes: MAX_HEAP_MEGABYTES });

/**
 * Reads, writes or unpacks in a thread what would hold up the event loop.
 *
 * @throws DecodeError or EncodeError, by what was asked for; the reason of the signal
 */
export async function transcode(input: TranscodeInput, signal?: AbortSignal): Promise<Uint8Array | string> {
  try {
    return await thread.run(KERNEL, input, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    const { name, message } = asError(cause);
    const isOurs = cause instanceof TimeoutError || cause instanceof WorkerLostError;
    const problem = isOurs ? `a body costs more to ${input.do} than it may: ${message}` : message;
    if (input.do === "write") throw new EncodeError(problem, { cause });
    throw name === "BodyTooLarge" ? new BodyTooLarge(problem, { cause }) : new DecodeError(problem, { cause });
  }
}
