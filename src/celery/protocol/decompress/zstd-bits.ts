import { DecodeError } from "../errors.js";

/**
 * Reads bits from the end of the bytes to their start, as zstd's entropy coders wrote them. Below the start there are
 * zeros; `remaining` then is negative.
 */
export class BackwardBits {
  remaining: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    const last = bytes[bytes.length - 1] ?? 0;
    if (last === 0) throw new DecodeError("zstd bit stream has no end mark");
    this.#bytes = bytes;
    // The highest set bit of the last byte only marks the end.
    this.remaining = bytes.length * 8 - Math.clz32(last) + 23;
  }

  /** At most 32 bits. */
  read(count: number): number {
    if (count > 16) return this.read(count - 16) * 0x10000 + this.read(16);
    const value = this.peek(count);
    this.remaining -= count;
    return value;
  }

  /** At most 16 bits. */
  peek(count: number): number {
    const start = this.remaining - count;
    if (start < 0) {
      const known = count + start;
      return known <= 0 ? 0 : (this.#at(0) & ((1 << known) - 1)) << -start;
    }
    return (this.#at(start >>> 3) >>> (start & 7)) & ((1 << count) - 1);
  }

  #at(index: number): number {
    const bytes = this.#bytes;
    return (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8) | ((bytes[index + 2] ?? 0) << 16);
  }
}

/** Reads bits forward, the least significant first: how zstd writes its tables. */
export class ForwardBits {
  #position = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** At most 16 bits. */
  read(count: number): number {
    const index = this.#position >>> 3;
    const bytes = this.#bytes;
    if (this.#position + count > bytes.length * 8) throw new DecodeError("zstd table is cut off");
    const value = (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8) | ((bytes[index + 2] ?? 0) << 16);
    const shift = this.#position & 7;
    this.#position += count;
    return (value >>> shift) & ((1 << count) - 1);
  }

  unread(count: number): void {
    this.#position -= count;
  }

  /** Bytes read, the begun one included. */
  get bytesRead(): number {
    return (this.#position + 7) >>> 3;
  }
}

/** Position of the highest set bit of a positive integer. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value);
}
