import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, crc32, deflateSync } from "node:zlib";

/** Methods of the `compression` header, with what packs a body so. bzip2 cannot be written here. */
export const PACKERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  "application/x-gzip": (body) => deflateSync(body),
  "application/x-brotli": (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  "application/zstd": (body) => zstdFrame(rawBlocks(body), body.length),
  "application/x-lzma": packXz,
};

/** A small body that unpacks to a large one. */
export interface Bomb {
  readonly name: string;
  readonly compression: string;
  readonly packed: Buffer;
}

/** Bombs of every method; each unpacks to at least `bytes` of the digit 7, or to what Python packed (packed.json). */
export function bombs(bytes: number): Bomb[] {
  const block = Buffer.alloc(bytes, "7");
  const made = [
    { name: "digits", compression: "application/x-gzip", packed: deflateSync(block) },
    { name: "digits", compression: "application/x-brotli", packed: PACKERS["application/x-brotli"]?.(block) },
    { name: "digits", compression: "application/zstd", packed: zstdFrame(runBlocks(bytes), bytes) },
  ];
  return [...made.map((bomb) => ({ ...bomb, packed: bomb.packed ?? Buffer.alloc(0) })), ...packedByPython()];
}

/** What Python's bz2 and lzma made of bodies that only they can pack. */
function packedByPython(): Bomb[] {
  const text = readFileSync(new URL("./packed.json", import.meta.url), "utf8");
  const entries = JSON.parse(text) as readonly { name: string; method: string; packed: string; repeat?: number }[];
  return entries.map(({ name, method, packed, repeat = 1 }) => ({
    name,
    compression: method === "bzip2" ? "application/x-bz2" : "application/x-lzma",
    packed: Buffer.concat(Array.from({ length: repeat }, () => Buffer.from(packed, "base64"))),
  }));
}

const ZSTD_BLOCK = 131_072;

function zstdFrame(blocks: Buffer, contentSize: number): Buffer {
  // Single segment, content size in four bytes.
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  head.writeUInt32LE(contentSize, 5);
  return Buffer.concat([head, blocks]);
}

function zstdBlock(type: 0 | 1, size: number, isLast: boolean, content: Uint8Array): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([head, content]);
}

function rawBlocks(body: Buffer): Buffer {
  const blocks: Buffer[] = [];
  let start = 0;
  do {
    const part = body.subarray(start, start + ZSTD_BLOCK);
    start += part.length;
    blocks.push(zstdBlock(0, part.length, start >= body.length, part));
  } while (start < body.length);
  return Buffer.concat(blocks);
}

function runBlocks(bytes: number): Buffer {
  const count = Math.ceil(bytes / ZSTD_BLOCK);
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      const size = Math.min(ZSTD_BLOCK, bytes - index * ZSTD_BLOCK);
      return zstdBlock(1, size, index === count - 1, Buffer.from("7"));
    }),
  );
}

const XZ_CHUNK = 65_536;

/** An .xz file of one block whose chunks are stored as they are, without a checksum. */
function packXz(body: Buffer): Buffer {
  const flags = Buffer.from([0, 0]);
  const head = Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), withCrc(flags)]);
  const blockHead = withCrc(Buffer.from([2, 0, 0x21, 1, 0x16, 0, 0, 0]));
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length; start += XZ_CHUNK) {
    const part = body.subarray(start, start + XZ_CHUNK);
    const control = Buffer.from([start === 0 ? 1 : 2, 0, 0]);
    control.writeUInt16BE(part.length - 1, 1);
    chunks.push(control, part);
  }
  const block = Buffer.concat([blockHead, ...chunks, Buffer.from([0])]);
  const index = Buffer.concat([Buffer.from([0, 1]), variable(block.length), variable(body.length)]);
  const indexWithCrc = withCrc(padded(index));
  const footer = Buffer.alloc(6);
  footer.writeUInt32LE(indexWithCrc.length / 4 - 1, 0);
  const tail = Buffer.concat([crcOf(footer), footer, Buffer.from("YZ")]);
  return Buffer.concat([head, padded(block), indexWithCrc, tail]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function crcOf(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(bytes), 0);
  return crc;
}

function withCrc(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, crcOf(bytes)]);
}

function variable(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
