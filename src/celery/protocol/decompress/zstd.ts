import { DecodeError } from "../errors.js";
import { GrowingBuffer } from "./growing-buffer.js";
import { decodeHuffman, type HuffmanTable, readHuffmanTable } from "./zstd-huffman.js";
import { SequenceDecoder } from "./zstd-sequences.js";

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAX_BLOCK = 131_072;

/**
 * Unpacks zstd frames (RFC 8878) without a dictionary, for Node releases whose zlib has no zstd. Content checksums are
 * not verified.
 *
 * @throws DecodeError for corrupt data, a dictionary, or more than `maxBytes`
 */
export function unpackZstd(packed: Buffer, maxBytes: number): Buffer {
  const output = new GrowingBuffer(maxBytes);
  let position = 0;
  do {
    const magic = take(packed, position, 4).readUInt32LE(0);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      position += 8 + take(packed, position + 4, 4).readUInt32LE(0);
      take(packed, position, 0);
    } else if (magic === FRAME_MAGIC) {
      position = readFrame(packed, position + 4, output);
    } else {
      throw new DecodeError("not zstd data");
    }
  } while (position < packed.length);
  return output.finish();
}

/** Returns where the frame ends. */
function readFrame(packed: Buffer, start: number, output: GrowingBuffer): number {
  const header = readHeader(packed, start);
  const frame = new FrameDecoder(output);
  let position = header.end;
  for (let isLast = false; !isLast; ) {
    const block = take(packed, position, 3).readUIntLE(0, 3);
    isLast = (block & 1) === 1;
    const type = (block >>> 1) & 3;
    const size = block >>> 3;
    if (size > MAX_BLOCK || type === 3) throw new DecodeError("zstd block is damaged");
    const content = take(packed, position + 3, type === 1 ? 1 : size);
    frame.readBlock(type, size, content);
    position += 3 + content.length;
  }
  if (header.contentSize !== null && output.length - frame.start !== header.contentSize) {
    throw new DecodeError("zstd frame has another size than it says");
  }
  if (header.hasChecksum) take(packed, position, 4);
  return position + (header.hasChecksum ? 4 : 0);
}

function readHeader(
  packed: Buffer,
  start: number,
): { readonly end: number; readonly contentSize: number | null; readonly hasChecksum: boolean } {
  const descriptor = take(packed, start, 1)[0] ?? 0;
  if ((descriptor & 8) !== 0) throw new DecodeError("zstd frame header is unknown");
  const isSingleSegment = (descriptor & 32) !== 0;
  const dictionarySize = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  const dictionaryAt = start + 1 + (isSingleSegment ? 0 : 1);
  if (take(packed, dictionaryAt, dictionarySize).some((byte) => byte !== 0)) {
    throw new DecodeError("zstd dictionaries are not supported");
  }
  const sizeAt = dictionaryAt + dictionarySize;
  const size = take(packed, sizeAt, sizeBytes);
  return {
    end: sizeAt + sizeBytes,
    contentSize: sizeBytes === 0 ? null : contentSize(size),
    hasChecksum: (descriptor & 4) !== 0,
  };
}

function contentSize(bytes: Buffer): number {
  if (bytes.length === 8) return Number(bytes.readBigUInt64LE(0));
  // The two-byte form begins where the one-byte form ends.
  return bytes.readUIntLE(0, bytes.length) + (bytes.length === 2 ? 256 : 0);
}

/** The blocks of one frame; tables of a block may serve later ones. */
class FrameDecoder {
  readonly start: number;
  readonly #output: GrowingBuffer;
  readonly #sequences = new SequenceDecoder();
  #huffman: HuffmanTable | null = null;

  constructor(output: GrowingBuffer) {
    this.#output = output;
    this.start = output.length;
  }

  readBlock(type: number, size: number, content: Buffer): void {
    if (type === 0) {
      this.#output.append(content);
    } else if (type === 1) {
      this.#output.fill(content[0] ?? 0, size);
    } else {
      const { literals, length } = this.#readLiterals(content);
      this.#sequences.write(content.subarray(length), literals, this.#output, this.start);
    }
  }

  #readLiterals(content: Buffer): { literals: Uint8Array; length: number } {
    const head = take(content, 0, 1)[0] ?? 0;
    const type = head & 3;
    const format = (head >>> 2) & 3;
    if (type < 2) {
      const headLength = format === 3 ? 3 : format === 1 ? 2 : 1;
      const size = take(content, 0, headLength).readUIntLE(0, headLength) >>> (headLength === 1 ? 3 : 4);
      checkSize(size);
      if (type === 0) return { literals: take(content, headLength, size), length: headLength + size };
      return { literals: Buffer.alloc(size, take(content, headLength, 1)), length: headLength + 1 };
    }
    const headLength = [3, 3, 4, 5][format] ?? 3;
    const width = [10, 10, 14, 18][format] ?? 10;
    const fields = Math.floor(take(content, 0, headLength).readUIntLE(0, headLength) / 16);
    const size = fields % 2 ** width;
    const packedSize = Math.floor(fields / 2 ** width);
    checkSize(size);
    const streams = this.#readTree(type, take(content, headLength, packedSize));
    const literals = new Uint8Array(size);
    decodeStreams(streams.bytes, streams.table, literals, format === 0 ? 1 : 4);
    return { literals, length: headLength + packedSize };
  }

  #readTree(type: number, packed: Buffer): { readonly table: HuffmanTable; readonly bytes: Buffer } {
    if (type === 3) {
      if (this.#huffman === null) throw new DecodeError("zstd block repeats a tree that was never given");
      return { table: this.#huffman, bytes: packed };
    }
    const { table, length } = readHuffmanTable(packed);
    this.#huffman = table;
    return { table, bytes: packed.subarray(length) };
  }
}

function decodeStreams(bytes: Buffer, table: HuffmanTable, literals: Uint8Array, streamCount: 1 | 4): void {
  if (streamCount === 1) {
    decodeHuffman(bytes, table, literals);
    return;
  }
  const sizes = take(bytes, 0, 6);
  const share = (literals.length + 3) >>> 2;
  let position = 6;
  for (let stream = 0; stream < 4; stream += 1) {
    const size = stream < 3 ? sizes.readUInt16LE(stream * 2) : bytes.length - position;
    const target = literals.subarray(share * stream, stream < 3 ? share * (stream + 1) : literals.length);
    decodeHuffman(take(bytes, position, size), table, target);
    position += size;
  }
}

function checkSize(size: number): void {
  if (size > MAX_BLOCK) throw new DecodeError("zstd literals are too long");
}

function take(bytes: Buffer, start: number, length: number): Buffer {
  if (length < 0 || start + length > bytes.length) throw new DecodeError("zstd data is cut off");
  return bytes.subarray(start, start + length);
}
