import type { Socket } from "node:net";
import { FieldWriter } from "./field-writer.js";

/** Frames of so many bytes go out before the turn of the event loop is over: the broker may begin. */
const FULL_BYTES = 49_152;

/** Bytes that the socket has not taken yet, beyond which senders should wait. */
const HIGH_WATER_BYTES = 1_048_576;

/**
 * What a connection sends in one turn of the event loop, as one write: system calls are the largest part of what a message
 * costs. amqplib has a stream for each channel instead, and writes every message by itself.
 */
export class Outbox {
  /** Frames are written here; {@link written} says that they are whole. */
  readonly frames = new FieldWriter();
  readonly #stream: Socket;
  /** What goes before {@link frames}. */
  #chunks: Buffer[] = [];
  #before: (() => void)[] = [];
  #isScheduled = false;

  constructor(stream: Socket) {
    this.#stream = stream;
  }

  /** Calls `work` once before the next write: what it sends goes with it. */
  before(work: () => void): void {
    this.#before.push(work);
    this.#schedule();
  }

  /** The frames that were written are whole. @returns false when senders should wait until the socket drains */
  written(): boolean {
    if (this.frames.offset >= FULL_BYTES || this.#chunks.length > 0) this.#send();
    else this.#schedule();
    return this.#stream.writableLength <= HIGH_WATER_BYTES;
  }

  /** Sends whole frames: amqplib's own way to a channel's stream. @returns as {@link written} */
  write(frames: Buffer): boolean {
    this.frames.raw(frames);
    return this.written();
  }

  /** Bytes of a frame that are sent from where they are: nobody may change them any more. */
  append(bytes: Buffer): void {
    this.#chunks.push(this.frames.copy(), bytes);
  }

  /** amqplib ends the stream of a channel that is closed. */
  end(): void {}

  /** Sends now what is to be sent. */
  flush(): void {
    for (const work of this.#before.splice(0)) work();
    this.#send();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  #send(): void {
    const chunks = this.#chunks;
    if (this.frames.offset > 0) chunks.push(this.frames.copy());
    this.#chunks = [];
    if (chunks.length === 0 || !this.#stream.writable) return;
    if (chunks.length > 1) this.#stream.cork();
    for (const chunk of chunks) this.#stream.write(chunk);
    if (chunks.length > 1) this.#stream.uncork();
  }
}
