import type * as Library from "@bokuweb/zstd-wasm";
import { DecodeError } from "../errors.js";
import { unpackedTooLarge } from "../limits.js";

/**
 * An empty frame that does not say its size. The library takes as much memory for its output as the first frame says,
 * and when that says nothing, as much as it is told.
 */
const UNSIZED_FRAME = Buffer.from("28b52ffd0000010000", "hex");

/** Bytes that packed and unpacked data may have together: WebAssembly has two gigabytes, and the library checks none. */
const MAX_MEMORY = 1.5 * 2 ** 30;

/** libzstd's numbers of errors, in the text of the library's error. */
const TOO_LARGE = "-70";
const WRONG_CHECKSUM = "-22";

let library: typeof Library | null = null;
let loading: Promise<void> | null = null;

/**
 * Loads libzstd as WebAssembly, once for a thread. Not at the top of the module, which `require()` could then not load.
 *
 * @throws DecodeError; the promise rejects with it
 */
export function loadZstd(): Promise<void> {
  loading ??= load().catch((cause: unknown) => Promise.reject(new DecodeError("zstd cannot be loaded", { cause })));
  return loading;
}

async function load(): Promise<void> {
  const loaded = await import("@bokuweb/zstd-wasm");
  await loaded.init();
  library = loaded;
}

/** Whether {@link loadZstd} is done. */
export function isZstdLoaded(): boolean {
  return library !== null;
}

/**
 * Unpacks zstd frames (RFC 8878), one or several, without a dictionary; checksums are verified. No more than `maxBytes` are taken for the
 * output, whatever the frames say.
 *
 * @throws DecodeError for corrupt data, a dictionary, or more than `maxBytes`; before {@link loadZstd} is done
 */
export function unpackZstd(packed: Buffer, maxBytes: number): Buffer {
  if (library === null) throw new DecodeError("zstd is not loaded yet");
  if (packed.length === 0) throw new DecodeError("zstd data is cut off");
  const room = Math.min(maxBytes, MAX_MEMORY - packed.length);
  if (room <= 0) throw unpackedTooLarge(maxBytes);
  try {
    const unpacked = library.decompress(Buffer.concat([UNSIZED_FRAME, packed]), { defaultHeapSize: room });
    return Buffer.from(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength);
  } catch (cause) {
    const code = / code (-\d+)$/.exec(String(cause))?.[1];
    if (code === TOO_LARGE) throw unpackedTooLarge(room);
    const problem = code === WRONG_CHECKSUM ? "checksum does not match" : `data cannot be read (libzstd: ${code})`;
    throw new DecodeError(`zstd ${problem}`, { cause });
  }
}
