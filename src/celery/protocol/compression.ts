import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { unpackBzip2 } from "./decompress/bzip2.js";
import { unpackXz } from "./decompress/xz.js";
import { isZstdLoaded, loadZstd, unpackZstd } from "./decompress/zstd.js";
import { DecodeError, EncodeError, shown } from "./errors.js";
import { DEFAULT_MAX_BODY_BYTES, unpackedTooLarge } from "./limits.js";
import { plainText } from "./wire-values.js";

interface Codec {
  /** Value of the `compression` header. */
  readonly header: string;
  readonly unpack: (body: Buffer, maxBytes: number) => Buffer;
  /** Does the same on Node's own threads; null for what Node does not have, or not as it must be. */
  readonly unpackAside: ((body: Buffer, maxBytes: number) => Promise<Buffer>) | null;
  readonly pack: ((body: Buffer) => Buffer) | null;
  readonly packAside: ((body: Buffer) => Promise<Buffer>) | null;
  /** Loads what `unpack` needs; null when that is nothing. */
  readonly load: (() => Promise<void>) | null;
}

// Celery's gzip is a zlib stream (RFC 1950), not a gzip file.
const DEFLATE: Codec = {
  header: "application/x-gzip",
  unpack: (body, maxOutputLength) => zlib.inflateSync(body, { maxOutputLength }),
  unpackAside: (body, maxOutputLength) =>
    promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate)(body, { maxOutputLength }),
  pack: (body) => zlib.deflateSync(body),
  packAside: (body) => promisify<Buffer, Buffer>(zlib.deflate)(body),
  load: null,
};
const BROTLI: Codec = {
  header: "application/x-brotli",
  unpack: (body, maxOutputLength) => zlib.brotliDecompressSync(body, { maxOutputLength }),
  unpackAside: (body, maxOutputLength) =>
    promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress)(body, { maxOutputLength }),
  pack: (body) => zlib.brotliCompressSync(body),
  packAside: (body) => promisify<Buffer, Buffer>(zlib.brotliCompress)(body),
  load: null,
};
const readOnly = (header: string, unpack: Codec["unpack"], load: Codec["load"] = null): Codec => ({
  header,
  unpack,
  unpackAside: null,
  pack: null,
  packAside: null,
  load,
});
const BZIP2 = readOnly("application/x-bz2", unpackBzip2);
const LZMA = readOnly("application/x-lzma", unpackXz);
// Node's own zstd would read the first frame and drop the rest without a word.
const ZSTD: Codec = { ...readOnly("application/zstd", unpackZstd, loadZstd), ...zstdOfNode() };

const CODECS: ReadonlyMap<string, Codec> = new Map(
  [
    [DEFLATE, "gzip", "zlib"] as const,
    [BROTLI, "brotli"] as const,
    [BZIP2, "bzip2", "bzip"] as const,
    [LZMA, "lzma", "xz"] as const,
    [ZSTD, "zstd", "zstandard"] as const,
  ].flatMap(([codec, ...aliases]) => [codec.header, ...aliases].map((name) => [name, codec] as const)),
);

/**
 * The `compression` header as a method's name; null when there is none.
 *
 * @throws DecodeError for an unknown method
 */
export function compressionOf(header: unknown): string | null {
  if (header === undefined || header === null || header === "") return null;
  const name = plainText(header);
  if (!CODECS.has(name)) throw new DecodeError(`unknown compression ${shown(name)}`);
  return name;
}

/** Whether Node itself unpacks the method, on threads of its own. */
export function isQuick(name: string): boolean {
  return CODECS.get(name)?.unpackAside !== null;
}

/** Loads what {@link decompress} needs for the method: call it before. @throws DecodeError; the promise rejects with it */
export async function prepare(name: string): Promise<void> {
  await CODECS.get(name)?.load?.();
}

/** Whether there is nothing to {@link prepare} for the method any more. */
export function isPrepared(name: string): boolean {
  return CODECS.get(name)?.load !== loadZstd || isZstdLoaded();
}

/**
 * Unpacks a message body. `name` is the value of the `compression` header: a content type or one of kombu's aliases.
 *
 * @param maxBytes largest unpacked size; unpacking stops there
 * @throws BodyTooLarge for a body that grows beyond it; DecodeError for a corrupt body, or an unknown method
 */
export function decompress(body: Buffer, name: string, maxBytes: number = DEFAULT_MAX_BODY_BYTES): Buffer {
  const codec = CODECS.get(name);
  if (codec === undefined) throw new DecodeError(`unknown compression ${shown(name)}`);
  try {
    return codec.unpack(body, maxBytes);
  } catch (cause) {
    throw unpackError(cause, maxBytes);
  }
}

/** Does as {@link decompress} on Node's own threads. @returns null where {@link isQuick} is false */
export function decompressAside(body: Buffer, name: string, maxBytes: number): Promise<Buffer> | null {
  const unpacking = CODECS.get(name)?.unpackAside?.(body, maxBytes) ?? null;
  return unpacking?.catch((cause: unknown) => Promise.reject(unpackError(cause, maxBytes))) ?? null;
}

function unpackError(cause: unknown, maxBytes: number): DecodeError {
  if (cause instanceof DecodeError) return cause;
  // Node's own error for output beyond the limit.
  if (cause instanceof RangeError) return unpackedTooLarge(maxBytes);
  return new DecodeError(`cannot decompress: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** A packed body and the header value that goes with it. */
export interface PackedBody {
  readonly body: Buffer;
  readonly header: string;
}

/**
 * Packs a message body.
 *
 * @throws EncodeError for an unknown method or one that this Node cannot write.
 */
export function compress(body: Buffer, name: string): PackedBody {
  const { header, pack } = packing(name);
  return { body: pack(body), header };
}

/** Does as {@link compress} on Node's own threads. */
export async function compressAside(body: Buffer, name: string): Promise<PackedBody> {
  const { header, packAside } = packing(name);
  return { body: await packAside(body), header };
}

function packing(name: string): Required<{ [Key in "header" | "pack" | "packAside"]: NonNullable<Codec[Key]> }> {
  const codec = CODECS.get(name);
  if (codec === undefined) throw new EncodeError(`unknown compression ${shown(name)}`);
  const { header, pack, packAside } = codec;
  if (pack === null || packAside === null) throw new EncodeError(`compression ${shown(name)} cannot be written here`);
  return { header, pack, packAside };
}

type Sync = (body: Buffer) => Uint8Array;
type Aside = (body: Buffer, done: (error: Error | null, result: Uint8Array) => void) => void;

/** How zstd is written: by `node:zlib`, which can from 22.15 on. */
function zstdOfNode(): Pick<Codec, "pack" | "packAside"> {
  const [pack, packAside] = ["zstdCompressSync", "zstdCompress"].map((name): unknown => Reflect.get(zlib, name));
  if (typeof pack !== "function" || typeof packAside !== "function") return { pack: null, packAside: null };
  return {
    pack: (body) => Buffer.from((pack as Sync)(body)),
    packAside: async (body) => Buffer.from(await promisify(packAside as Aside)(body)),
  };
}
