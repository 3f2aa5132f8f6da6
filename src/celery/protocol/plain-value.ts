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
export function toPlainValue(value: unknown, ancestors: ReadonlySet<object> = new Set()): unknown {
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

function plainObject(value: object, ancestors: ReadonlySet<object>): unknown {
  if (ancestors.has(value)) throw new EncodeError("an object that contains itself cannot be serialized");
  if (ancestors.size >= MAX_DEPTH) throw new EncodeError(`a value nested deeper than ${MAX_DEPTH} levels`);
  if (value instanceof Date) return dateText(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof PythonDate || value instanceof PythonTime || value instanceof Decimal || value instanceof Uuid) {
    return value.text;
  }
  const inner = new Set(ancestors).add(value);
  if (Array.isArray(value)) return value.map((item) => toPlainValue(item, inner));
  if ("toJSON" in value && typeof value.toJSON === "function") return toPlainValue(value.toJSON(), inner);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new EncodeError(`an object of class ${value.constructor.name} cannot be serialized`);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, toPlainValue(member, inner)]));
}
