import { getHeapStatistics } from "node:v8";
import { compressionOf, decompress, decompressAside, isPrepared, isQuick, prepare } from "../protocol/compression.js";
import { BodyTooLarge, DecodeError } from "../protocol/errors.js";
import { JsonReader } from "../protocol/json-read.js";
import { type BodyFormat, COST_PER_BYTE, checkSize, DEFAULT_MAX_BODY_BYTES, limitOf } from "../protocol/limits.js";
import { decodeFormat, formatOf, utf8 } from "../protocol/serializers.js";
import { TYPED_KEYS, type TypedKeys } from "../protocol/typed-values.js";
import { inSlices } from "./slices.js";
import { transcode } from "./transcode.js";
import { TRANSPORT_KEYS } from "./transcode-kernel.js";

/** A body of JSON of so many bytes is read at once; of other formats, so many divided by what a byte of them costs. */
const READ_NOW_BYTES = 65_536;

/** A packed body is unpacked at once up to this size, by methods of Node's own; by others, up to the second. */
const UNPACK_NOW_BYTES = 16_384;
const UNPACK_NOW_SLOW_BYTES = 2048;

/** The value of one body may take this share of V8's heap. */
const HEAP_SHARE = 4;

/**
 * How many bytes are read at once, without a turn of the event loop in between: many small bodies that arrive together
 * must not take longer than a large one may.
 */
const BYTES_A_TURN = 1024 * 1024;

let leftOfTurn = BYTES_A_TURN;
let isSpent = false;

/** Notes what was read in this turn of the event loop. */
function spend(bytes: number): void {
  leftOfTurn -= bytes;
  if (isSpent) return;
  isSpent = true;
  setImmediate(() => {
    leftOfTurn = BYTES_A_TURN;
    isSpent = false;
  });
}

/** A body as it came, with what says how to read it. */
export interface IncomingBody {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** The header `compression`. */
  readonly compression?: unknown;
}

/** A value that was read. */
export interface Decoded {
  readonly value: unknown;
  /** Bytes of heap it takes, roughly. */
  readonly memory: number;
}

/** Options of {@link BodyDecoder}. */
export interface BodyDecoderOptions {
  /** Largest body of JSON, in bytes, unpacked; see `checkSize`. Default 16 MiB. */
  readonly maxBytes?: number;
}

/**
 * Reads bodies without holding up the event loop: small ones at once, large ones in slices, and what is slow in a
 * thread. Nothing is unpacked beyond the limit.
 */
export class BodyDecoder {
  readonly #maxBytes: number;
  readonly #maxMemory = Math.floor(getHeapStatistics().heap_size_limit / HEAP_SHARE);

