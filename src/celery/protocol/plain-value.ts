import { EncodeError } from "./errors.js";
import { dateText } from "./time.js";
import { Decimal, PythonDate, PythonTime, Uuid } from "./typed-values.js";

const MAX_DEPTH = 1000;

/**
 * A copy made of null, booleans, numbers, bigint, text, Buffers, arrays and plain objects, for serializers without
 * typed values: times, decimals and UUIDs become text.
 *
 * @throws EncodeError for functions, symbols, cycles and opaque objects.
 */
export function toPlainValue(value: unknown): unknown {
  return plain(value, new Set());
}

function plain(value: unknown, ancestors: Set<object>): unknown {
  switch (typeof value) {
    case "undefined":
      return null;
    case "function":
    case "symbol":
      throw new EncodeError(`a ${typeof value} cannot be serialized`);
    case "object":
      return value === null ? null : plainObject(value, ancestors);
    default:
      return value;
  }
}

function plainObject(value: object, ancestors: Set<object>): unknown {
  if (value instanceof Date) return dateText(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof PythonDate || value instanceof PythonTime || value instanceof Decimal || value instanceof Uuid) {
    return value.text;
  }
  if (ancestors.has(value)) throw new EncodeError("an object that contains itself cannot be serialized");
  if (ancestors.size >= MAX_DEPTH) throw new EncodeError(`a value nested deeper than ${MAX_DEPTH} levels`);
  ancestors.add(value);
  const copy = plainContainer(value, ancestors);
  ancestors.delete(value);
  return copy;
}

function plainContainer(value: object, ancestors: Set<object>): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, ancestors));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number | bigint>);
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON(), ancestors);
  if (isOpaque(value)) throw new EncodeError(`${describeOpaque(value)} cannot be serialized`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, plain(member, ancestors)]));
}

/** Objects whose content is not in enumerable properties: written as a mapping they would be lost in silence. */
export function isOpaque(value: object): boolean {
  return (
    value instanceof Map ||
    value instanceof Set ||
    value instanceof WeakMap ||
    value instanceof WeakSet ||
    value instanceof Promise ||
    value instanceof RegExp ||
    value instanceof Error ||
    value instanceof ArrayBuffer ||
    value instanceof SharedArrayBuffer ||
    value instanceof DataView
  );
}

export function describeOpaque(value: object): string {
  return value instanceof Promise ? "a Promise (is an await missing?)" : `an object of class ${value.constructor.name}`;
}
