import { DecodeError } from "./errors.js";

/**
 * Brings what a YAML or msgpack library returns into the form that JSON has here: plain objects, arrays, text, numbers
 * (bigint only beyond 2^53), Buffers and dates. Sets become arrays.
 *
 * @throws DecodeError for anything else, such as a library's own classes
 */
export function normalize(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case "object":
      return value === null ? null : normalizeObject(value);
    default:
      throw new DecodeError(`a value of type ${typeof value} is not plain data`);
  }
}

function normalizeObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(normalize);
  if (value instanceof Date) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof Set) return [...value].map(normalize);
  if (value instanceof Map) return [...value].map(([key, item]) => [normalize(key), normalize(item)]);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new DecodeError(`a value of class ${value.constructor.name} is not plain data`);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, normalize(item)]));
}