  constructor({ maxBytes = DEFAULT_MAX_BODY_BYTES }: BodyDecoderOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Reads a body at once, unless that might take long.
   *
   * @returns null for a body that is to be read by {@link later}
   * @throws ContentDisallowed; DecodeError, of which BodyTooLarge is one
   */
  now(incoming: IncomingBody, accept: ReadonlySet<string>): Decoded | null {
    return this.readNow(incoming, formatOf(incoming.contentType, accept));
  }

  /** As {@link now}, for a format that is known. */
  readNow({ body, contentEncoding, compression }: IncomingBody, format: BodyFormat): Decoded | null {
    const method = compressionOf(compression);
    if (leftOfTurn <= 0) return null;
    const cost = COST_PER_BYTE[format];
    const most = READ_NOW_BYTES / cost;
    const plain = method === null ? body : unpackNow(body, method, most);
    if (plain === null || plain.length > most) return null;
    spend(plain.length * cost);
    return { value: decodeFormat(plain, format, contentEncoding), memory: 0 };
  }

  /**
   * Reads a body of any size.
   *
   * @throws as {@link now}; the reason of the signal
   */
  async later(incoming: IncomingBody, accept: ReadonlySet<string>, signal?: AbortSignal): Promise<Decoded> {
    return await this.readLater(incoming, formatOf(incoming.contentType, accept), signal);
  }

  /** As {@link later}, for a format that is known. */
  async readLater(incoming: IncomingBody, format: BodyFormat, signal?: AbortSignal): Promise<Decoded> {
    const { body, contentEncoding, compression } = incoming;
    const method = compressionOf(compression);
    checkSize(body.length, method === null ? format : "raw", this.#maxBytes);
    const limit = limitOf(format, this.#maxBytes);
    const plain = method === null ? body : await unpackLater(body, method, limit, signal);
    switch (format) {
      case "raw":
        return { value: decodeFormat(plain, format, contentEncoding), memory: plain.length };
      case "json":
        return await this.#inSlices(utf8(plain), TYPED_KEYS, signal);
      default: {
        const input = { do: "read", body: copyOf(plain), format, maxCharacters: this.#maxBytes * 4 } as const;
        return await this.#inSlices(String(await transcode(input, signal)), TRANSPORT_KEYS, signal);
      }
    }
  }

  /** Reads a body of any size, at once when it is small. @throws as {@link now} */
  async read(incoming: IncomingBody, format: BodyFormat): Promise<unknown> {
    return (this.readNow(incoming, format) ?? (await this.readLater(incoming, format))).value;
  }

  async #inSlices(text: string, keys: TypedKeys, signal: AbortSignal | undefined): Promise<Decoded> {
    const reader = new JsonReader(text, { keys, maxMemory: this.#maxMemory });
    await inSlices(reader, signal);
    return { value: reader.value, memory: reader.memory };
  }
}

/** @returns null when it may take long, there is more than `most`, or the method is to be loaded first */
function unpackNow(body: Buffer, method: string, most: number): Buffer | null {
  if (!isPrepared(method)) return null;
  const isSlow = !isQuick(method);
  if (body.length > (isSlow ? UNPACK_NOW_SLOW_BYTES : UNPACK_NOW_BYTES)) return null;
  spend(isSlow ? READ_NOW_BYTES : body.length);
  try {
    return decompress(body, method, most);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    spend(READ_NOW_BYTES);
    return null;
  }
}

async function unpackLater(
  body: Buffer,
  method: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const aside = decompressAside(body, method, maxBytes);
  if (aside !== null) return await aside;
  await prepare(method);
  const unpacked = await transcode({ do: "unpack", body: copyOf(body), method, maxBytes }, signal);
  if (typeof unpacked === "string") throw new DecodeError("the thread unpacked text instead of bytes");
  return Buffer.from(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength);
}

/** A thread is sent the whole memory that a view lies in, which may be far more. */
function copyOf(body: Buffer): Uint8Array {
  return new Uint8Array(body);
}

/** Bytes of bodies that may wait to be read, unless the broker itself holds back more. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** What becomes of a body that was read, or of one that cannot be. */
export interface Reader {
  readonly onValue: (value: unknown) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Reads bodies for one receiver, who gets the values in the order in which the bodies came: a small body waits for a
 * large one before it.
 */
export class InOrder {
  readonly #decoder: BodyDecoder;
  readonly #accept: ReadonlySet<string>;
  readonly #maxWaitingBytes: number;
  /** The last body that is being read or waits for it; null when there is none. */
  #last: Promise<void> | null = null;
  #waitingBytes = 0;

  /** @param maxWaitingBytes bodies beyond it are refused, for messages that nobody acknowledges */
  constructor(decoder: BodyDecoder, accept: ReadonlySet<string>, maxWaitingBytes = MAX_WAITING_BYTES) {
    this.#decoder = decoder;
    this.#accept = accept;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** Reads a body, at once when it is small and none is before it. Neither throws nor waits. */
  read(body: IncomingBody, reader: Reader): void {
    if (this.#last === null && this.#readNow(body, reader)) return;
    if (this.#waitingBytes + body.body.length > this.#maxWaitingBytes) {
      reader.onError(new BodyTooLarge(`more than ${this.#maxWaitingBytes} bytes of bodies wait to be read`));
      return;
    }
    this.#waitingBytes += body.body.length;
    const before = this.#last ?? Promise.resolve();
    const reading = before.then(() => this.#readLater(body, reader));
    this.#last = reading;
    void reading.then(() => {
      this.#waitingBytes -= body.body.length;
      if (this.#last === reading) this.#last = null;
    });
  }

  /** @returns false when it would take long */
  #readNow(body: IncomingBody, { onValue, onError }: Reader): boolean {
    try {
      const decoded = this.#decoder.now(body, this.#accept);
      if (decoded === null) return false;
      onValue(decoded.value);
    } catch (error) {
      onError(error);
    }
    return true;
  }

  async #readLater(body: IncomingBody, reader: Reader): Promise<void> {
    if (this.#readNow(body, reader)) return;
    try {
      reader.onValue((await this.#decoder.later(body, this.#accept)).value);
    } catch (error) {
      reader.onError(error);
    }
  }
}
