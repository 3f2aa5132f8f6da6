import { DecodeError } from "../errors.js";
import { GrowingBuffer } from "./growing-buffer.js";

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
const GROUP_SIZE = 50;
const MAX_CODE_LENGTH = 20;
const MAX_BLOCK = 900_000;
/** Codes up to this length, which are most, are found at once. */
const LOOKUP_BITS = 10;

/**
 * Unpacks bzip2 data: one stream or several in a row.
 *
 * @throws DecodeError for corrupt data (each block's checksum is verified) or more than `maxBytes`
 */
export function unpackBzip2(packed: Buffer, maxBytes: number): Buffer {
  const output = new GrowingBuffer(maxBytes);
  const bits = new BitReader(packed);
  // One for all blocks of all streams: an empty one must not cost as much as a full one.
  const memory = new Uint8Array(MAX_BLOCK);
  do readStream(bits, memory, output);
  while (bits.hasMore());
  return output.finish();
}

function readStream(bits: BitReader, memory: Uint8Array, output: GrowingBuffer): void {
  const level = bits.read(24) === 0x425a68 ? bits.read(8) - 0x30 : 0;
  if (level < 1 || level > 9) throw new DecodeError("not bzip2 data");
  const block = memory.subarray(0, level * (MAX_BLOCK / 9));
  let combined = 0;
  for (;;) {
    const magic = bits.read(24) * 0x1000000 + bits.read(24);
    const checksum = bits.read(16) * 0x10000 + bits.read(16);
    if (magic === END_MAGIC) {
      if (checksum !== combined) throw new DecodeError("bzip2 stream checksum does not match");
      bits.alignToByte();
      return;
    }
    if (magic !== BLOCK_MAGIC) throw new DecodeError("bzip2 block header is damaged");
    const start = output.length;
    readBlock(bits, block, output);
    const actual = checksumOf(output.bytes, start, output.length);
    if (actual !== checksum) throw new DecodeError("bzip2 block checksum does not match");
    combined = (((combined << 1) | (combined >>> 31)) ^ actual) >>> 0;
  }
}

function readBlock(bits: BitReader, block: Uint8Array, output: GrowingBuffer): void {
  if (bits.read(1) === 1) throw new DecodeError("randomised bzip2 blocks are not supported");
  const origin = bits.read(24);
  const symbols = readSymbols(bits);
  const tableCount = bits.read(3);
  if (tableCount < 2 || tableCount > 6) throw new DecodeError("bzip2 block has a bad number of tables");
  const selectors = readSelectors(bits, tableCount);
  const tables = Array.from({ length: tableCount }, () => readTable(bits, symbols.length + 2));
  const transformed = readRuns(bits, symbols, selectors, tables, block);
  if (origin >= transformed.length) throw new DecodeError("bzip2 block has a bad origin");
  writePlain(transformed, origin, output);
}

/** The bytes that occur in the block, as a two-level bit map. */
function readSymbols(bits: BitReader): number[] {
  const used = bits.read(16);
  const symbols: number[] = [];
  for (let group = 0; group < 16; group += 1) {
    if ((used & (0x8000 >> group)) === 0) continue;
    const members = bits.read(16);
    for (let index = 0; index < 16; index += 1) {
      if ((members & (0x8000 >> index)) !== 0) symbols.push(group * 16 + index);
    }
  }
  if (symbols.length === 0) throw new DecodeError("bzip2 block uses no symbols");
  return symbols;
}

function readSelectors(bits: BitReader, tableCount: number): Uint8Array {
  const count = bits.read(15);
  if (count === 0) throw new DecodeError("bzip2 block has no selectors");
  const order = Uint8Array.from({ length: tableCount }, (_, index) => index);
  return Uint8Array.from({ length: count }, () => {
    let position = 0;
    while (bits.read(1) === 1) {
      position += 1;
      if (position >= tableCount) throw new DecodeError("bzip2 selector is out of range");
    }
    return moveToFront(order, position);
  });
}

function moveToFront(order: Uint8Array, position: number): number {
  const item = order[position] ?? 0;
  order.copyWithin(1, 0, position);
  order[0] = item;
  return item;
}

/** Canonical Huffman code. */
interface Table {
  /** By the next {@link LOOKUP_BITS} bits: symbol × 32 + length of its code; 0 where the code is longer. */
  readonly lookup: Uint16Array;
  /** For each length the first code beyond it, in {@link MAX_CODE_LENGTH} bits, and where its symbols begin. */
  readonly limits: Int32Array;
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
}

function readTable(bits: BitReader, symbolCount: number): Table {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol += 1) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_LENGTH) throw new DecodeError("bzip2 code length is out of range");
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return canonicalTable(lengths);
}

