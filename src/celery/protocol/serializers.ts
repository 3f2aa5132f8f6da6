import { isUtf8 } from "node:buffer";
import { ContentDisallowed, DecodeError, EncodeError, shown } from "./errors.js";
import { parseJson, type StringifyOptions, stringifyJson } from "./json.js";
import type { BodyFormat } from "./limits.js";
import { decodeMsgpack, encodeMsgpack } from "./msgpack.js";
import { readPickle } from "./pickle-read.js";
import { decodeYaml, encodeYaml } from "./yaml.js";

export type Serializer = "json" | "yaml" | "msgpack" | "raw";

/** A serialized value with the two properties that describe it. */
export interface EncodedBody {
  readonly body: Buffer;
  readonly contentType: string;
  readonly contentEncoding: string;
}

const NAME_OF_TYPE: ReadonlyMap<string, BodyFormat> = new Map([
  ["application/json", "json"],
  ["application/x-yaml", "yaml"],
  ["application/x-msgpack", "msgpack"],
  ["application/x-python-serialize", "pickle"],
  ["application/data", "raw"],
]);

const TYPE_OF_NAME: ReadonlyMap<string, string> = new Map([...NAME_OF_TYPE].map(([type, name]) => [name, type]));

/** The content type that a serializer writes. */
export function contentTypeOf(serializer: Serializer): string {
  return TYPE_OF_NAME.get(serializer) ?? serializer;
}

/** The content encoding that goes with what a serializer writes; raw has one of its own for each value. */
export function contentEncodingOf(serializer: Exclude<Serializer, "raw">): string {
  return serializer === "msgpack" ? "binary" : "utf-8";
}

/**
 * Content types for the names in Celery's `accept_content` (names and content types may be mixed). Pickle and `auth`
 * are left out: they are never read here.
 *
 * @throws DecodeError for a name that is no serializer.
 */
export function acceptedContentTypes(names: Iterable<string>): ReadonlySet<string> {
  const accepted = new Set<string>();
  for (const name of names) {
    if (name === "auth" || name === "pickle" || name === "application/x-python-serialize") continue;
    const type = name.includes("/") ? name : TYPE_OF_NAME.get(name);
    if (type === undefined) throw new DecodeError(`no serializer is named ${JSON.stringify(name)}`);
    accepted.add(type);
  }
  return accepted;
}

/**
 * Reads a body, or refuses to. `accept` holds serializer names or content types; the content type must match exactly
 * (`application/json; charset=utf-8` does not).
 *
 * @throws ContentDisallowed for pickle, for a type outside of `accept`, and for `application/data` (raw, or signed by
 * the `auth` serializer) unless "raw" is accepted.
 * @throws DecodeError when the body is not what its type says.
 */
export function decodeBody(
  body: Buffer,
  contentType: string | undefined,
  contentEncoding: string | undefined,
  accept: ReadonlySet<string>,
): unknown {
  return decodeFormat(body, formatOf(contentType, accept), contentEncoding);
}

/**
 * The format that a content type names, where it is accepted. Types that no serializer here has are read as raw.
 *
 * @throws ContentDisallowed
 */
export function formatOf(contentType: string | undefined, accept: ReadonlySet<string>): BodyFormat {
  const type = contentType === undefined || contentType === "" ? "application/data" : contentType;
  const name = NAME_OF_TYPE.get(type);
  if (name === "pickle" || !(accept.has(type) || (name !== undefined && accept.has(name)))) {
    throw new ContentDisallowed(refusal(type, name));
  }
  return name ?? "raw";
}

/** Reads a body of a known format. @throws DecodeError */
export function decodeFormat(body: Buffer, format: BodyFormat, contentEncoding: string | undefined): unknown {
  switch (format) {
    case "json":
      return parseJson(utf8(body));
    case "yaml":
      return decodeYaml(utf8(body));
    case "msgpack":
      return decodeMsgpack(body);
    case "pickle":
      return readPickle(body);
    case "raw":
      return decodeRaw(body, contentEncoding);
  }
}

