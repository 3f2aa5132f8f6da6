import * as zlib from "node:zlib";
import { unpackBzip2 } from "./decompress/bzip2.js";
import { unpackXz } from "./decompress/xz.js";
import { unpackZstd } from "./decompress/zstd.js";
import { DecodeError, EncodeError } from "./errors.js";

/** Largest body that is unpacked when no limit is given: RabbitMQ's default limit for a message. */
export const DEFAULT_MAX_BYTES = 134_217_728;

/** Limits of {@link decompress}. */
export interface DecompressOptions {
  /** Largest unpacked size in bytes; more is a DecodeError. Default {@link DEFAULT_MAX_BYTES}. */
  readonly maxBytes?: number;
}

interface Codec {
  /** Value of the `compression` header. */
  readonly header: string;
  readonly unpack: (body: Buffer, maxBytes: number) => Buffer;
  readonly pack: ((body: Buffer) => Buffer) | null;
}

// Celery's gzip is a zlib stream (RFC 1950), not a gzip file.
const DEFLATE: Codec = {
  header: "application/x-gzip",
  unpack: (body, maxOutputLength) => zlib.inflateSync(body, { maxOutputLength }),
  pack: (body) => zlib.deflateSync(body),
};
const BROTLI: Codec = {
  header: "application/x-brotli",
  unpack: (body, maxOutputLength) => zlib.brotliDecompressSync(body, { maxOutputLength }),
  pack: (body) => zlib.brotliCompressSync(body),
};
const BZIP2: Codec = { header: "application/x-bz2", unpack: unpackBzip2, pack: null };
const LZMA: Codec = { header: "application/x-lzma", unpack: unpackXz, pack: null };
const ZSTD: Codec = zstdOfNode() ?? { header: "application/zstd", unpack: unpackZstd, pack: null };

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
 * Unpacks a message body. `name` is the value of the `compression` header: a content type or one of kombu's aliases.
 *
 * @throws DecodeError for an unknown or unavailable method, a corrupt body, or one larger than `maxBytes`.
 */
export function decompress(body: Buffer, name: string, options: DecompressOptions = {}): Buffer {
  const codec = CODECS.get(name);
  if (codec === undefined) throw new DecodeError(`unknown compression ${JSON.stringify(name)}`);
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  try {
    return codec.unpack(body, maxBytes);
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    const tooLarge = cause instanceof RangeError;
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DecodeError(tooLarge ? `unpacked body exceeds ${maxBytes} bytes` : `cannot decompress: ${detail}`, {
      cause,
    });
  }
}

/**
 * Packs a message body and names the header value that goes with it.
 *
 * @throws EncodeError for an unknown method or one that this Node cannot write.
 */
export function compress(body: Buffer, name: string): { readonly body: Buffer; readonly header: string } {
  const codec = CODECS.get(name);
  if (codec === undefined) throw new EncodeError(`unknown compression ${JSON.stringify(name)}`);
  if (codec.pack === null) throw new EncodeError(`compression ${JSON.stringify(name)} cannot be written here`);
  return { body: codec.pack(body), header: codec.header };
}

/** zstd of `node:zlib`, which Node has from 22.15 on; null before. */
function zstdOfNode(): Codec | null {
  const unpack: unknown = Reflect.get(zlib, "zstdDecompressSync");
  const pack: unknown = Reflect.get(zlib, "zstdCompressSync");
  if (typeof unpack !== "function" || typeof pack !== "function") return null;
  return {
    header: "application/zstd",
    unpack: (body, maxOutputLength) => Buffer.from(unpack(body, { maxOutputLength })),
    pack: (body) => Buffer.from(pack(body)),
  };
}
