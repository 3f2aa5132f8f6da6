import { unpackedTooLarge } from "../limits.js";

/** Bytes being unpacked: grows as they come, up to a limit. */
export class GrowingBuffer {
  bytes: Buffer = Buffer.alloc(0);
  length = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Makes room for `count` more bytes at `length`. @throws BodyTooLarge beyond the limit */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.#maxBytes) throw unpackedTooLarge(this.#maxBytes);
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.#maxBytes, Math.max(needed, this.bytes.length * 2, 4096)));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  append(chunk: Uint8Array): void {
    this.reserve(chunk.length);
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }

  fill(byte: number, count: number): void {
    this.reserve(count);
    this.bytes.fill(byte, this.length, this.length + count);
    this.length += count;
  }

  /** Repeats `count` bytes that start `distance` back; they may overlap what they produce. */
  repeat(distance: number, count: number): void {
    this.reserve(count);
    const { bytes } = this;
    const start = this.length - distance;
    if (distance >= count) {
      bytes.copyWithin(this.length, start, start + count);
    } else {
      for (let index = 0; index < count; index += 1) bytes[this.length + index] = bytes[start + index] ?? 0;
    }
    this.length += count;
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