/** @throws EncodeError when the value has no form in that serializer, or the serializer is unknown. */
export function encodeBody(value: unknown, serializer: Serializer, options: StringifyOptions = {}): EncodedBody {
  switch (serializer) {
    case "json":
      return described(Buffer.from(stringifyJson(value, options), "utf8"), serializer);
    case "yaml":
      return described(Buffer.from(encodeYaml(value), "utf8"), serializer);
    case "msgpack":
      return described(encodeMsgpack(value), serializer);
    case "raw":
      return encodeRaw(value);
    default:
      throw new EncodeError(`no serializer named ${JSON.stringify(serializer)} can be written here`);
  }
}

function described(body: Buffer, serializer: Exclude<Serializer, "raw">): EncodedBody {
  return { body, contentType: contentTypeOf(serializer), contentEncoding: contentEncodingOf(serializer) };
}

function refusal(type: string, name: string | undefined): string {
  if (type === "application/data") {
    return "Refusing to deserialize untrusted content of type raw (application/data): unserialized and signed (auth) messages are not supported";
  }
  return `Refusing to deserialize untrusted content of type ${name ?? type} (${type})`;
}

/** @throws DecodeError */
export function utf8(body: Buffer): string {
  // toString would put U+FFFD in place of broken bytes; Python refuses them.
  if (!isUtf8(body)) throw new DecodeError("the body is not UTF-8");
  return body.toString("utf8");
}

function decodeRaw(body: Buffer, contentEncoding: string | undefined): unknown {
  const encoding = (contentEncoding ?? "utf-8").toLowerCase();
  if (encoding === "binary" || encoding === "ascii-8bit") return body;
  if (encoding === "utf-8" || encoding === "utf8" || encoding === "us-ascii" || encoding === "ascii") return utf8(body);
  if (encoding === "latin-1" || encoding === "latin1" || encoding === "iso-8859-1") return body.toString("latin1");
  throw new DecodeError(`unknown content encoding ${shown(encoding)}`);
}

function encodeRaw(value: unknown): EncodedBody {
  if (typeof value === "string") {
    return { body: Buffer.from(value, "utf8"), contentType: "application/data", contentEncoding: "utf-8" };
  }
  if (value instanceof Uint8Array) {
    return { body: Buffer.from(value), contentType: "application/data", contentEncoding: "binary" };
  }
  throw new EncodeError("the raw serializer takes text or bytes only");
}

/** Deeper values count as too large: the look at them is recursive. */
const MAX_DEPTH = 100;
const CONTAINER = 8;
const SCALAR = 4;

/**
 * Whether a value, written by a serializer, has about `limit` bytes at most. Looks at no more of it than that, so the
 * answer costs little however large the value is.
 */
export function fitsIn(value: unknown, limit: number): boolean {
  return remaining(value, limit, 0) >= 0;
}

/** What is left of the limit; negative once nothing is. */
function remaining(value: unknown, left: number, depth: number): number {
  switch (typeof value) {
    case "string":
      return left - value.length - SCALAR;
    case "bigint":
      // The largest that is written has 4,300 digits.
      return left - 4300;
    case "object":
      if (value === null) return left - SCALAR;
      return depth === MAX_DEPTH ? -1 : remainingAfter(value, left - CONTAINER, depth + 1);
    default:
      return left - SCALAR;
  }
}

function remainingAfter(container: object, limit: number, depth: number): number {
  if (ArrayBuffer.isView(container)) return limit - container.byteLength * 2;
  let left = limit;
  if (Array.isArray(container)) {
    for (let index = 0; index < container.length && left >= 0; index += 1)
      left = remaining(container[index], left - 1, depth);
    return left;
  }
  for (const key in container) {
    if (left < 0) return left;
    left = remaining((container as Readonly<Record<string, unknown>>)[key], left - key.length - SCALAR, depth);
  }
  return left;
}
