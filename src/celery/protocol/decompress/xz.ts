import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { DecodeError } from "../errors.js";
import { GrowingBuffer } from "./growing-buffer.js";
import { type LzmaProperties, LzmaState, readLzmaProperties } from "./lzma.js";

const STREAM_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const FOOTER_MAGIC = 0x5a59;
const LZMA2_FILTER = 0x21;

/** Kinds of check that are verified. */
const CRC32 = 1;
const CRC64 = 4;
const SHA256 = 10;
/** Bytes of a block's checksum, by the kind of check. */
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/**
 * Unpacks an `.xz` file, as Python's `lzma.compress` writes it: streams of LZMA2 blocks without further filters. Block
 * checksums (CRC-32, CRC-64, SHA-256) are verified.
 *
 * @throws DecodeError for corrupt data, other filters, or more than `maxBytes`
 */
export function unpackXz(packed: Buffer, maxBytes: number): Buffer {
  const output = new GrowingBuffer(maxBytes);
  const input = new Input(packed);
  do {
    readStream(input, output);
    // Streams are padded to four bytes.
    while (input.remaining >= 4 && packed.readUInt32LE(input.position) === 0) input.take(4);
  } while (input.remaining > 0);
  return output.finish();
}

function readStream(input: Input, output: GrowingBuffer): void {
  if (!input.take(6).equals(STREAM_MAGIC)) throw new DecodeError("not xz data");
  const flags = input.take(2);
  expectCrc(flags, input.take(4));
  const check = flags[1] ?? 0;
  if (flags[0] !== 0 || check > 15) throw new DecodeError("xz stream flags are unknown");
  // An index begins where a block header would have its size.
  while (input.peek() !== 0) readBlock(input, output, check);
  skipIndex(input);
  const footer = input.take(12);
  if (footer.readUInt16LE(10) !== FOOTER_MAGIC || !footer.subarray(8, 10).equals(flags)) {
    throw new DecodeError("xz stream footer is damaged");
  }
  expectCrc(footer.subarray(4, 10), footer.subarray(0, 4));
}

function readBlock(input: Input, output: GrowingBuffer, check: number): void {
  const header = input.take(((input.peek() ?? 0) + 1) * 4);
  expectCrc(header.subarray(0, -4), header.subarray(-4));
  expectLzma2Only(header);
  const packedStart = input.position;
  const start = output.length;
  unpackLzma2(input, output);
  while ((input.position - packedStart) % 4 !== 0) input.take(1);
  expectChecksum(check, output.bytes.subarray(start, output.length), input.take(CHECK_SIZES[check] ?? 0));
}

function expectLzma2Only(header: Buffer): void {
  const flags = header[1] ?? 0;
  const fields = new Input(header.subarray(2, -4));
  if ((flags & 0x3f) !== 0) throw new DecodeError("xz filters other than LZMA2 are not supported");
  if ((flags & 0x40) !== 0) fields.variable();
  if ((flags & 0x80) !== 0) fields.variable();
  if (fields.variable() !== LZMA2_FILTER || fields.variable() !== 1) {
    throw new DecodeError("xz filters other than LZMA2 are not supported");
  }
}

/** Chunks, each with a control byte that says what is reset before it. */
function unpackLzma2(input: Input, output: GrowingBuffer): void {
  let dictionaryStart = -1;
  let properties: LzmaProperties | null = null;
  let state: LzmaState | null = null;
  for (;;) {
    const control = input.byte();
    if (control === 0) return;
    if (control === 1 || control >= 0xe0) dictionaryStart = output.length;
    if (dictionaryStart === -1) throw new DecodeError("lzma data begins without a dictionary");
    if (control < 0x80) {
      if (control > 2) throw new DecodeError("lzma control byte is unknown");
      output.append(input.take(input.take(2).readUInt16BE(0) + 1));
      continue;
    }
    const size = ((control & 0x1f) << 16) + input.take(2).readUInt16BE(0) + 1;
    const packedSize = input.take(2).readUInt16BE(0) + 1;
    if (control >= 0xc0) properties = readLzmaProperties(input.byte());
    if (control >= 0xa0) state = properties === null ? null : new LzmaState(properties);
    if (state === null) throw new DecodeError("lzma data begins without a state");
    state.unpack(input.take(packedSize), size, output, dictionaryStart);
  }
}

function skipIndex(input: Input): void {
  const start = input.position;
  input.take(1);
  const records = input.variable();
  for (let record = 0; record < records; record += 1) {
    input.variable();
    input.variable();
  }
  while ((input.position - start) % 4 !== 0) input.take(1);
  expectCrc(input.since(start), input.take(4));
}

function expectCrc(bytes: Buffer, stored: Buffer): void {
  if (crc32(bytes) !== stored.readUInt32LE(0)) throw mismatch();
}

function expectChecksum(check: number, plain: Buffer, stored: Buffer): void {
  // Other kinds are reserved; the format lets readers skip them.
  if (check === CRC32 && crc32(plain) !== stored.readUInt32LE(0)) throw mismatch();
  if (check === CRC64 && crc64(plain) !== stored.readBigUInt64LE(0)) throw mismatch();
  if (check === SHA256 && !createHash("sha256").update(plain).digest().equals(stored)) throw mismatch();
}

function mismatch(): DecodeError {
  return new DecodeError("xz checksum does not match");
}

/** Reads forward, and throws at the end. */
class Input {
  position = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.position;
  }

  peek(): number | undefined {
    return this.#bytes[this.position];
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  take(count: number): Buffer {
    if (count > this.remaining) throw new DecodeError("xz data is cut off");
    this.position += count;
    return this.#bytes.subarray(this.position - count, this.position);
  }

  since(start: number): Buffer {
    return this.#bytes.subarray(start, this.position);
  }

  /** Seven bits a byte, the least significant first. */
  variable(): number {
    let value = 0;
    for (let index = 0; index < 9; index += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * 128 ** index;
      if (byte < 0x80) return value;
    }
    throw new DecodeError("xz number is too long");
  }
}

/** Reflected ECMA-182 polynomial, as two 32-bit halves: 64-bit integers are slow. */
const CRC64_TABLE = crc64Table();

function crc64Table(): { readonly high: Uint32Array; readonly low: Uint32Array } {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let upper = 0;
    let lower = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      const carry = lower & 1;
      lower = (lower >>> 1) | ((upper & 1) << 31);
      upper >>>= 1;
      if (carry === 1) {
        upper ^= 0xc96c5795;
        lower ^= 0xd7870f42;
      }
    }
    high[byte] = upper;
    low[byte] = lower;
  }
  return { high, low };
}

function crc64(bytes: Buffer): bigint {
  let upper = 0xffffffff;
  let lower = 0xffffffff;
  for (const byte of bytes) {
    const index = (lower ^ byte) & 0xff;
    lower = ((lower >>> 8) | ((upper & 0xff) << 24)) ^ (CRC64_TABLE.low[index] ?? 0);
    upper = (upper >>> 8) ^ (CRC64_TABLE.high[index] ?? 0);
  }
  return (BigInt(~upper >>> 0) << 32n) | BigInt(~lower >>> 0);
}
