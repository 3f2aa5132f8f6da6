import { DecodeError } from "./errors.js";
import { narrowInteger } from "./integers.js";

/** As in JSON: Python's recursion limit. */
const MAX_DEPTH = 1000;

/**
 * Brings what a YAML or msgpack library returns into the form that JSON has here: plain objects, arrays, text, numbers
 * (bigint only beyond 2^53), Buffers and dates. Sets become arrays.
 *
 * @throws DecodeError for anything else, such as a library's own classes, and for nesting deeper than 1000
 */
export function normalize(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return narrowInteger(value);
    case "object":
      return value === null ? null : normalizeObject(value, depth + 1);
    default:
      throw new DecodeError(`a value of type ${typeof value} is not plain data`);
  }
}

function normalizeObject(value: object, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new DecodeError(`the value is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => normalize(item, depth));
  if (value instanceof Date) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof Set) return Array.from(value, (item) => normalize(item, depth));
  if (value instanceof Map) {
    return Array.from(value, ([key, item]) => [normalize(key, depth + 1), normalize(item, depth + 1)]);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new DecodeError(`a value of class ${value.constructor.name} is not plain data`);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalize(item, depth)]));
}