function canonicalTable(lengths: Uint8Array): Table {
  const lookup = new Uint16Array(1 << LOOKUP_BITS);
  const limits = new Int32Array(MAX_CODE_LENGTH + 1);
  const offsets = new Int32Array(MAX_CODE_LENGTH + 1);
  const symbols = new Uint16Array(lengths.length);
  let count = 0;
  let code = 0;
  for (let length = 1; length <= MAX_CODE_LENGTH; length += 1) {
    // A symbol is looked up at `code - offset`.
    offsets[length] = code - count;
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      symbols[count] = symbol;
      count += 1;
      if (length <= LOOKUP_BITS) {
        const start = code << (LOOKUP_BITS - length);
        lookup.fill(symbol * 32 + length, start, start + (1 << (LOOKUP_BITS - length)));
      }
      code += 1;
    }
    limits[length] = code << (MAX_CODE_LENGTH - length);
    code <<= 1;
  }
  return { lookup, limits, offsets, symbols };
}

function readSymbol(bits: BitReader, { lookup, limits, offsets, symbols }: Table): number {
  const next = bits.peek(MAX_CODE_LENGTH);
  const found = lookup[next >>> (MAX_CODE_LENGTH - LOOKUP_BITS)] ?? 0;
  if (found !== 0) {
    bits.skip(found & 31);
    return found >>> 5;
  }
  for (let length = LOOKUP_BITS + 1; length <= MAX_CODE_LENGTH; length += 1) {
    if (next >= (limits[length] ?? 0)) continue;
    const symbol = symbols[(next >>> (MAX_CODE_LENGTH - length)) - (offsets[length] ?? 0)];
    if (symbol === undefined) break;
    bits.skip(length);
    return symbol;
  }
  throw new DecodeError("bzip2 code is not in its table");
}

/** Undoes the Huffman, run-length (of the zero symbol) and move-to-front stages. */
function readRuns(
  bits: BitReader,
  symbols: readonly number[],
  selectors: Uint8Array,
  tables: readonly Table[],
  block: Uint8Array,
): Uint8Array {
  const maxSize = block.length;
  const order = Uint8Array.from(symbols);
  const end = symbols.length + 1;
  let size = 0;
  let run = 0;
  let runBit = 1;
  for (let group = 0; group < selectors.length; group += 1) {
    const table = tables[selectors[group] ?? 0];
    if (table === undefined) break;
    for (let count = 0; count < GROUP_SIZE; count += 1) {
      const symbol = readSymbol(bits, table);
      if (symbol <= 1) {
        run += runBit << symbol;
        runBit <<= 1;
        if (run > maxSize) throw new DecodeError("bzip2 run is too long");
        continue;
      }
      if (size + run > maxSize) throw new DecodeError("bzip2 block is too long");
      block.fill(order[0] ?? 0, size, size + run);
      size += run;
      run = 0;
      runBit = 1;
      if (symbol === end) return block.subarray(0, size);
      if (size >= maxSize) throw new DecodeError("bzip2 block is too long");
      block[size] = moveToFront(order, symbol - 1);
      size += 1;
    }
  }
  throw new DecodeError("bzip2 block has too few selectors");
}

/** Undoes the Burrows–Wheeler transform and the outer run-length code: four equal bytes, then a count. */
function writePlain(transformed: Uint8Array, origin: number, output: GrowingBuffer): void {
  const next = successors(transformed);
  let position = next[origin] ?? 0;
  let repeated = 0;
  let previous = -1;
  for (let count = 0; count < transformed.length; count += 1) {
    const byte = transformed[position] ?? 0;
    position = next[position] ?? 0;
    if (repeated === 4) {
      output.fill(previous, byte);
      repeated = 0;
      previous = -1;
      continue;
    }
    repeated = byte === previous ? repeated + 1 : 1;
    previous = byte;
    output.reserve(1);
    output.bytes[output.length] = byte;
    output.length += 1;
  }
}

function successors(transformed: Uint8Array): Uint32Array {
  const starts = new Uint32Array(257);
  for (const byte of transformed) starts[byte + 1] = (starts[byte + 1] ?? 0) + 1;
  for (let byte = 1; byte < 257; byte += 1) starts[byte] = (starts[byte] ?? 0) + (starts[byte - 1] ?? 0);
  const next = new Uint32Array(transformed.length);
  for (let index = 0; index < transformed.length; index += 1) {
    const byte = transformed[index] ?? 0;
    const rank = starts[byte] ?? 0;
    next[rank] = index;
    starts[byte] = rank + 1;
  }
  return next;
}

/** Reads bits from the most significant down. */
class BitReader {
  #position = 0;
  #buffer = 0;
  #available = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** At most 24 bits. */
  read(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  /** The next bits, at most 24, with zeros beyond the end. */
  peek(count: number): number {
    while (this.#available < count) {
      this.#buffer = (this.#buffer << 8) | (this.#bytes[this.#position] ?? 0);
      this.#position += 1;
      this.#available += 8;
    }
    return (this.#buffer >>> (this.#available - count)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.#available -= count;
    if (this.#position - (this.#available >>> 3) > this.#bytes.length) throw new DecodeError("bzip2 data is cut off");
  }

  alignToByte(): void {
    this.#available -= this.#available % 8;
  }

  hasMore(): boolean {
    return this.#position - this.#available / 8 < this.#bytes.length;
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

/** bzip2's CRC-32: zlib's polynomial, most significant bit first. */
function checksumOf(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let index = start; index < end; index += 1) {
    crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
