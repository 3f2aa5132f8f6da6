import { MAX_DEPTH } from "./json-read.js";
import { JsonWriter } from "./json-write.js";
import { complete } from "./steps.js";
import { TYPED_KEYS } from "./typed-values.js";

/** Options of {@link stringifyJson}. */
export interface StringifyOptions {
  /**
   * Write dates, bytes, decimals and UUIDs as kombu ≥ 5.3 does: `{"__type__", "__value__"}`. False writes plain text,
   * as older kombu does (bytes are then refused). Default true.
   */
  readonly typedValues?: boolean;
}

/**
 * Writes JSON that Python's `json` and kombu read: `NaN` and infinities as words, bigint as digits. `undefined` is null
 * in arrays and at the top, and omitted in objects. `toJSON` is honoured; typed arrays become arrays of numbers.
 *
 * @throws EncodeError for functions, symbols, cycles, nesting deeper than 1000, integers of more than 4,300 digits, and
 * objects that would lose their content (Map, Set, Promise, …).
 */
export function stringifyJson(value: unknown, options: StringifyOptions = {}): string {
  if (isOrdinary(value, 0)) return JSON.stringify(value) ?? "null";
  const writer = new JsonWriter(value, (options.typedValues ?? true) ? TYPED_KEYS : null);
  complete(writer);
  return writer.text;
}

/** Whether `JSON.stringify` writes the value as we want it. */
function isOrdinary(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (depth < MAX_DEPTH && isOrdinaryObject(value, depth + 1));
    default:
      return false;
  }
}

function isOrdinaryObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) if (!isOrdinary(value[index], depth)) return false;
    return !("toJSON" in value);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const record = value as Record<string, unknown>;
  for (const key in record) if (!isOrdinary(record[key], depth)) return false;
  return !("toJSON" in record);
}
