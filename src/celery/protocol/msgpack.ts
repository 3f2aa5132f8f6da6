import { createRequire } from "node:module";
import { DecodeError, EncodeError } from "./errors.js";
import { normalize } from "./normalize.js";
import { toPlainValue } from "./plain-value.js";

type Packr = import("msgpackr").Packr;

const require = createRequire(import.meta.url);
let packr: Packr | undefined;

/**
 * The library's own extensions: sets, errors, records, references, regular expressions, … No sender of Celery's writes
 * them. The timestamp of the format itself is read.
 */
const OWN_EXTENSIONS = Buffer.from("Bbeiprstx", "latin1");

/** Loads the library at first use: most workers never see msgpack. */
function codec(): Packr {
  if (packr === undefined) {
    const library = require("msgpackr") as typeof import("msgpackr");
    for (const type of OWN_EXTENSIONS) library.addExtension({ type, unpack: () => refuseExtension(type) });
    packr = new library.Packr({
      useRecords: false,
      mapsAsObjects: true,
      variableMapSize: true,
      encodeUndefinedAsNil: true,
      // "auto" (bigint only where a number would lose digits) is missing from the library's types.
      int64AsType: "auto" as "bigint",
    });
  }
  return packr;
}

function refuseExtension(type: number): never {
  throw new DecodeError(`msgpack extension ${type} is not read`);
}

/** @throws DecodeError */
export function decodeMsgpack(body: Buffer): unknown {
  try {
    return normalize(codec().unpack(body));
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    throw new DecodeError(`invalid msgpack: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** @throws EncodeError */
export function encodeMsgpack(value: unknown): Buffer {
  const plain = toPlainValue(value);
  try {
    return Buffer.from(codec().pack(plain));
  } catch (cause) {
    throw new EncodeError(`cannot write msgpack: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
